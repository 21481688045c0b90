import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { AUTHORITATIVE_ANSWER, encode, RECURSION_AVAILABLE } from "dns-packet";
import type { ServerAddress } from "../../../provider/dns/serverAddress";
import { describeLook, type LookOptions, lookForTxt, type ServerAnswer } from "../../../provider/dns/txt";
import {
  type DnsServer,
  type Row,
  type Script,
  startDnsServer,
  truncatedOverUdp,
  zoneScript,
} from "../../support/dnsServer";

const name = "_dnsauth.www.example.com";
const token = "0123456789abcdef0123456789abcdef";
const txt: Row = [name, "TXT", token];

describe("lookForTxt", () => {
  const cleanups: (() => Promise<void>)[] = [];
  afterEach(async () => {
    await Promise.all(cleanups.splice(0).map((cleanup) => cleanup()));
  });

  async function serve(script: Script): Promise<DnsServer> {
    const server = await startDnsServer(script);
    cleanups.push(() => server.close());
    return server;
  }

  /** A whole small internet: made-up addresses, and a resolver that knows the first zone's servers. */
  async function world(scripts: Record<string, Script>, resolverRows: Row[]) {
    const servers: Record<string, DnsServer> = {};
    for (const [address, script] of Object.entries(scripts)) servers[address] = await serve(script);
    const resolver = await serve(zoneScript("", resolverRows, "resolver"));
    const options: LookOptions = {
      resolvers: [`127.0.0.1:${resolver.endpoint.port}`],
      endpointOf: (address) => servers[address]?.endpoint ?? assert.fail(`${address} is nobody's`),
      timeoutMs: 60,
    };
    const asked = (address: string) => servers[address]?.asked ?? [];
    return { options, resolver, asked, close: (address: string) => servers[address]?.close() };
  }

  const twoServers: Row[] = [
    ["example.com", "NS", "ns1.example.com"],
    ["example.com", "NS", "ns2.example.com"],
    ["ns1.example.com", "A", "192.0.2.1"],
    ["ns2.example.com", "A", "192.0.2.2"],
  ];
  const states = (answers: readonly ServerAnswer[]) => answers.map(({ server, state }) => `${server} ${state}`).sort();
  const zone = (...rows: Row[]) => zoneScript("example.com", [...twoServers, ...rows]);

  it("sees the record on every server", async () => {
    const { options, asked } = await world({ "192.0.2.1": zone(txt), "192.0.2.2": zone(txt) }, twoServers);
    const look = await lookForTxt("_DNSAUTH.www.Example.com.", token, options);
    assert.equal(look.present, true);
    assert.equal(look.blocked, false);
    assert.equal(look.zone, "example.com");
    assert.equal(look.name, name);
    assert.deepEqual(
      look.answers.map(({ address, values }) => [address, values]),
      [
        ["192.0.2.1", [token]],
        ["192.0.2.2", [token]],
      ],
    );
    // Recursion is never asked of the zone's servers.
    assert.ok(asked("192.0.2.1").includes(`udp TXT ${name}`));
    assert.ok(![...asked("192.0.2.1"), ...asked("192.0.2.2")].some((line) => line.endsWith(" rd")));
  });

  it("never asks a resolver for the names it waits for", async () => {
    const { options, resolver } = await world({ "192.0.2.1": zone(), "192.0.2.2": zone() }, twoServers);
    await lookForTxt(name, token, options);
    assert.ok(resolver.asked.length > 0);
    assert.deepEqual(
      resolver.asked.filter((line) => line.includes("www") || line.includes("TXT")),
      [],
    );
  });

  it("finds everything anew in each call", async () => {
    const rows: Row[] = [...twoServers];
    const answers: Row[] = [];
    const late: Script = (...query) => zone(...answers)(...query);
    const { options, resolver } = await world({ "192.0.2.1": late, "192.0.2.2": late, "192.0.2.3": late }, rows);
    const before = await lookForTxt(name, token, options);
    assert.deepEqual(states(before.answers), ["ns1.example.com missing", "ns2.example.com missing"]);
    answers.push(txt);
    const asked = resolver.asked.length;
    const after = await lookForTxt(name, token, options);
    assert.equal(after.present, true);
    assert.equal(resolver.asked.length, 2 * asked);
  });

  it("tells missing from another value, and is content only when all have it", async () => {
    const old = zone([name, "TXT", "old"]);
    const { options } = await world({ "192.0.2.1": zone(txt), "192.0.2.2": old }, twoServers);
    const look = await lookForTxt(name, token, options);
    assert.equal(look.present, false);
    assert.deepEqual(states(look.answers), ["ns1.example.com present", "ns2.example.com differs"]);
    assert.match(describeLook(look), /ns1\.example\.com \(192\.0\.2\.1\) has the value\n.*ns2.* has only "old"/);

    const nodata = zone([`deeper.${name}`, "TXT", "x"]);
    const other = await world({ "192.0.2.1": zone(), "192.0.2.2": nodata }, twoServers);
    const missing = await lookForTxt(name, token, other.options);
    assert.equal(missing.present, false);
    assert.deepEqual(states(missing.answers), ["ns1.example.com missing", "ns2.example.com missing"]);
  });

  it("takes any of several values, and joins split strings", async () => {
    const several = zone([name, "TXT", "other"], [name, "TXT", [token.slice(0, 10), token.slice(10)]]);
    const { options } = await world({ "192.0.2.1": several, "192.0.2.2": several }, twoServers);
    const look = await lookForTxt(name, token, options);
    assert.equal(look.present, true);
    assert.deepEqual(look.answers[0]?.values, ["other", token]);
    assert.equal((await lookForTxt(name, token.slice(0, 10), options)).present, false);
  });

  it("does not let a dead or a lame server stand in the way, and reports it", async () => {
    const rows: Row[] = [
      ...twoServers,
      ["example.com", "NS", "ns3.example.com"],
      ["ns3.example.com", "A", "192.0.2.3"],
      ["example.com", "NS", "ns4.example.com"],
      ["ns4.example.com", "A", "192.0.2.4"],
      ["example.com", "NS", "ns5.example.com"],
    ];
    const unauthorised: Script = () => ({ flags: 0, answers: [{ type: "TXT", name, data: token }] });
    const { options, asked } = await world(
      {
        "192.0.2.1": zone(txt),
        "192.0.2.2": () => "silent",
        "192.0.2.3": () => ({ flags: 5 }),
        "192.0.2.4": unauthorised,
      },
      rows,
    );
    const look = await lookForTxt(name, token, options);
    assert.equal(look.present, true);
    assert.deepEqual(states(look.answers), [
      "ns1.example.com present",
      "ns2.example.com unreachable",
      "ns3.example.com lame",
      "ns4.example.com lame",
      "ns5.example.com unreachable",
    ]);
    // One repetition, no more.
    assert.equal(asked("192.0.2.2").filter((line) => line.includes("TXT")).length, 2);
    const report = describeLook(look);
    assert.match(report, /ns2\.example\.com \(192\.0\.2\.2\) cannot be reached: no reply within 60 ms/);
    assert.match(report, /ns3\.example\.com \(192\.0\.2\.3\) does not answer .*\(lame\): it replies REFUSED/);
    assert.match(report, /ns4\.example\.com \(192\.0\.2\.4\) does not answer .*without authority/);
    assert.match(report, /ns5\.example\.com cannot be reached: no address/);
  });

  it("is not content with lame servers alone", async () => {
    const unauthorised: Script = () => ({ flags: 0, answers: [{ type: "TXT", name, data: token }] });
    const { options } = await world({ "192.0.2.1": unauthorised, "192.0.2.2": () => ({ flags: 2 }) }, twoServers);
    const look = await lookForTxt(name, token, options);
    assert.deepEqual([look.present, look.blocked], [false, false]);
  });

  it("reaches servers that have IPv6 addresses only", async () => {
    const rows: Row[] = [
      ["example.com", "NS", "ns1.example.com"],
      ["ns1.example.com", "AAAA", "2001:db8::1"],
    ];
    const { options } = await world({ "2001:db8::1": zone(txt) }, rows);
    const look = await lookForTxt(name, token, options);
    assert.equal(look.present, true);
    assert.equal(look.answers[0]?.address, "2001:db8::1");
  });

  it("asks every address of a server, and forgives one that is out of reach", async () => {
    const rows: Row[] = [
      ["example.com", "NS", "ns1.example.com"],
      ["ns1.example.com", "A", "192.0.2.1"],
      ["ns1.example.com", "A", "192.0.2.2"],
      ["ns1.example.com", "AAAA", "2001:db8::1"],
    ];
    const scripts = { "192.0.2.1": zone(txt), "192.0.2.2": zone(), "2001:db8::1": (() => "silent") as Script };
    const { options } = await world(scripts, rows);
    const look = await lookForTxt(name, token, options);
    assert.equal(look.present, false);
    assert.deepEqual(states(look.answers), ["ns1.example.com missing", "ns1.example.com present"]);
  });

  it("goes down to a delegated sub-zone, by glue", async () => {
    const parent = zone(["www.example.com", "NS", "ns.www.example.com"], ["ns.www.example.com", "A", "192.0.2.9"], txt);
    const child = zoneScript("www.example.com", [["www.example.com", "NS", "ns.www.example.com"], txt]);
    const { options, resolver } = await world(
      { "192.0.2.1": parent, "192.0.2.2": parent, "192.0.2.9": child },
      twoServers,
    );
    const look = await lookForTxt(name, token, options);
    assert.equal(look.zone, "www.example.com");
    assert.deepEqual(states(look.answers), ["ns.www.example.com present"]);
    assert.ok(!resolver.asked.some((line) => line.includes("www")));
  });

  it("asks all servers of a sub-zone that shares one with its parent", async () => {
    const cut: Row[] = [
      ["www.example.com", "NS", "ns1.example.com"],
      ["www.example.com", "NS", "ns9.example.net"],
    ];
    const child = zoneScript("www.example.com", [...cut, txt]);
    const both: Script = (question, ...rest) =>
      (question.name.endsWith("www.example.com") ? child : zone(...cut))(question, ...rest);
    const { options } = await world(
      { "192.0.2.1": both, "192.0.2.2": zone(...cut), "192.0.2.9": zoneScript("www.example.com", cut) },
      [...twoServers, ["ns9.example.net", "A", "192.0.2.9"]],
    );
    const look = await lookForTxt(name, token, options);
    assert.equal(look.zone, "www.example.com");
    assert.equal(look.present, false);
    assert.deepEqual(states(look.answers), ["ns1.example.com present", "ns9.example.net missing"]);
  });

  it("starts above a domain that the resolver fails on, and names its dead servers", async () => {
    const tld = zoneScript("com", [["com", "NS", "a.gtld.net"], ...twoServers]);
    const rows: Row[] = [
      ["com", "NS", "a.gtld.net"],
      ["a.gtld.net", "A", "192.0.2.100"],
    ];
    const { options } = await world({ "192.0.2.100": tld, "192.0.2.1": () => "silent", "192.0.2.2": zone(txt) }, rows);
    const look = await lookForTxt(name, token, options);
    assert.equal(look.zone, "example.com");
    assert.deepEqual(states(look.answers), ["ns1.example.com unreachable", "ns2.example.com present"]);
  });

  it("follows a CNAME inside the answer", async () => {
    const alias = zone([name, "CNAME", "proof.example.com"], ["proof.example.com", "TXT", token]);
    const { options } = await world({ "192.0.2.1": alias, "192.0.2.2": alias }, twoServers);
    assert.equal((await lookForTxt(name, token, options)).present, true);
    const loop = zone([name, "CNAME", "proof.example.com"]);
    const dangling = await world({ "192.0.2.1": loop, "192.0.2.2": loop }, twoServers);
    const look = await lookForTxt(name, token, dangling.options);
    assert.equal(look.name, "proof.example.com");
    assert.deepEqual(states(look.answers), ["ns1.example.com missing", "ns2.example.com missing"]);
  });

  it("follows a CNAME to the servers of another zone, whatever the first ones claim to know", async () => {
    const alias = zone([name, "CNAME", "x.proofs.net"], ["x.proofs.net", "TXT", token]);
    const proofs = (value: string) => zoneScript("proofs.net", [["x.proofs.net", "TXT", value]]);
    const rows: Row[] = [...twoServers, ["proofs.net", "NS", "ns.proofs.net"], ["ns.proofs.net", "A", "192.0.2.7"]];
    const right = await world({ "192.0.2.1": alias, "192.0.2.2": alias, "192.0.2.7": proofs(token) }, rows);
    const look = await lookForTxt(name, token, right.options);
    assert.deepEqual([look.present, look.zone, look.name], [true, "proofs.net", "x.proofs.net"]);
    assert.deepEqual(states(look.answers), ["ns.proofs.net present"]);
    const stale = await world({ "192.0.2.1": alias, "192.0.2.2": alias, "192.0.2.7": proofs("old") }, rows);
    assert.equal((await lookForTxt(name, token, stale.options)).present, false);
    // One server has the record itself; where the other one points to, nobody knows of it.
    const split = await world({ "192.0.2.1": alias, "192.0.2.2": zone(txt) }, twoServers);
    assert.equal((await lookForTxt(name, token, split.options)).present, false);
    // One server has no CNAME yet.
    const partial = await world({ "192.0.2.1": alias, "192.0.2.2": zone(), "192.0.2.7": proofs(token) }, rows);
    const half = await lookForTxt(name, token, partial.options);
    assert.equal(half.present, false);
    assert.deepEqual(states(half.answers), ["ns.proofs.net present", "ns2.example.com missing"]);
  });

  it("ends a loop of CNAMEs", async () => {
    const here = zone([name, "CNAME", "x.proofs.net"]);
    const there = zoneScript("proofs.net", [["x.proofs.net", "CNAME", name]]);
    const apart: Script = (question, ...rest) =>
      question.name === name ? { flags: AUTHORITATIVE_ANSWER, answers: [alias] } : here(question, ...rest);
    const alias = { type: "CNAME", name, data: "x.proofs.net" } as const;
    const back: Script = (question, ...rest) =>
      question.name === "x.proofs.net" && question.type === "TXT"
        ? { flags: AUTHORITATIVE_ANSWER, answers: [{ type: "CNAME", name: "x.proofs.net", data: name }] }
        : there(question, ...rest);
    const rows: Row[] = [...twoServers, ["proofs.net", "NS", "ns.proofs.net"], ["ns.proofs.net", "A", "192.0.2.7"]];
    const { options } = await world({ "192.0.2.1": apart, "192.0.2.2": apart, "192.0.2.7": back }, rows);
    const look = await lookForTxt(name, token, options);
    assert.deepEqual([look.present, look.blocked], [false, false]);
    assert.match(describeLook(look), /CNAMEs does not end/);
  });

  it("asks again by TCP when the reply is cut", async () => {
    const cut = truncatedOverUdp(zone(txt));
    const { options, asked } = await world({ "192.0.2.1": cut, "192.0.2.2": cut }, twoServers);
    assert.equal((await lookForTxt(name, token, options)).present, true);
    assert.ok(asked("192.0.2.1").includes(`tcp TXT ${name}`));
  });

  it("ignores replies to other questions and of other transactions", async () => {
    const answers = [{ type: "TXT", name, data: token } as const];
    const flags = AUTHORITATIVE_ANSWER;
    const otherId: Script = (question, _via, { id = 0 }) =>
      encode({ type: "response", id: id ^ 1, flags, questions: [question], answers });
    const otherName: Script = (question, _via, { id = 0 }) =>
      encode({ type: "response", id, flags, questions: [{ ...question, name: "x.example.com" }], answers });
    const otherType: Script = (question, _via, { id = 0 }) =>
      encode({ type: "response", id, flags, questions: [{ ...question, type: "CNAME" }], answers });
    const { options } = await world({ "192.0.2.1": otherId, "192.0.2.2": otherName, "192.0.2.3": otherType }, [
      ...twoServers,
      ["ns2.example.com", "A", "192.0.2.3"],
    ]);
    const look = await lookForTxt(name, token, options);
    assert.deepEqual(states(look.answers), ["ns1.example.com unreachable", "ns2.example.com unreachable"]);
    const garbage = await world({ "192.0.2.1": () => Buffer.from("garbage"), "192.0.2.2": zone(txt) }, twoServers);
    assert.equal((await lookForTxt(name, token, garbage.options)).present, true);
  });

  it("ignores packets of strangers", async () => {
    const stranger = createSocket("udp4");
    const other = createSocket("udp4");
    cleanups.push(
      async () => void stranger.close(),
      async () => void other.close(),
    );
    await new Promise<void>((resolve) => other.bind(0, "127.0.0.1", resolve));
    other.on("message", (message, { port }) => {
      const id = message.readUInt16BE(0);
      const forged = { type: "TXT", name, data: token } as const;
      const flags = AUTHORITATIVE_ANSWER;
      stranger.send(
        encode({ type: "response", id, flags, questions: [{ type: "TXT", name }], answers: [forged] }),
        port,
        "127.0.0.1",
      );
    });
    const look = await lookForTxt(name, token, { servers: [`127.0.0.1:${other.address().port}`], timeoutMs: 60 });
    assert.deepEqual([look.answers[0]?.state, look.blocked], ["unreachable", true]);
  });

  it("says so when no server can be reached", async () => {
    const { options, close } = await world({ "192.0.2.1": zone(txt), "192.0.2.2": () => "silent" }, twoServers);
    await close("192.0.2.1");
    cleanups.shift();
    const look = await lookForTxt(name, token, options);
    assert.deepEqual([look.present, look.blocked], [false, true]);
    assert.match(describeLook(look), /port 53/);

    const noResolver = await lookForTxt(name, token, { ...options, resolvers: [await closedPort()] });
    assert.deepEqual([noResolver.present, noResolver.blocked, noResolver.answers], [false, true, []]);
    assert.match(describeLook(noResolver), /No DNS resolver replied/);
  });

  it("sees through a network that answers port 53 by a resolver of its own", async () => {
    const interceptor = zoneScript("", [txt], "resolver");
    const { options } = await world({ "192.0.2.1": interceptor, "192.0.2.2": interceptor }, twoServers);
    const look = await lookForTxt(name, token, options);
    assert.deepEqual([look.present, look.blocked], [false, true]);
    assert.match(describeLook(look), /as a recursive resolver's is/);
  });

  it("tells a domain that nobody serves from a closed port", async () => {
    const { options } = await world({}, []);
    const look = await lookForTxt(name, token, options);
    assert.deepEqual([look.present, look.blocked, look.answers], [false, false, []]);
    assert.match(describeLook(look), /No name servers found for _dnsauth\.www\.example\.com/);
  });

  describe("with servers given", () => {
    const at = ({ port }: ServerAddress) => `127.0.0.1:${port}`;

    it("asks these alone, authoritative or resolvers", async () => {
      const authority = await serve(zone(txt));
      const resolver = await serve(zoneScript("", [txt], "resolver"));
      const neither = await serve(() => ({ flags: 0, answers: [{ type: "TXT", name, data: token }] }));
      const servers = [at(authority.endpoint), `localhost:${resolver.endpoint.port}`, at(neither.endpoint)];
      const look = await lookForTxt(name, token, { servers, timeoutMs: 60 });
      assert.equal(look.present, true);
      assert.deepEqual(
        look.answers.map(({ server, state }) => [server, state]),
        [
          [servers[0], "present"],
          [servers[1], "present"],
          [servers[2], "lame"],
        ],
      );
      assert.deepEqual([...new Set(authority.asked)], [`udp TXT ${name} rd`]);
    });

    it("follows a CNAME on them", async () => {
      const flags = AUTHORITATIVE_ANSWER;
      const server = await serve(({ name: asked }) =>
        asked === name
          ? { flags, answers: [{ type: "CNAME", name, data: "x.proofs.net" }] }
          : { flags, answers: [{ type: "TXT", name: "x.proofs.net", data: token }] },
      );
      const look = await lookForTxt(name, token, { servers: [at(server.endpoint)], timeoutMs: 60 });
      assert.deepEqual([look.present, look.name], [true, "x.proofs.net"]);
    });

    it("reports one that is misspelt or closed", async () => {
      const closed = await closedPort();
      const look = await lookForTxt(name, token, { servers: ["a:b:c", closed], timeoutMs: 60 });
      assert.deepEqual([look.present, look.blocked], [false, true]);
      assert.match(describeLook(look), /a:b:c cannot be reached: "a:b:c" is not host:port/);
      assert.match(describeLook(look), new RegExp(`${closed} cannot be reached: .*ECONNREFUSED`));
    });

    it("takes a failing resolver for lame", async () => {
      const failing = await serve(() => ({ flags: RECURSION_AVAILABLE | 2 }));
      const look = await lookForTxt(name, token, { servers: [at(failing.endpoint)], timeoutMs: 60 });
      assert.deepEqual([look.answers[0]?.state, look.blocked], ["lame", false]);
    });
  });

  async function closedPort(): Promise<string> {
    const server = await startDnsServer(() => "silent");
    await server.close();
    return `127.0.0.1:${server.endpoint.port}`;
  }
});
