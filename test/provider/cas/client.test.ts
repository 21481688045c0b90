import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { type Cloud, type Fault, startCloud } from "../../../local";
import { Cancelled } from "../../../provider/cancellation";
import { CasClient, siteOf } from "../../../provider/cas/client";
import { isCasError } from "../../../provider/cas/error";
import { HttpClient } from "../../../provider/http";
import { Pace } from "../../../provider/pace";
import { Canaries } from "../../support/canaries";
import { type Authority, createAuthority } from "../../support/certificates";
import { FakeClock } from "../../support/fakeClock";
import { failure, type Step, text, useScriptedServers } from "../../support/scriptedServer";

describe("CasClient", () => {
  let authority: Authority;
  let cloud: Cloud;
  let cas: CasClient;
  let upload: Parameters<CasClient["upload"]>[0];
  before(async () => {
    authority = await createAuthority();
  });
  beforeEach(async () => {
    const clock = new FakeClock();
    cloud = await startCloud({ now: () => new Date(clock.now()) });
    cas = clientOf(clock, () => cloud.cas);
    const { chain, privateKey, certificate } = await authority.issue({ names: ["*.example.com", "example.com"] });
    const { fingerprint } = new X509Certificate(certificate);
    upload = { name: "mine", certificate: chain, privateKey, fingerprint };
  });
  afterEach(() => cloud.close());

  const scripted = useScriptedServers();
  const clientOf = (clock: FakeClock, endpoint: () => string, http = new HttpClient()) =>
    new CasClient({
      endpoint,
      clock,
      http,
      pace: new Pace(clock),
      credentials: async () => ({ accessKeyId: "ak", accessKeySecret: "sk" }),
      allowHttp: () => false,
    });
  const sent = () => cloud.requests().map(({ operation }) => operation);
  const kept = () => cloud.state().certificates.map(({ certId }) => certId);
  const lost: Partial<Fault> = { reset: true, after: true };

  it("uploads once, describes and deletes, and knows nothing of what is gone", async () => {
    const certId = await cas.upload(upload);
    assert.deepEqual(kept(), [certId]);
    assert.match(certId, /^\d+-cn-hangzhou$/);
    const { name, certificate, fingerprint } = upload;
    assert.deepEqual(await cas.describe(certId), { name, certificate, fingerprint });
    await cas.delete(certId);
    assert.deepEqual(kept(), []);
    await cas.delete(certId);
    assert.equal(await cas.describe(certId), undefined);
  });

  it("knows the site of an endpoint", () => {
    const sites = ["cas.aliyuncs.com", "cas.ap-southeast-1.aliyuncs.com", "127.0.0.1"].map(siteOf);
    assert.deepEqual(sites, ["cn-hangzhou", "ap-southeast-1", "cn-hangzhou"]);
  });

  it("deletes nothing that the service keeps, and says so", async () => {
    const certId = await cas.upload(upload);
    cloud.fail({ operation: "DeleteUserCertificate", status: 400, code: "CertIsUsed" });
    await assert.rejects(cas.delete(certId), /DeleteUserCertificate for certificate .+ failed: CertIsUsed/);
    assert.deepEqual(kept(), [certId]);
  });

  for (const [what, fault] of Object.entries<Partial<Fault>>({
    "a lost reply": lost,
    "a reply that breaks off": { cutBody: true, after: true },
    "an internal error after the fact": { status: 500, code: "InternalError", after: true },
    "a success that is not the service's": { body: "<html>", after: true },
  }))
    it(`finds what it has uploaded after ${what}`, async () => {
      cloud.fail({ operation: "UploadUserCertificate", ...fault });
      const certId = await cas.upload(upload);
      assert.deepEqual(kept(), [certId]);
      assert.deepEqual(sent(), ["UploadUserCertificate", "ListUserCertificateOrder"]);
    });

  it("uploads again what a lost request has not uploaded", async () => {
    cloud.fail({ operation: "UploadUserCertificate", reset: true });
    assert.deepEqual([await cas.upload(upload)], kept());
    assert.deepEqual(sent(), ["UploadUserCertificate", "ListUserCertificateOrder", "UploadUserCertificate"]);
  });

  it("looks once more after the last attempt", async () => {
    cloud.fail({ operation: "UploadUserCertificate", reset: true, times: 5 });
    cloud.fail({ operation: "UploadUserCertificate", ...lost });
    assert.deepEqual([await cas.upload(upload)], kept());
    assert.deepEqual(sent().slice(-2), ["UploadUserCertificate", "ListUserCertificateOrder"]);
  });

  it("finds it among many certificates for the same domain", async () => {
    for (let number = 0; number < 60; number++) {
      const other = await authority.issue({ names: ["example.com"] });
      const { fingerprint } = new X509Certificate(other.certificate);
      await cas.upload({ ...other, certificate: other.chain, name: `other_${number}`, fingerprint });
    }
    cloud.fail({ operation: "UploadUserCertificate", ...lost });
    assert.equal(await cas.upload(upload), kept().at(-1));
    assert.equal(kept().length, 61);
  });

  it("takes the certificate that has the name already for its own, unless it is another", async () => {
    const certId = await cas.upload(upload);
    assert.equal(await cas.upload(upload), certId);
    const other = await authority.issue({ names: ["example.com"] });
    const { fingerprint } = new X509Certificate(other.certificate);
    const another = { ...upload, ...other, certificate: other.chain, fingerprint };
    await assert.rejects(cas.upload(another), /UploadUserCertificate for certificate mine failed: NameRepeat .*Next: /);
    assert.deepEqual(kept(), [certId]);
  });

  it("neither looks nor uploads again once it is cancelled", async () => {
    const controller = new AbortController();
    const clock = new FakeClock();
    const client = clientOf(clock, () => cloud.cas, new HttpClient({ signal: controller.signal }));
    cloud.fail({ operation: "UploadUserCertificate", delayMs: 60_000 });
    const uploading = failure(client.upload(upload));
    while (sent().length === 0) await new Promise(setImmediate);
    controller.abort(new Cancelled());
    assert.match(String(await uploading), /^Cancelled: UploadUserCertificate for certificate mine .* may have been/);
    assert.deepEqual(sent(), ["UploadUserCertificate"]);
  });

  it("says that an upload is uncertain where it may not look", async () => {
    cloud.fail({ operation: "UploadUserCertificate", ...lost });
    cloud.fail({ operation: "ListUserCertificateOrder", status: 403, code: "Forbidden.RAM" });
    await assert.rejects(cas.upload(upload), (error) => {
      assert.ok(isCasError(error) && error.maybeDone);
      assert.match(error.message, /certificate mine did not reach .* not known: ListUser.* yundun-cert:ListUser/s);
      return true;
    });
    assert.equal(kept().length, 1);
  });

  it("names the action that is not allowed, and does not ask again", async () => {
    cloud.fail({ operation: "UploadUserCertificate", status: 403, code: "NoPermission" });
    await assert.rejects(cas.upload(upload), /NoPermission \(HTTP 403, request .* yundun-cert:UploadUserCertificate/);
    assert.deepEqual(sent(), ["UploadUserCertificate"]);
  });

  it("waits where there are too many requests", async () => {
    cloud.fail({ operation: "*", status: 400, code: "Throttling.User", times: 3 });
    assert.deepEqual([await cas.upload(upload)], kept());
    assert.equal(sent().length, 4);
  });

  it("keeps the key in the body of the request and out of every error", async () => {
    const said = [(key: string) => key, encodeURIComponent, (key: string) => key.replaceAll("\n", " ")];
    const { endpoint, received } = await scripted(
      ...said.map(
        (say): Step =>
          (response, { body }) => {
            const message = `bad key ${say(new URLSearchParams(body).get("Key") ?? "")}`;
            response.writeHead(400).end(JSON.stringify({ Code: "Bad", Message: message }));
          },
      ),
    );
    const client = clientOf(new FakeClock(), () => endpoint);
    const secret = new Canaries({ key: upload.privateKey }, [upload.certificate]);
    for (const _ of said) {
      const error = (await failure(client.upload(upload))) as Error;
      assert.match(error.message, /failed: Bad/);
      secret.assertAbsent({ error: `${error.stack}${JSON.stringify(error)}` });
    }
    for (const { target, headers, body } of received) {
      secret.assertAbsent({ target, headers: JSON.stringify(headers) });
      assert.equal(new URLSearchParams(body).get("Key"), upload.privateKey);
    }
  });

  it("takes nothing for a CertId that is none", async () => {
    const { endpoint } = await scripted(
      ...Array.from({ length: 12 }, () => text(200, '{"CertId":"../x","CertificateOrderList":[]}')),
    );
    const client = clientOf(new FakeClock(), () => endpoint);
    await assert.rejects(client.upload(upload), /no CertId in it.*oss-cname:casEndpoint/);
  });
});
