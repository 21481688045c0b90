import assert from "node:assert/strict";
import type { PropertyMap } from "../../../../engine/property/value";
import { type Cloud, startCloud } from "../../../../local";
import type { HttpRequest } from "../../../../provider/http";
import { ACCOUNT, register } from "../../../support/acmeScene";
import { Canaries } from "../../../support/canaries";
import { FakeClock } from "../../../support/fakeClock";
import { type Entry, Stack } from "../../../support/stack";
import { type Send, Wire } from "../../../support/wire";

const DOMAIN = "www.example.com";
const DAY_MS = 24 * 3600_000;
const byDns = { names: ["example.com", "*.example.com"] };
const byBucket = { names: [DOMAIN], challenge: "http-01", buckets: [{ bucket: "site" }] };

interface Way {
  readonly inputs: PropertyMap;
  /** What there is before: nothing, or a certificate that is due. */
  readonly isRenewal?: boolean;
}

const WAYS: Readonly<Record<string, Way>> = {
  "dns-01": { inputs: byDns },
  "http-01": { inputs: byBucket },
  "a renewal": { inputs: byDns, isRenewal: true },
};

/** What may happen to a request. */
const FAULTS: Readonly<Record<string, (request: HttpRequest, send: Send) => ReturnType<Send>>> = {
  "connection refused": (request, send) => send({ ...request, origin: "http://127.0.0.1:1" }),
  "reply lost": async (request, send) => {
    await send(request);
    return send({ ...request, origin: "http://127.0.0.1:1" });
  },
  "500": async () => ({ status: 500, headers: {}, body: "" }),
  "page of a proxy": async () => ({
    status: 200,
    headers: { "content-type": "text/html" },
    body: "<html>sign in</html>",
  }),
};

/** A cloud with an account at its CA, a stack in it, and the private keys that have left the stack. */
class Trial {
  readonly clock = new FakeClock();
  readonly wire = new Wire();
  readonly keys: string[] = [];
  /** Everything that was printed or thrown. */
  readonly said: string[] = [];
  cloud!: Cloud;
  stack!: Stack;

  static async start({ inputs, isRenewal = false }: Way): Promise<Trial> {
    const on = new Trial();
    on.cloud = await startCloud({ buckets: ["site"], now: () => new Date(on.clock.now()) });
    on.cloud.inConsole.moveBinding(DOMAIN, "site");
    on.cloud.addRecord({ name: DOMAIN, type: "CNAME", value: "site.oss-cn-hangzhou.aliyuncs.com" });
    await register(on.cloud.acme.directory, on.clock);
    on.restart(new Map());
    if (isRenewal) {
      await on.up(inputs);
      on.clock.pass(70 * DAY_MS);
    }
    on.wire.count = 0;
    return on;
  }

  /** Another process, which knows what the state says. */
  restart(state: ReadonlyMap<string, Entry>): void {
    this.stack = new Stack({ ...this.cloud.config, ...ACCOUNT }, this.clock, this.wire);
    for (const [name, entry] of state) this.stack.state.set(name, entry);
  }

  async up(inputs: PropertyMap): Promise<string | undefined> {
    try {
      return (await this.stack.up({ cert: ["acmeCertificate", inputs] }, { skipPreview: true })).cert;
    } catch (error) {
      this.said.push(String(error), JSON.stringify(error));
      throw error;
    } finally {
      this.said.push(...this.stack.printed);
    }
  }

  /** Lets something happen to the requests that come. */
  meet(act: (number: number, request: HttpRequest, send: Send) => ReturnType<Send>): void {
    this.wire.count = 0;
    this.wire.meet = (number, request, send) => {
      const key = new URLSearchParams(request.body ?? "").get("Key");
      if (key !== null) this.keys.push(key);
      return act(number, request, send);
    };
  }

  /** Everything is as it should be: a certificate on record, no proof left, an unchanged `up`, and the key nowhere. */
  async finish(inputs: PropertyMap): Promise<void> {
    this.meet((_number, request, send) => send(request));
    await this.up(inputs);
    assert.equal(await this.up(inputs), "same");
    const { records, objects, certificates } = this.cloud.state();
    assert.deepEqual([records.filter(({ type }) => type === "TXT"), objects], [[], []], "left behind");
    assert.ok(certificates.some(({ certId }) => certId === this.stack.output("cert", "certId")));
    const keys = Object.fromEntries(this.keys.map((key, index) => [`key ${index}`, key]));
    const chains = certificates.flatMap(({ chain = "" }) => chain);
    const open = Buffer.from(chains.join("").replace(/-----[^-]+-----|\s/g, ""), "base64").toString("base64");
    new Canaries(keys, [...chains, open]).assertAbsent({
      state: JSON.stringify([...this.stack.state]),
      said: this.said.join("\n"),
      log: JSON.stringify(this.cloud.requests()),
    });
  }

  close(): Promise<void> {
    return this.cloud.close();
  }
}

for (const [name, way] of Object.entries(WAYS))
  describe(`AcmeCertificate by ${name}`, function () {
    this.timeout(120_000);

    /** Tries something with each request; gives how many there were. */
    const withEach = async (trial: (on: Trial, number: number) => Promise<boolean>) => {
      const problems: string[] = [];
      let number = 0;
      for (let isMet = true; isMet; number++) {
        const on = await Trial.start(way);
        try {
          isMet = await trial(on, number);
          if (isMet) await on.finish(way.inputs);
          if (isMet) assert.ok(on.keys.length > 0);
        } catch (error) {
          problems.push(`request ${number + 1}: ${(error as Error).message}`);
        } finally {
          await on.close();
        }
      }
      assert.deepEqual(problems, []);
      assert.ok(number > 10, `only ${number} requests`);
    };

    it("survives a kill after every request: the next `up` finishes it, and removes what is left", () =>
      withEach(async (on, number) => {
        let isKilled = false;
        await new Promise<void>((resolve) => {
          on.meet(async (current, request, send) => {
            const reply = isKilled ? undefined : await send(request);
            if (reply !== undefined && !isKilled && current !== number) return reply;
            isKilled = true;
            resolve();
            return new Promise(() => {});
          });
          void on.up(way.inputs).then(
            () => resolve(),
            () => resolve(),
          );
        });
        on.wire.reset();
        on.restart(new Map(on.stack.state));
        return isKilled;
      }));

    // The way is that of the first order.
    for (const [fault, happen] of way.isRenewal ? [] : Object.entries(FAULTS))
      it(`survives ${fault} at every request, or fails and leaves nothing`, () =>
        withEach(async (on, number) => {
          let isMet = false;
          on.meet((current, request, send) => {
            if (current !== number) return send(request);
            isMet = true;
            return happen(request, send);
          });
          await on.up(way.inputs).catch(() => undefined);
          return isMet;
        }));
  });
