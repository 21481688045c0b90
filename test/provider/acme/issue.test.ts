import "reflect-metadata";
import assert from "node:assert/strict";
import { createPrivateKey, generateKeyPairSync, webcrypto, X509Certificate } from "node:crypto";
import * as x509 from "@peculiar/x509";
import { type Cloud, type Fault, startCloud } from "../../../local";
import { AcmeClient } from "../../../provider/acme/client";
import { isAcmeError } from "../../../provider/acme/error";
import { type Challenge, issueCertificate, type Order } from "../../../provider/acme/issue";
import { fetchRenewalInfo } from "../../../provider/acme/renewalInfo";
import { Cancelled } from "../../../provider/cancellation";
import { HttpClient, type HttpReply, type HttpRequest } from "../../../provider/http";
import { Canaries } from "../../support/canaries";
import { createAuthority } from "../../support/certificates";
import { FakeClock } from "../../support/fakeClock";
import { failure } from "../../support/scriptedServer";

describe("ordering a certificate", () => {
  let cloud: Cloud;
  let clock: FakeClock;
  let http: Wire;
  let client: AcmeClient;
  let sleeps: number[];
  const { privateKey: accountKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  beforeEach(async () => {
    sleeps = [];
    clock = new FakeClock((milliseconds) => void sleeps.push(milliseconds));
    cloud = await startCloud({ now: () => new Date(clock.now()) });
    http = new Wire();
    client = newClient();
    await client.register({});
    cloud.forgetRequests();
    client = newClient();
  });
  afterEach(() => cloud.close());

  const newClient = (directory = cloud.acme.directory) =>
    new AcmeClient({ directory, http, clock, accountKey: async () => accountKey, allowHttp: () => false });
  const prove: Order["prove"] = async ({ name, value }) => {
    const record = { name: `_acme-challenge.${name}`, type: "TXT", value };
    cloud.addRecord(record);
    return { undo: async () => void cloud.removeRecords(record) };
  };
  const issue = (changes: Partial<Order> = {}) =>
    issueCertificate(client, {
      names: ["www.example.com"],
      keyType: "P-256",
      challengeType: "dns-01",
      prove,
      ...changes,
    });
  const sent = (operation: string) => cloud.requests().filter((entry) => entry.operation === operation);

  describe("survives, at every request,", () => {
    const requests = [
      ...["directory", "newNonce", "newAccount", "newOrder", "authorization"],
      ...["challenge", "order", "finalize", "certificate"],
    ];
    const faults: Readonly<Record<string, Partial<Fault>>> = {
      "a lost request": { reset: true },
      "a lost reply": { reset: true, after: true },
      "a reply that breaks off": { cutBody: true, after: true },
      "an internal error": { status: 500 },
      "an internal error after the fact": { status: 500, after: true },
      "a service that is not available": { status: 503, retryAfter: 3 },
      "a page of something on the way": { body: "<html>", fromProxy: true },
    };
    for (const [what, fault] of Object.entries(faults))
      it(what, async () => {
        for (const operation of requests) {
          // newNonce has no body that could be wrong.
          if (operation === "newNonce" && (fault.cutBody || fault.body)) continue;
          client = newClient();
          cloud.forgetRequests();
          cloud.fail({ operation, ...fault });
          const { certificate, privateKey } = await issue();
          assert.ok(new X509Certificate(certificate).checkPrivateKey(createPrivateKey(privateKey)), operation);
          assert.deepEqual(cloud.faults, [], operation);
          assert.deepEqual(cloud.state().records, [], operation);
          // What was lost after the CA had it must not be ordered twice.
          const valid = sent("finalize").filter(({ code }) => code === null || code === "InternalError");
          assert.ok(valid.length <= 2, operation);
        }
      });
  });

  it("goes on where the CA does not take a response twice whose reply was lost, and only there", async () => {
    cloud.fail({ operation: "challenge", reset: true, after: true });
    cloud.fail({ operation: "challenge", status: 400, code: "malformed" });
    await issue();
    cloud.fail({ operation: "challenge", status: 400, code: "malformed", message: "what is this" });
    await assert.rejects(issue(), /challenge for www\.example\.com failed .*malformed: what is this/);
  });

  it("takes the proof away after every failure, and the first failure is what is told", async () => {
    for (const operation of ["challenge", "authorization"]) {
      let proven = 0;
      await assert.rejects(
        issue({
          prove: async (challenge) => {
            proven++;
            cloud.fail({ operation, status: 403, code: "userActionRequired", message: `no ${operation}` });
            return prove(challenge);
          },
        }),
        new RegExp(`userActionRequired: no ${operation} .*Next: agree to the new terms`),
      );
      assert.deepEqual([proven, cloud.state().records], [1, []]);
    }
    assert.deepEqual(sent("finalize"), []);
  });

  it("takes away the proof of every name although one cannot be proven", async () => {
    const names = ["a.example.com", "b.example.com", "c.example.com"];
    const lying = (challenge: Challenge) =>
      challenge.name.startsWith("b") ? Promise.reject(new Error("no such zone")) : prove(challenge);
    await assert.rejects(issue({ names, prove: lying }), /^Error: no such zone$/);
    assert.deepEqual([cloud.state().records, sent("challenge").length, sent("finalize").length], [[], 2, 0]);
  });

  it("tells of each name that failed, and of what could not be taken away", async () => {
    const names = ["a.example.com", "b.example.com"];
    const error = await failure(
      issue({
        names,
        prove: async () => ({ undo: () => Promise.reject(new Error("the record is locked")) }),
      }),
    );
    assert.match(
      String(error),
      /a\.example\.com by dns-01 failed .* taken away: the record is locked\.\n.*b\.example\.com by dns-01 failed .*locked/,
    );
  });

  it("uses what a killed order has proven", async () => {
    cloud.set({ acmeReusesAuthorizations: true });
    cloud.fail({ operation: "finalize", status: 403, code: "rejectedIdentifier" });
    await assert.rejects(issue(), /rejectedIdentifier/);
    client = newClient();
    await issue({ prove: () => assert.fail("it is proven") });
  });

  it("tells until when the CA refuses, and does not ask again", async () => {
    cloud.fail({ operation: "newOrder", status: 429, code: "rateLimited", retryAfter: 86_400 });
    const until = new Date(clock.now() + 86_400_000).toISOString();
    const error = await failure(issue());
    assert.ok(isAcmeError(error, "rateLimited") && error.retryAfterMs === 86_400_000);
    assert.ok(error.message.includes(`HTTP 429; try again after ${until}`), error.message);
    assert.match(error.message, /Next: wait until/);
    assert.deepEqual([sent("newOrder").length, sleeps], [1, []]);
  });

  it("waits as long as the CA asks, for a refusal and for a result", async () => {
    cloud.fail({ operation: "newOrder", status: 429, code: "rateLimited", retryAfter: 50 });
    await issue();
    assert.deepEqual(sleeps, [50_000]);
    cloud.set({ acmePolls: 3 });
    cloud.fail({ operation: "order", retryAfter: 90, times: 9 });
    sleeps.length = 0;
    await issue();
    assert.ok(sleeps.includes(90_000), String(sleeps));
  });

  it("gives up after ten minutes, and takes the proof away", async () => {
    cloud.set({ acmePolls: 1_000_000 });
    await assert.rejects(issue(), /www\.example\.com is still pending at the CA .* Next: run `pulumi up` again later/);
    const waited = sleeps.reduce((sum, each) => sum + each, 0);
    assert.ok(waited >= 600_000 && waited < 630_000, String(waited));
    assert.deepEqual(cloud.state().records, []);
  });

  it("orders without what it replaces where the CA does not take that, and where it has no renewal information", async () => {
    for (const [status, code, times] of [
      [409, "alreadyReplaced", 1],
      [403, "unauthorized", 1],
      [404, "malformed", 1],
      [500, "InternalError", 5],
    ] as const) {
      cloud.forgetRequests();
      cloud.fail({ operation: "newOrder", status, code, times });
      await issue({ replaces: "AAAA.AAAA" });
      assert.equal(sent("newOrder").length, times + 1);
    }
    cloud.set({ acmeRenewalInfo: false });
    cloud.forgetRequests();
    client = newClient();
    await issue({ replaces: "AAAA.AAAA" });
    assert.deepEqual(
      sent("newOrder").map(({ code }) => code),
      [null],
    );
  });

  describe("gives out no certificate", () => {
    it("of another key", async () => {
      const { chain } = await (await createAuthority()).issue({ names: ["www.example.com"] });
      cloud.fail({ operation: "certificate", body: chain, after: true });
      await assert.rejects(issue(), /issued for www\.example\.com does not belong to any certificate of the chain/);
    });

    it("that lacks a name", async () => {
      http.onFinalize = async (request) => {
        cloud.fail({ operation: "certificate", body: await certify(request, "example.com"), after: true });
      };
      const names = ["example.com", "www.example.com"];
      await assert.rejects(issue({ names }), /does not cover www\.example\.com; it is for example\.com/);
      assert.ok((await issue({ names: ["example.com"] })).certificate);
    });
  });

  it("asks a CA that cannot be reached for renewal information once, and sleeps never", async () => {
    cloud.fail({ operation: "*", status: 503, times: 9 });
    await assert.rejects(fetchRenewalInfo(client, "AAAA.AAAA"), /the directory failed at the CA .*HTTP 503/);
    assert.deepEqual([cloud.requests().length, sleeps], [1, []]);
    cloud.clearFaults();
    cloud.fail({ operation: "renewalInfo", reset: true });
    await assert.rejects(fetchRenewalInfo(client, "AAAA.AAAA"), /renewalInfo did not reach the CA/);
    assert.deepEqual([sent("renewalInfo").length, sleeps], [1, []]);
  });

  it("asks nothing more once it is cancelled, and takes the proof away", async () => {
    const { signal, cancel } = cancellable();
    http = new Wire({ signal });
    client = newClient();
    const cancelling: Order["prove"] = (challenge) => {
      cancel();
      return prove(challenge);
    };
    await assert.rejects(
      issue({ prove: cancelling }),
      /^Cancelled: challenge for www\.example\.com at the CA .*cancelled/,
    );
    assert.deepEqual([sent("challenge"), sleeps, cloud.state().records], [[], [], []]);
  });

  it("has at most ten requests under way", async () => {
    await issue({ names: Array.from({ length: 40 }, (_, index) => `n${index}.example.com`) });
    assert.ok(http.most > 5 && http.most <= 10, String(http.most));
  });

  it("sends a key to nobody, and tells it to nobody", async () => {
    const errors: string[] = [];
    const { certificate, privateKey } = await issue();
    for (const operation of ["newOrder", "challenge", "finalize", "certificate"]) {
      cloud.fail({ operation, status: 403, code: "unauthorized" });
      const error = (await failure(issue())) as Error;
      errors.push(`${error.stack}${JSON.stringify(error)}`);
    }
    const { d = "" } = accountKey.export({ format: "jwk" });
    const account = accountKey.export({ type: "pkcs8", format: "pem" }).toString();
    const open = [certificate, JSON.stringify(accountKey.export({ format: "jwk" }), ["x", "y"])];
    const bodies = http.requests.map(({ body = "" }) => {
      const { payload = "", protected: header = "" } = body === "" || body === null ? {} : JSON.parse(body);
      return [payload, header].map(decoded).join(" ");
    });
    new Canaries({ account, d, privateKey }, open).assertAbsent({
      errors: errors.join("\n"),
      urls: http.requests.map(({ path }) => path).join("\n"),
      headers: JSON.stringify(http.requests.map(({ headers }) => headers)),
      bodies: bodies.join("\n"),
      raw: http.requests.map(({ body }) => body).join("\n"),
      log: JSON.stringify(cloud.requests()),
    });
  });
});

/** Sees all that is sent, and how much of it at once. */
class Wire extends HttpClient {
  readonly requests: HttpRequest[] = [];
  most = 0;
  /** Gets each request for a certificate, DER. */
  onFinalize: (request: Buffer) => Promise<void> = async () => {};
  #underWay = 0;

  override async exchange(request: HttpRequest): Promise<HttpReply> {
    this.requests.push(request);
    const { payload } = request.path.startsWith("/finalize/") ? JSON.parse(request.body ?? "") : {};
    if (payload) await this.onFinalize(Buffer.from(JSON.parse(decoded(payload)).csr, "base64url"));
    this.most = Math.max(this.most, ++this.#underWay);
    try {
      return await super.exchange(request);
    } finally {
      this.#underWay--;
    }
  }
}

/** A certificate for the key of a request, and for one name whatever it asks for. */
async function certify(request: Buffer, name: string): Promise<string> {
  const { publicKey } = new x509.Pkcs10CertificateRequest(request);
  const signingAlgorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
  const { privateKey } = await webcrypto.subtle.generateKey(signingAlgorithm, false, ["sign", "verify"]);
  const extensions = [new x509.SubjectAlternativeNameExtension([{ type: "dns", value: name }])];
  const certificate = await x509.X509CertificateGenerator.create({
    ...{ subject: `CN=${name}`, issuer: "CN=Test", publicKey, signingKey: privateKey, signingAlgorithm, extensions },
    notAfter: new Date(Date.now() + 86_400_000),
  });
  return certificate.toString("pem");
}

function cancellable() {
  const controller = new AbortController();
  return { signal: controller.signal, cancel: () => controller.abort(new Cancelled()) };
}

function decoded(part: string): string {
  return Buffer.from(part, "base64url").toString("latin1");
}
