import assert from "node:assert/strict";
import { AUTHORITATIVE_ANSWER, type TxtAnswer } from "dns-packet";
import { query } from "../../../provider/dns/query";
import { type DnsServer, type Script, startDnsServer, truncatedOverUdp, zoneScript } from "../../support/dnsServer";

const name = "www.example.com";
const TIMEOUT_MS = 60;

describe("query", () => {
  let server: DnsServer;
  const start = async (script: Script) => {
    server = await startDnsServer(script);
  };
  afterEach(() => server.close());
  const ask = (recursive = false) => query(server.endpoint, { name, type: "TXT", recursive }, TIMEOUT_MS);
  const zone = zoneScript("example.com", [[name, "TXT", "value"]]);
  const textOf = (answers: readonly unknown[] = []) => String((answers[0] as TxtAnswer).data);

  it("gives the reply with its code", async () => {
    await start(zone);
    const { rcode, flag_aa, answers } = await ask();
    assert.deepEqual([rcode, flag_aa, textOf(answers)], ["NOERROR", true, "value"]);
    assert.deepEqual(server.asked, [`udp TXT ${name}`]);
  });

  for (const [rcode, flags] of [
    ["NXDOMAIN", 3],
    ["REFUSED", 5],
  ] as const)
    it(`takes ${rcode} for a reply`, async () => {
      await start(() => ({ flags }));
      assert.equal((await ask()).rcode, rcode);
    });

  it("asks for recursion only when told to", async () => {
    await start(zone);
    await ask(true);
    assert.deepEqual(server.asked, [`udp TXT ${name} rd`]);
  });

  it("compares names without regard to case", async () => {
    await start(({ type }) => ({
      questions: [{ type, name: name.toUpperCase() }],
      flags: AUTHORITATIVE_ANSWER,
    }));
    assert.equal((await ask()).rcode, "NOERROR");
  });

  it("asks once more when no reply comes", async () => {
    let asked = 0;
    await start((...question) => (++asked === 1 ? "silent" : zone(...question)));
    assert.equal((await ask()).rcode, "NOERROR");
    assert.equal(asked, 2);
  });

  it("fails after two attempts without a reply", async () => {
    await start(() => "silent");
    await assert.rejects(ask(), { message: `no reply within ${TIMEOUT_MS} ms` });
    assert.equal(server.asked.length, 2);
  });

  it("ignores a packet that it cannot read", async () => {
    await start(() => Buffer.from("noise"));
    await assert.rejects(ask(), /no reply within/);
  });

  it("asks by TCP when the reply does not fit into UDP", async () => {
    await start(truncatedOverUdp(zone));
    assert.equal(textOf((await ask()).answers), "value");
    assert.deepEqual(server.asked, [`udp TXT ${name}`, `tcp TXT ${name}`]);
  });

  it("fails when the longer reply does not come by TCP", async () => {
    const cut = truncatedOverUdp(zone);
    await start((question, via, packet) => (via === "tcp" ? "silent" : cut(question, via, packet)));
    await assert.rejects(ask(), /reply too long for UDP, and by TCP: no reply within/);
  });
});
