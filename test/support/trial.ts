import assert from "node:assert/strict";
import { type Cloud, type RequestEntry, startCloud, type WorldState } from "../../local";
import { FakeClock } from "./fakeClock";
import { type Entry, type Program, Stack } from "./stack";
import { Wire } from "./wire";

export const DOMAIN = "www.example.com";

/** What a trial begins with: a world, and a stack in it. */
export interface Prepared {
  readonly world: WorldState;
  readonly stack: ReadonlyMap<string, Entry>;
  /** Ids of records that a person has made. */
  readonly theirs: readonly string[];
}

export type Act = "up" | "refresh" | "destroy";

/** The texts that must appear nowhere. */
export const SECRETS = { secretKey: "xkQ7wVb2ZfM9tLr4Hn", securityToken: "CAISpq8Yd3GjUe6Xs1" };

/** One operation of one stack on a cloud of its own, with something that happens in its course. */
export class Trial {
  /** Replaced when its process is killed. */
  stack: Stack;
  readonly wire = new Wire();
  /** What is written on the services' clock, beyond what the clock of the stack shows. */
  skewMs = 0;
  readonly #config: Record<string, string>;
  readonly #theirs: Set<string>;

  private constructor(
    readonly cloud: Cloud,
    readonly clock: FakeClock,
    { stack, theirs }: Prepared,
    skew: { of: () => number },
  ) {
    skew.of = () => this.skewMs;
    this.#config = { ...cloud.config };
    this.stack = this.#newStack(stack);
    this.#theirs = new Set(theirs);
  }

  static async start(prepared: Prepared = NOTHING): Promise<Trial> {
    const clock = new FakeClock();
    const skew = { of: () => 0 };
    const cloud = await startCloud({
      buckets: ["site", "other", "theirs"],
      state: structuredClone(prepared.world),
      zones: ["example.com"],
      now: () => new Date(clock.now() + skew.of()),
      accessKeySecret: SECRETS.secretKey,
      securityToken: SECRETS.securityToken,
    });
    return new Trial(cloud, clock, prepared, skew);
  }

