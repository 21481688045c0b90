import assert from "node:assert/strict";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Challenge } from "../../../../provider/acme/issue";
import { proveThroughBucket } from "../../../../provider/resources/acmeCertificate/bucketProof";
import { Run } from "../../../../provider/run";
import { FakeClock } from "../../../support/fakeClock";

const DOMAIN = "www.example.com";
const PREFIX = ".well-known/acme-challenge";
const challenge = (token = "token-1"): Challenge => ({
  name: DOMAIN,
  wildcard: false,
  token,
  value: `${token}.thumbprint`,
});

interface Refusal {
  readonly status: number;
  readonly code: string;
  readonly ec?: string;
  readonly message?: string;
}

/** The objects of one bucket, and what it has against the next requests: `PUT`, `GET`, `visit`, `DELETE`. */
class Objects {
  readonly stored = new Map<string, { readonly body: string; readonly isPublic: boolean }>();
  readonly visits: string[] = [];
  readonly refusals = new Map<string, Refusal>();
  /** What a visitor gets in place of the object. */
  page: { readonly status: number; readonly body: string; readonly headers?: Record<string, string> } | undefined;
  #server: Server | undefined;

  async start(): Promise<string> {
    const server = createServer(async (request, response) => {
      const { method = "", url = "", headers } = request;
      const body = Buffer.concat(await request.toArray()).toString();
      const isVisit = headers.authorization === undefined;
      const key = isVisit ? url.slice(1) : url.replace("/site/", "");
      const refusal = this.refusals.get(isVisit ? "visit" : method);
      const reply = (status: number, text = "") => response.writeHead(status, { "x-oss-request-id": "R1" }).end(text);
      const refuse = ({ status, code, ec = "", message = "no" }: Refusal) =>
        reply(status, `<Error><Code>${code}</Code><Message>${message}</Message><EC>${ec}</EC></Error>`);
      if (isVisit) this.visits.push(`${headers.host} ${key}`);
      if (refusal !== undefined) return refuse(refusal);
      if (isVisit && this.page) return response.writeHead(this.page.status, this.page.headers).end(this.page.body);
      const found = this.stored.get(key);
      if (method === "PUT") this.stored.set(key, { body, isPublic: headers["x-oss-object-acl"] === "public-read" });
      if (method === "DELETE") this.stored.delete(key);
      if (method !== "GET") return reply(200);
      if (found === undefined) return refuse({ status: 404, code: "NoSuchKey" });
      return isVisit && !found.isPublic ? refuse({ status: 403, code: "AccessDenied" }) : reply(200, found.body);
    });
    this.#server = server;
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  close(): void {
    this.#server?.closeAllConnections();
    this.#server?.close();
  }
}

describe("a name proven through its bucket", () => {
  let objects: Objects;
  let endpoint: string;
  const printed: string[] = [];

  beforeEach(async () => {
    objects = new Objects();
    endpoint = await objects.start();
    printed.length = 0;
  });
  afterEach(() => objects.close());

  const newRun = () => {
    const config: Record<string, string> = {
      ...{ "alicloud:accessKey": "ak", "alicloud:secretKey": "sk", "alicloud:region": "cn-hangzhou" },
      "oss-cname:endpoint": endpoint,
    };
    return new Run({
      config: { get: (key) => config[key] },
      clock: new FakeClock(),
      print: (line) => printed.push(line),
    });
  };
  const prove = (run = newRun(), of = challenge()) =>
    proveThroughBucket(run, { name: DOMAIN, bucket: run.bucket({ bucket: "site" }), isIndirect: false }, of);
  const keys = () => [...objects.stored.keys()].sort();

  it("has an object that we have read ourselves when the CA is asked, and nothing after that", async () => {
    const { undo } = await prove();
    assert.deepEqual(objects.stored.get(`${PREFIX}/token-1`), { body: "token-1.thumbprint", isPublic: true });
    assert.deepEqual(objects.visits, [`${DOMAIN} ${PREFIX}/token-1`]);
    await undo();
    assert.deepEqual(keys(), []);
  });

  it("removes what an earlier order has left behind because it was killed", async () => {
    await prove();
    const { undo } = await prove(newRun(), challenge("token-2"));
    assert.ok(!objects.stored.has(`${PREFIX}/token-1`));
    await undo();
    assert.deepEqual(keys(), []);
  });

  it("removes it also where the kill came between the note and the object", async () => {
    objects.stored.set(`${PREFIX}/oss-cname.${DOMAIN}`, { body: `${PREFIX}/gone`, isPublic: false });
    await (await prove()).undo();
    assert.deepEqual(keys(), []);
  });

  it("leaves an order of the same process alone, and everything outside its prefix", async () => {
    const run = newRun();
    const first = await prove(run);
    const second = await prove(run, challenge("token-2"));
    assert.ok(objects.stored.has(`${PREFIX}/token-1`));
    await first.undo();
    await second.undo();
    objects.stored.set("index.html", { body: "", isPublic: true });
    objects.stored.set(`${PREFIX}/oss-cname.${DOMAIN}`, { body: "index.html", isPublic: false });
    await (await prove()).undo();
    assert.deepEqual(keys(), ["index.html"]);
  });

  const visitors = `http://${DOMAIN}/${PREFIX}/token-1 was put into bucket site, but a visitor cannot read it`;
  for (const [what, at, refusal, message] of [
    [
      "Block Public Access, when the object is put",
      "PUT",
      { status: 403, code: "AccessDenied", message: "Put public object acl is not allowed" },
      /PutObject .* failed: AccessDenied.*Next: turn Block Public Access off.*dns-01/,
    ],
    [
      "Block Public Access, when it is read",
      "visit",
      { status: 403, code: "AccessDenied", message: "You have no right to access this object because of bucket acl." },
      /Next: turn Block Public Access off, of the bucket and of the account, or prove the domain by dns-01/,
    ],
    [
      "a policy against plain http",
      "visit",
      { status: 403, code: "AccessDenied", ec: "0003-00000201", message: "denied by bucket policy" },
      new RegExp(
        `${visitors}: AccessDenied, HTTP 403, EC 0003-00000201, request R1: .*Next: let the bucket's policy.*acs:SecureTransport`,
      ),
    ],
    [
      "a refusal that says nothing",
      "visit",
      { status: 403, code: "AccessDenied" },
      /Next: turn Block Public Access off.*, let the bucket's policy.*, or prove the domain by dns-01/,
    ],
    [
      "the public endpoint that new accounts may not use",
      "PUT",
      { status: 400, code: "PublicEndpointForbidden", ec: "0048-00000401" },
      /EC 0048-00000401.*Next: OSS takes no objects of this account at the public endpoint.*internal endpoint.*dns-01/,
    ],
    [
      "a missing permission",
      "PUT",
      { status: 403, code: "AccessDenied" },
      /allow the action oss:PutObject on acs:oss.*site\/\.well-known/,
    ],
    ["another bucket", "visit", { status: 404, code: "NoSuchKey" }, /see whether the domain leads to another bucket/],
  ] as const)
    it(`explains ${what}, and removes what was put`, async () => {
      objects.refusals.set(at, refusal);
      await assert.rejects(prove(), message);
      assert.deepEqual(keys(), []);
    });

  it("explains another content, and a redirect", async () => {
    objects.page = { status: 200, body: "<html>" };
    await assert.rejects(prove(), /a visitor cannot read it: the reply has another content\. Next: see what answers/);
    objects.page = { status: 301, body: "", headers: { location: "https://www.example.com/" } };
    await assert.rejects(prove(), /redirects to https:\/\/www\.example\.com\/.*be served over http without a redirect/);
    assert.deepEqual(keys(), []);
  });

  it("asks the CA where we get no reply at all, and says so", async () => {
    const run = newRun();
    const { http } = run;
    const exchange = http.exchange.bind(http);
    http.exchange = (request) =>
      exchange(request.headers?.authorization ? request : { ...request, origin: "http://127.0.0.1:1" });
    const { undo } = await prove(run);
    assert.match(printed.join("\n"), /cannot be fetched from here \(ECONNREFUSED.*\); the CA is asked all the same/);
    await undo();
    assert.deepEqual(keys(), []);
  });

  it("does not fail where only the removal does: it says so, and the next order removes it", async () => {
    const { undo } = await prove();
    objects.refusals.set("DELETE", { status: 403, code: "AccessDenied" });
    await undo();
    assert.match(printed.join("\n"), /token-1 of bucket site could not be removed: DeleteObject .*AccessDenied/);
    objects.refusals.clear();
    await (await prove(newRun(), challenge("token-2"))).undo();
    assert.deepEqual(keys(), []);
  });
});
