import assert from "node:assert/strict";
import { type Answer, AUTHORITATIVE_ANSWER } from "dns-packet";
import { type Direction, lookForCname } from "../../../provider/dns/cname";
import { startDnsServer } from "../../support/dnsServer";

const domain = "www.example.com";
const target = "site.oss-cn-hangzhou.aliyuncs.com";
const cname = (name: string, data: string): Answer => ({ type: "CNAME", name, data });
const address = (name: string, data: string): Answer => ({ type: "A", name, data });
const AT_TARGET = address(target, "192.0.2.1");

describe("lookForCname", () => {
  /** One server is resolver and name server of the zone; it gives the records of the name that it is asked for. */
  const look = async (records: Answer[], wanted = target, servers: "own" | "given" = "own"): Promise<Direction> => {
    const server = await startDnsServer(({ name, type }) => {
      if (type === "NS") return name === "example.com" ? { flags: AUTHORITATIVE_ANSWER, answers: [NS] } : {};
      if (name === "ns1.example.com") return { answers: type === "A" ? [address(name, "127.0.0.1")] : [] };
      return { flags: AUTHORITATIVE_ANSWER, answers: records.filter((record) => reaches(records, name, record.name)) };
    });
    try {
      const at = `127.0.0.1:${server.endpoint.port}`;
      const options = servers === "given" ? { servers: [at] } : { resolvers: [at], endpointOf: () => server.endpoint };
      return await lookForCname(domain, wanted, options);
    } finally {
      await server.close();
    }
  };
  const NS: Answer = { type: "NS", name: "example.com", data: "ns1.example.com" };

  const cases: [title: string, direction: Direction, records: Answer[], wanted?: string][] = [
    ["a CNAME record with the target", "there", [cname(domain, target)]],
    ["a CNAME record in other letters", "there", [cname(domain, "Site.OSS-cn-hangzhou.aliyuncs.com")]],
    [
      "CNAME records that lead to the target",
      "there",
      [cname(domain, "cdn.example.com"), cname("cdn.example.com", target)],
    ],
    [
      "the address of the target, of a record that the DNS host flattens",
      "there",
      [address(domain, "192.0.2.1"), AT_TARGET],
    ],
    ["another address", "elsewhere", [address(domain, "192.0.2.9"), AT_TARGET]],
    ["a CNAME record to another bucket", "elsewhere", [cname(domain, "old.oss-cn-hangzhou.aliyuncs.com"), AT_TARGET]],
    ["CNAME records in a circle", "elsewhere", [cname(domain, "a.example.com"), cname("a.example.com", domain)]],
    ["nothing", "nowhere", []],
    ["any CNAME record where the target is not known", "there", [cname(domain, "cdn.example.com")], ""],
    ["nothing where the target is not known", "nowhere", [], ""],
  ];
  for (const servers of ["own", "given"] as const)
    describe(`at ${servers === "own" ? "the zone's own servers" : "given servers"}`, () => {
      for (const [title, direction, records, wanted] of cases)
        it(`says ${direction} for ${title}`, async () => assert.equal(await look(records, wanted, servers), direction));
    });

  it("says unknown where no server replies", async () => {
    assert.equal(await lookForCname(domain, target, { servers: ["127.0.0.1:1"] }), "unknown");
    assert.equal(await lookForCname(domain, target, { resolvers: ["127.0.0.1:1"] }), "unknown");
  });
});

/** Whether the CNAME records lead from one name to the other. */
function reaches(records: readonly Answer[], from: string, to: string): boolean {
  const names = [from.toLowerCase()];
  for (let next: string | undefined = from; next !== undefined; ) {
    const at: string = next;
    const found = records.find((record) => record.type === "CNAME" && record.name === at.toLowerCase());
    next = found?.type === "CNAME" && !names.includes(found.data.toLowerCase()) ? found.data : undefined;
    if (next !== undefined) names.push(next.toLowerCase());
  }
  return names.includes(to);
}
