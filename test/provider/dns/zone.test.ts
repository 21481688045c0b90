import assert from "node:assert/strict";
import { Budget } from "../../../provider/dns/budget";
import { findStartZone, findZoneBelow, type Network, NoZone, recordsOf } from "../../../provider/dns/zone";
import { type DnsServer, type Row, type Script, startDnsServer, zoneScript } from "../../support/dnsServer";

const name = "_dnsauth.www.example.com";
const rows: Row[] = [
  ["example.com", "NS", "ns1.example.com"],
  ["ns1.example.com", "A", "192.0.2.1"],
  ["ns1.example.com", "AAAA", "2001:db8::1"],
];
const startZone = {
  name: "example.com",
  servers: [{ name: "ns1.example.com", addresses: ["192.0.2.1", "2001:db8::1"] }],
};

describe("a zone", () => {
  const servers: DnsServer[] = [];
  let budget: Budget;
  beforeEach(() => {
    budget = new Budget();
  });
  afterEach(async () => {
    await Promise.all(servers.splice(0).map((server) => server.close()));
  });
  const serve = async (script: Script): Promise<DnsServer> => {
    const server = await startDnsServer(script);
    servers.push(server);
    return server;
  };
  /** A network with one resolver, and one server at every address. */
  const network = async (resolver: Script, authority: Script = () => "silent"): Promise<Network> => {
    const [resolving, serving] = [await serve(resolver), await serve(authority)];
    return { resolvers: [resolving.endpoint], endpointOf: () => serving.endpoint, timeoutMs: 60, budget };
  };
  const knows = (known: readonly Row[]) => zoneScript("", known, "resolver");

  describe("to start from", () => {
    it("is the domain with two labels, with the addresses of its servers", async () =>
      assert.deepEqual(await findStartZone(name, await network(knows(rows))), startZone));

    it("is the top-level domain where the resolver fails on that", async () => {
      const com = knows([
        ["com", "NS", "ns.nic.com"],
        ["ns.nic.com", "A", "192.0.2.9"],
      ]);
      const failing: Script = (question, ...rest) =>
        question.name === "example.com" ? { flags: 2 } : com(question, ...rest);
      assert.equal((await findStartZone(name, await network(failing))).name, "com");
    });

    it("is a longer name where only a private zone is known", async () => {
      const inner = rows.map(([owner, type, data]) => [owner.replace(/^example/, "www.example"), type, data] as Row);
      const known = knows([...inner, ["ns1.example.com", "A", "192.0.2.1"]]);
      assert.equal((await findStartZone(name, await network(known))).name, "www.example.com");
    });

    it("is found without asking a resolver for names that may not exist yet", async () => {
      const given = await network(knows(rows));
      await findStartZone(name, given);
      assert.ok(!servers[0]?.asked.some((line) => line.includes("www")));
    });

    it("has servers without addresses where none is found", async () => {
      const [delegation] = rows as [Row];
      const { servers: found } = await findStartZone(name, await network(knows([delegation])));
      assert.deepEqual(found, [{ name: "ns1.example.com", addresses: [] }]);
    });

    it("cannot be found where no resolver replies: nothing is known then", async () =>
      assert.rejects(
        findStartZone(name, await network(() => "silent")),
        (error) => error instanceof NoZone && error.blocked,
      ));

    it("cannot be found where the resolver knows no servers", async () =>
      assert.rejects(
        findStartZone(name, await network(knows([]))),
        (error) => error instanceof NoZone && !error.blocked && /No name servers found/.test(error.message),
      ));
  });

  describe("below", () => {
    const delegation: Row[] = [
      ["www.example.com", "NS", "ns.www.example.com"],
      ["ns.www.example.com", "A", "192.0.2.2"],
    ];

    it("is found with the addresses that the zone above gives along", async () => {
      const given = await network(knows([]), zoneScript("example.com", [...rows, ...delegation]));
      assert.deepEqual(await findZoneBelow(startZone, name, given), {
        name: "www.example.com",
        servers: [{ name: "ns.www.example.com", addresses: ["192.0.2.2"] }],
      });
    });

    it("is found at servers that serve it as well", async () => {
      const both: Script = (question, ...rest) =>
        (question.name.endsWith("www.example.com")
          ? zoneScript("www.example.com", delegation)
          : zoneScript("example.com", rows))(question, ...rest);
      assert.equal((await findZoneBelow(startZone, name, await network(knows([]), both)))?.name, "www.example.com");
    });

    it("does not exist where the zone has no delegation", async () =>
      assert.equal(
        await findZoneBelow(startZone, name, await network(knows([]), zoneScript("example.com", rows))),
        undefined,
      ));

    it("does not exist where no server replies", async () =>
      assert.equal(await findZoneBelow(startZone, name, await network(knows([]))), undefined));
  });
});

describe("recordsOf", () => {
  it("gives the data of one name and type, folded", () =>
    assert.deepEqual(
      recordsOf(
        [
          { type: "NS", name: "Example.COM", data: "NS1.example.com." },
          { type: "NS", name: "other.com", data: "ns2.example.com" },
          { type: "A", name: "example.com", data: "192.0.2.1" },
        ],
        "example.com",
        "NS",
      ),
      ["ns1.example.com"],
    ));

  it("gives nothing of no records", () => assert.deepEqual(recordsOf(undefined, "example.com", "NS"), []));
});
