import assert from "node:assert/strict";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { AlidnsClient } from "../../../provider/alidns/client";
import { isAlidnsError } from "../../../provider/alidns/error";
import { FakeClock } from "../../support/fakeClock";

describe("AlidnsClient", () => {
  let waited: number;
  let server: Server;
  let requests: IncomingMessage[];
  let replies: { status: number; body: string }[];
  let alidns: AlidnsClient;

  beforeEach(async () => {
    requests = [];
    replies = [];
    waited = 0;
    server = createServer((request, response) => {
      requests.push(request);
      const { status, body } = replies.shift() ?? { status: 500, body: "{}" };
      response.writeHead(status, { "content-type": "application/json" }).end(body);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const endpoint = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const credentials = async () => ({ accessKeyId: "ak", accessKeySecret: "sk", securityToken: "token" });
    const clock = new FakeClock((milliseconds) => {
      waited += milliseconds;
    });
    alidns = new AlidnsClient({ endpoint, credentials, clock });
  });
  afterEach(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  const reply = (body: object, status = 200) => replies.push({ status, body: JSON.stringify(body) });
  const query = (index: number) => new URL(requests[index]?.url ?? "", "http://x").searchParams;

  it("lists zones page by page, by their ASCII names, signing with the token", async () => {
    reply({
      TotalCount: 3,
      Domains: { Domain: [{ DomainName: "a.com" }, { DomainName: "b.com", PunyCode: "b.com" }] },
    });
    reply({ TotalCount: 3, Domains: { Domain: [{ DomainName: "例子.com", PunyCode: "xn--fsqu00a.com" }] } });
    assert.deepEqual(await alidns.listZones(), ["a.com", "b.com", "xn--fsqu00a.com"]);
    assert.deepEqual(
      requests.map(({ headers }) => [
        headers["x-acs-action"],
        headers["x-acs-version"],
        headers["x-acs-security-token"],
      ]),
      [
        ["DescribeDomains", "2015-01-09", "token"],
        ["DescribeDomains", "2015-01-09", "token"],
      ],
    );
    assert.match(requests[0]?.headers.authorization ?? "", /^ACS3-HMAC-SHA256 Credential=ak,.*x-acs-security-token/);
    assert.deepEqual([query(0).get("PageNumber"), query(1).get("PageNumber")], ["1", "2"]);
  });

  it("reads lines, times and paused records, and CNAME targets without their dot", async () => {
    const record = { RR: "www", Type: "CNAME", Value: "X.example.net.", TTL: 600 };
    const others = [
      { ...record, RecordId: "1", Line: "telecom", Status: "DISABLE" },
      { ...record, RecordId: 2, CreateTimestamp: 5 },
      { ...record, RecordId: "4", CreateTimestamp: 5, UpdateTimestamp: 7 },
      { ...record, RecordId: "3", RR: "www2" },
    ];
    reply({ TotalCount: 4, DomainRecords: { Record: others } });
    const content = { rr: "www", type: "CNAME", value: "x.example.net", ttl: 600 };
    assert.deepEqual(await alidns.findRecords("example.com", "www"), [
      { ...content, recordId: "1", line: "telecom", enabled: false, changedAt: 0 },
      { ...content, recordId: "2", line: "default", enabled: true, changedAt: 5 },
      { ...content, recordId: "4", line: "default", enabled: true, changedAt: 7 },
    ]);
  });

  it("gives up after half a minute of refusals, with the last one", async () => {
    for (let i = 0; i < 20; i++) reply({ Code: "Throttling.User", Message: "slow down", RequestId: `r${i}` }, 400);
    await assert.rejects(alidns.listZones(), (error) => {
      assert.ok(isAlidnsError(error, "Throttling.User"));
      assert.match(error.message, /request r9/);
      assert.deepEqual([error.status, error.maybeDone], [400, false]);
      return true;
    });
    // Half a minute each for the pauses of this call and those of all requests, which pass together.
    assert.ok(waited > 40_000 && waited < 90_000, String(waited));
  });

  it("repeats a call whose reply is not JSON", async () => {
    replies.push({ status: 502, body: "<html>" });
    reply({ TotalCount: 0, Domains: { Domain: [] } });
    assert.deepEqual(await alidns.listZones(), []);
  });

  it("repeats only the first line of what the service says", async () => {
    reply({ Code: "SignatureDoesNotMatch", Message: "It is not ours. Server string to sign: ACS3\nPOST\n/" }, 400);
    await assert.rejects(alidns.listZones(), ({ message }: Error) => {
      assert.match(message, /It is not ours.* Next: check the access key/);
      assert.doesNotMatch(message, /POST/);
      return true;
    });
  });

  it("lists the zones again after a failure", async () => {
    reply({ Code: "Forbidden.RAM", RequestId: "r" }, 403);
    reply({ TotalCount: 1, Domains: { Domain: [{ DomainName: "a.com" }] } });
    await assert.rejects(alidns.findZone("www.a.com"), /Forbidden\.RAM \(HTTP 403, request r\)/);
    assert.equal(await alidns.findZone("www.a.com"), "a.com");
  });

  describe("takes for an error and not for a success", () => {
    const record = { rr: "www", type: "TXT", value: "x", ttl: 600 };

    it("a reply to AddDomainRecord without a RecordId", async () => {
      reply({});
      await assert.rejects(
        alidns.addRecord("example.com", record),
        /no RecordId.* Next: check oss-cname:alidnsEndpoint/,
      );
    });

    it("a redirect", async () => {
      reply({}, 302);
      await assert.rejects(alidns.addRecord("example.com", record), /HTTP 302/);
    });

    it("a page in place of JSON", async () => {
      replies.push({ status: 200, body: "<html>Sign in</html>" });
      await assert.rejects(alidns.addRecord("example.com", record), /AddDomainRecord .*: it is not JSON/);
    });

    it("a list without its length", async () => {
      reply({ DomainRecords: { Record: [{ RecordId: "1", RR: "www", Type: "TXT", Value: "x", TTL: 600 }] } });
      await assert.rejects(alidns.findRecords("example.com", "www"), /there is no list in it/);
    });

    it("a list that never ends, after a hundred pages", async () => {
      for (let page = 0; page < 200; page++) reply({ TotalCount: 1e9, Domains: { Domain: [{ DomainName: "a.com" }] } });
      await assert.rejects(alidns.listZones(), /more than 100 pages/);
      assert.equal(requests.length, 100);
    });
  });
});
