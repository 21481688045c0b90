import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { type Cloud, startCloud } from "../../../local";
import { siteOf } from "../../../provider/cas/client";
import { CasError } from "../../../provider/cas/error";
import { Run } from "../../../provider/run";
import { Canaries } from "../../support/canaries";
import { createAuthority, type IssuedChain } from "../../support/certificates";
import { FakeClock } from "../../support/fakeClock";

describe("client of Certificate Management", () => {
  let pair: IssuedChain;
  let fingerprint: string;
  let cloud: Cloud;
  before(async () => {
    pair = await (await createAuthority()).issue({ names: ["www.example.com"] });
    fingerprint = new X509Certificate(pair.certificate).fingerprint;
  });
  beforeEach(async () => {
    cloud = await startCloud({ buckets: ["site"] });
  });
  afterEach(() => cloud.close());

  const cas = () => {
    const config: Readonly<Record<string, string>> = cloud.config;
    return new Run({ config: { get: (key) => config[key] }, clock: new FakeClock() }).cas;
  };
  const upload = (name = "mine") =>
    cas().upload({ name, certificate: pair.chain, privateKey: pair.privateKey, fingerprint });
  const operations = () => cloud.requests().map(({ operation }) => operation);
  const stored = () => cloud.state().certificates.map(({ certId, name }) => [certId, name]);

  it("uploads a pair, and names it as OSS does", async () => {
    const certId = await upload();
    assert.deepEqual([stored(), operations()], [[[certId, "mine"]], ["UploadUserCertificate"]]);
    assert.match(certId, /^\d+-cn-hangzhou$/);
  });

  it("knows the site of an endpoint", () => {
    const sites = ["cas.aliyuncs.com", "cas.ap-southeast-1.aliyuncs.com", "127.0.0.1"].map(siteOf);
    assert.deepEqual(sites, ["cn-hangzhou", "ap-southeast-1", "cn-hangzhou"]);
  });

  it("uploads once although the reply is lost", async () => {
    cloud.fail({ operation: "UploadUserCertificate", reset: true, after: true });
    const certId = await upload();
    assert.deepEqual(stored(), [[certId, "mine"]]);
    assert.deepEqual(operations(), ["UploadUserCertificate", "ListUserCertificateOrder"]);
  });

  it("uploads again where nothing of the first attempt is there", async () => {
    cloud.fail({ operation: "UploadUserCertificate", reset: true });
    const certId = await upload();
    assert.deepEqual(stored(), [[certId, "mine"]]);
    assert.deepEqual(operations(), ["UploadUserCertificate", "ListUserCertificateOrder", "UploadUserCertificate"]);
  });

  it("takes what has its name for its own only if it is the same certificate", async () => {
    const certId = await upload();
    assert.equal(await upload(), certId);
    const other = await (await createAuthority()).issue({ names: ["www.example.com"] });
    await assert.rejects(
      cas().upload({
        ...{ name: "mine", certificate: other.chain, privateKey: other.privateKey },
        fingerprint: new X509Certificate(other.certificate).fingerprint,
      }),
      /UploadUserCertificate for certificate mine failed: NameRepeat \(HTTP 400, request .+\)/,
    );
    assert.deepEqual(stored(), [[certId, "mine"]]);
  });

  it("waits while the service has too many requests", async () => {
    cloud.fail({ operation: "UploadUserCertificate", status: 503, code: "Throttling.User", times: 2 });
    const certId = await upload();
    assert.deepEqual(stored(), [[certId, "mine"]]);
  });

  it("names the action that is not allowed", async () => {
    cloud.fail({ operation: "UploadUserCertificate", status: 403, code: "NoPermission" });
    const error = await upload().catch((error: unknown) => error);
    assert.ok(error instanceof CasError && error.isRefusedPermission);
    assert.match(error.message, /NoPermission .*Next: allow the action yundun-cert:UploadUserCertificate/);
  });

  it("deletes, and what is gone already counts as deleted", async () => {
    const certId = await upload();
    await cas().delete(certId);
    assert.deepEqual(stored(), []);
    await cas().delete(certId);
    cloud.fail({ operation: "DeleteUserCertificate", status: 400, code: "CertIsUsed" });
    await assert.rejects(cas().delete(certId), /DeleteUserCertificate for certificate .+ failed: CertIsUsed/);
  });

  it("repeats nothing of the private key that the service says", async () => {
    const secret = new Canaries({ privateKey: pair.privateKey }, [pair.chain]);
    for (const said of [pair.privateKey, encodeURIComponent(pair.privateKey), pair.privateKey.replaceAll("\n", " ")]) {
      cloud.fail({ operation: "UploadUserCertificate", status: 400, code: "Invalid", message: `bad key ${said}` });
      const { message, stack = "" } = await upload().then(assert.fail, (error: Error) => error);
      secret.assertAbsent({ message, stack, log: JSON.stringify(cloud.requests()) });
    }
  });
});
