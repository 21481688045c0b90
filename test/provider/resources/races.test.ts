import assert from "node:assert/strict";
import { Declare, LIFECYCLES, type LifecycleCase, prepareWorlds, type Worlds } from "../../support/lifecycleCases";
import type { Program } from "../../support/stack";
import { DOMAIN, Trial } from "../../support/trial";

const FOREIGN = "7-of-somebody-else";

/** What somebody else does, and what must be so in the end, whatever we do at the same time. */
const OTHERS: readonly {
  readonly does: string;
  readonly act: (on: Trial) => void;
  readonly of: RegExp;
  readonly isKept: (on: Trial) => boolean;
}[] = [
  {
    does: "moves the domain",
    act: ({ cloud }) => cloud.inConsole.moveBinding(DOMAIN, "theirs"),
    of: /./,
    isKept: (on) => bindingOf(on)?.bucket === "theirs",
  },
  {
    does: "replaces the certificate",
    act: ({ cloud }) => cloud.inConsole.replaceCertificate(DOMAIN, { certId: FOREIGN }),
    // What unbinds a domain takes its certificate along.
    of: /^CnameCertificate|^BucketCnames: (create|add|rotate|read)|^BucketCname: (create|read)/,
    isKept: (on) => bindingOf(on)?.certId === FOREIGN,
  },
  {
    does: "points the domain elsewhere",
    act: ({ cloud }) => {
      cloud.removeRecords({ name: DOMAIN, type: "CNAME" });
      cloud.addRecord({ name: DOMAIN, type: "CNAME", value: "elsewhere.example.net" });
    },
    of: /^AlidnsRecord CNAME|^BucketCnames/,
    isKept: (on) => on.cloud.state().records.some(({ value }) => value === "elsewhere.example.net"),
  },
];

describe("somebody else at any moment of every lifecycle", () => {
  let declare: Declare;
  let worlds: Worlds;
  let ran = 0;

  before(async () => {
    declare = await Declare.create();
    worlds = await prepareWorlds(declare);
  });
  after(() => console.log(`      ${ran} races were tried`));

  for (const other of OTHERS)
    for (const lifecycle of LIFECYCLES.filter(({ name }) => other.of.test(name)))
      it(`who ${other.does} is not overruled by ${lifecycle.name}`, async () => {
        const problems: string[] = [];
        for (const when of ["before", "after"] as const)
          await atEachRequest(lifecycle, async (on, number) => {
            let acted = false;
            on.wire.meet = async (current, request, send) => {
              if (current !== number) return send(request);
              const reply = when === "after" ? await send(request) : undefined;
              acted = did(() => other.act(on));
              return reply ?? send(request);
            };
            const error = await on.act(lifecycle.act, lifecycle.program(declare));
            if (acted && !other.isKept(on))
              problems.push(`${when} request ${number + 1}: ${error?.message ?? "no error"}`);
          });
        assert.deepEqual(problems, []);
      });

  it("of two stacks that rotate a certificate at once, one fails and the other has its certificate there", async () => {
    const rotate = LIFECYCLES.find(({ name }) => name === "CnameCertificate: rotate CertId") as LifecycleCase;
    const theirs = declare.certificate({ certId: FOREIGN });
    await atEachRequest(rotate, async (on, number) => {
      const [ours, other] = await race(on, number, rotate.program(declare), theirs);
      assert.equal([ours, other].filter((error) => error === undefined).length, 1, String(number));
      assert.equal(bindingOf(on)?.certId, ours === undefined ? "2-cn-hangzhou" : FOREIGN);
      assert.match((ours ?? other)?.message ?? "", /certificate/);
    });
  });

  it("of two stacks that bind a domain to two buckets at once, one fails and the other has it", async () => {
    const create = LIFECYCLES.find(({ name }) => name === "BucketCnames: create") as LifecycleCase;
    const theirs: Program = {
      fleet: ["bucketCnames", { bucket: "other", dnsTimeoutSeconds: 1, alidns: {}, domains: { [DOMAIN]: {} } }],
    };
    await atEachRequest(create, async (on, number) => {
      const [ours, other] = await race(on, number, create.program(declare), theirs);
      assert.equal([ours, other].filter((error) => error === undefined).length, 1, `${number} ${ours} ${other}`);
      assert.equal(bindingOf(on)?.bucket, ours === undefined ? "site" : "other");
    });
  });

  /** What an `up` of ours and one of another stack, at one of its requests, end with. */
  async function race(on: Trial, number: number, ours: Program, theirs: Program) {
    const stack = on.otherStack();
    let other: Error | undefined;
    on.wire.meet = async (current, request, send) => {
      if (current === number)
        other = await stack.up(theirs).then(
          () => undefined,
          (error: Error) => error,
        );
      return send(request);
    };
    return [await on.act("up", ours), other];
  }

  async function atEachRequest(lifecycle: LifecycleCase, work: (on: Trial, number: number) => Promise<void>) {
    for (let number = 0, sent = 1; number < sent; number++) {
      const on = await Trial.start(worlds[lifecycle.before]);
      on.clock.pass((lifecycle.hours ?? 0) * 3_600_000);
      try {
        await work(on, number);
        ran++;
        sent = on.wire.count;
      } finally {
        await on.close();
      }
    }
  }
});

function bindingOf({ cloud }: Trial) {
  return cloud.state().bindings.find(({ domain }) => domain === DOMAIN);
}

/** False where there was nothing to do it to. */
function did(act: () => void): boolean {
  try {
    act();
    return true;
  } catch {
    return false;
  }
}
