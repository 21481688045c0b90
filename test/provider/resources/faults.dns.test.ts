import assert from "node:assert/strict";
import { DNS_FAULTS, type DnsServer, type Row, type Script, startDnsServer, zoneScript } from "../../support/dnsServer";
import { Declare, LIFECYCLES, type LifecycleCase, prepareWorlds, type Worlds } from "../../support/lifecycleCases";
import { Trial } from "../../support/trial";

type DnsFault = (typeof DNS_FAULTS)[number];

/** Time-outs of DNS are the machine's: so that they pass together, but with fewer sockets than a process may have. */
const AT_ONCE = 40;

describe("every fault of DNS at every look of every lifecycle", () => {
  it("is made good by the next `up`", async () => {
    const declare = await Declare.create();
    const worlds = await prepareWorlds(declare);
    const lifecycles = LIFECYCLES.filter(({ name }) => /^(BucketCnames?: (create|move)|ManualRecord)/.test(name));
    const cases = lifecycles.flatMap((lifecycle) =>
      DNS_FAULTS.flatMap((fault) =>
        [0, 1].flatMap((number) =>
          (fault.isSlow ? [true] : [false, true]).map((isLasting) => ({ lifecycle, fault, number, isLasting })),
        ),
      ),
    );
    const problems: string[] = [];
    let met = 0;
    const waiting = [...cases];
    const worker = async () => {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
        const { lifecycle, fault, number, isLasting } = next;
        const what = `${lifecycle.name}, the server ${fault.name} ${isLasting ? "from" : "at"} query ${number + 1}`;
        await meet(worlds, declare, lifecycle, fault, number, isLasting).then(
          (isMet) => {
            met += Number(isMet);
          },
          (error: Error) => problems.push(`${what}: ${error.message}`),
        );
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
    console.log(`      ${met} faults of DNS were tried`);
    assert.deepEqual(problems, []);
    assert.ok(met >= lifecycles.length * DNS_FAULTS.length);
  });
});

/** False where the operation did not ask so often. */
async function meet(
  worlds: Worlds,
  declare: Declare,
  { act, before, program }: LifecycleCase,
  { spoil }: DnsFault,
  number: number,
  isLasting: boolean,
): Promise<boolean> {
  const on = await Trial.start(worlds[before]);
  const truth: Script = (...asked) => zoneScript("example.com", rowsOf(on))(...asked);
  const spoilt = spoil(truth);
  let count = 0;
  let isWrong = true;
  let server: DnsServer | undefined;
  try {
    server = await startDnsServer((...asked) => {
      // What is asked by TCP is asked again.
      const current = asked[1] === "tcp" ? count - 1 : count++;
      return isWrong && (isLasting ? current >= number : current === number) ? spoilt(...asked) : truth(...asked);
    });
    on.askDns(`127.0.0.1:${server.endpoint.port}`);
    const error = await on.act(act, program(declare));
    isWrong = false;
    const isMet = count > number;
    if (error !== undefined) assert.match(error.message, /TXT|DNS/);
    await on.finish(act, program(declare));
    return isMet;
  } finally {
    await server?.close();
    await on.close();
  }
}

function rowsOf({ cloud }: Trial): Row[] {
  return cloud
    .state()
    .records.filter(({ type }) => type === "TXT" || type === "CNAME")
    .map(({ name, type, value }) => [name, type as "TXT" | "CNAME", [value].flat().join("")]);
}