  /** What the world and the stack are now, to begin other trials with. */
  prepared(): Prepared {
    return { world: this.cloud.state(), stack: new Map(this.stack.state), theirs: [...this.#theirs] };
  }

  /** A person puts all tokens into DNS that are not there. */
  prove(): void {
    const { tokens, records } = this.cloud.state();
    for (const { domain, token } of tokens.filter(({ token }) => records.every(({ value }) => value !== token)))
      this.#theirs.add(this.cloud.addRecord({ name: `_dnsauth.${domain}`, type: "TXT", value: token }).id);
  }

  /** Ask these servers where a program asks DNS. */
  askDns(server: string): void {
    this.#config["oss-cname:dnsServers"] = server;
  }

  /** An operation of Pulumi, without its preview. Gives the error that it ends with. */
  async act(act: Act, program: Program): Promise<Error | undefined> {
    this.wire.count = 0;
    const acts = {
      up: () => this.stack.up(program, { skipPreview: true }),
      refresh: () => this.stack.refresh(),
      destroy: () => this.stack.destroy(),
    };
    try {
      await acts[act]();
      return undefined;
    } catch (error) {
      return error as Error;
    } finally {
      this.wire.reset();
      this.cloud.clearFaults();
    }
  }

  /**
   * The same, in a process that is killed when the service has taken a request: nothing of the operation under way is in
   * the state. False where it ended before.
   */
  async actUntilKilled(act: Act, program: Program, number: number): Promise<boolean> {
    let isKilled = false;
    let kill = () => {};
    const killed = new Promise<void>((resolve) => {
      kill = resolve;
    });
    const work = this.act(act, program);
    this.wire.meet = async (current, request, send) => {
      const reply = isKilled ? undefined : await send(request);
      if (reply !== undefined && !isKilled && current !== number) return reply;
      isKilled = true;
      kill();
      return new Promise(() => {});
    };
    await Promise.race([work, killed]);
    this.wire.reset();
    const { state, replaced } = this.stack;
    this.stack = this.#newStack(state);
    this.stack.replaced.push(...replaced);
    return isKilled;
  }

  /**
   * Once nothing is wrong any more: the act is finished without a hand, an `up` after it sends nothing, and a destroy
   * leaves nothing. `mayAdopt`: but for records that the state takes for somebody else's.
   */
  async finish(act: Act, program: Program, { mayAdopt = false } = {}): Promise<void> {
    assert.equal(await this.act(act, program), undefined, "the next one");
    if (act !== "destroy") {
      // What was read may differ from what is declared.
      if (act === "refresh") assert.equal(await this.act("up", program), undefined, "the next `up`");
      const before = this.cloud.requests().length;
      await this.stack.up(program);
      assert.equal(this.cloud.requests().length, before, "an unchanged `up` sends something");
    }
    const adopted = [...this.stack.state.values()].filter(({ outputs }) => outputs.adopted === true);
    assert.equal(await this.act("destroy", {}), undefined, "the destroy");
    const theirs = mayAdopt ? adopted.map(({ outputs }) => outputs.recordId) : [];
    assert.deepEqual(this.left(theirs), [], "left behind");
    assert.deepEqual(blindRepeats(this.cloud.requests()), [], "repeated blindly");
  }

  /** Whether the services refuse the credentials because their time is over. */
  expireCredentials(isExpired: boolean): void {
    const { accessKeyId, accessKeySecret } = this.cloud;
    const { securityToken } = SECRETS;
    const expiration = isExpired ? { expiration: new Date(this.clock.now() - 1000).toISOString() } : {};
    this.cloud.addCredential({ accessKeyId, accessKeySecret, securityToken, ...expiration });
  }

  /** What is bound, and the records that no person has made, but for those that are `theirs` as well. */
  left(theirs: readonly unknown[] = []): string[] {
    const { bindings, records } = this.cloud.state();
    return [
      ...bindings.map(({ domain, bucket }) => `${domain} on ${bucket}`),
      ...records
        .filter(({ id, type }) => (type === "TXT" || type === "CNAME") && !this.#theirs.has(id) && !theirs.includes(id))
        .map(({ id, name, type, value }) => `${type} ${name} ${[value].flat().join("")} (${id})`),
    ];
  }

  /** Another stack on the same cloud, which has on record what this one has. */
  otherStack(): Stack {
    const stack = new Stack({ ...this.#config }, this.clock);
    for (const [name, entry] of this.stack.state) stack.state.set(name, entry);
    return stack;
  }

  close(): Promise<void> {
    return this.cloud.close();
  }

  #newStack(state: ReadonlyMap<string, Entry>): Stack {
    const stack = new Stack(this.#config, this.clock, this.wire);
    for (const [name, entry] of state) stack.state.set(name, entry);
    return stack;
  }
}

const NOTHING: Prepared = {
  world: { buckets: [], objects: [], bindings: [], tokens: [], certificates: [], zones: [], records: [] },
  stack: new Map(),
  theirs: [],
};

/** Each PutCname that was sent again although the one before it may have been carried out, without a look in between. */
function blindRepeats(requests: readonly RequestEntry[]): string[] {
  const open = new Map<string, RequestEntry>();
  return requests.flatMap((request) => {
    const { operation, bucket, domain, certificate, status, code } = request;
    if (operation === "ListCname") for (const [key, put] of open) if (put.bucket === bucket) open.delete(key);
    if (operation !== "PutCname") return [];
    const key = JSON.stringify([bucket, domain, certificate]);
    const isRepeated = open.has(key);
    const isRefused = (status !== null && status >= 400 && status < 500) || /Limit|Throttling/.test(code ?? "");
    if (isRefused) open.delete(key);
    else open.set(key, request);
    return isRepeated ? [key] : [];
  });
}
