import * as assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import type { $OpenApiUtil } from "@alicloud/openapi-core";
import { type Cloud, type CloudOptions, startCloud } from "../../../local";
import { bind, elementOf, list, put } from "../../support/call";
import { Canaries } from "../../support/canaries";
import { type Authority, createAuthority, type IssuedChain } from "../../support/certificates";
import { callOfficially, codeOf } from "../../support/officialClient";

describe("Certificate Management emulator, called by the official client", () => {
  let authority: Authority;
  let pair: IssuedChain;
  let cloud: Cloud;
  before(async () => {
    authority = await createAuthority();
    pair = await authority.issue({ names: ["www.example.com", "example.com"] });
  });
  const start = async (options: CloudOptions = {}) => {
    cloud = await startCloud({ buckets: ["site"], ...options });
  };
  afterEach(() => cloud.close());

  const send = (action: string, body: Record<string, string>, config: Partial<$OpenApiUtil.Config> = {}) =>
    callOfficially({ url: cloud.cas, version: "2020-04-07" }, action, { body }, config);

  const upload = ({ Name = "mine", Cert = pair.chain, Key = pair.privateKey } = {}) =>
    send("UploadUserCertificate", { Name, Cert, Key });

  it("uploads a chain that OSS then knows by its CertId", async () => {
    await start({ switches: { certIdsKnownOnly: true } });
    const { CertId, RequestId } = await upload();
    assert.equal(typeof CertId, "number");
    assert.match(String(RequestId), /^[0-9A-F-]{36}$/);
    await bind(cloud, "site", "www.example.com");
    const { status } = await put(cloud, "site", "www.example.com", `<CertId>${CertId}-cn-hangzhou</CertId>`);
    assert.equal(status, 200);
    const { fingerprint } = new X509Certificate(pair.certificate);
    assert.equal(elementOf(await list(cloud, "site"), "Fingerprint"), fingerprint);
  });

  it("describes and deletes what was uploaded, without its key", async () => {
    await start();
    const CertId = String((await upload()).CertId);
    const detail = await send("GetUserCertificateDetail", { CertId });
    const { fingerprint, validTo } = new X509Certificate(pair.certificate);
    assert.deepEqual(
      [detail.CertIdentifier, detail.Name, detail.Cert, detail.Sans, detail.Fingerprint, detail.NotAfter, detail.Key],
      [
        `${CertId}-cn-hangzhou`,
        "mine",
        pair.chain,
        "www.example.com,example.com",
        fingerprint.replaceAll(":", ""),
        Date.parse(validTo),
        undefined,
      ],
    );
    await send("DeleteUserCertificate", { CertId });
    assert.equal(await codeOf(send("GetUserCertificateDetail", { CertId })), "NotFound");
    assert.equal(await codeOf(send("DeleteUserCertificate", { CertId })), "NotFound");
    assert.deepEqual(cloud.state().certificates, []);
  });

  it("refuses a key of another certificate, what is not PEM, and a missing parameter", async () => {
    await start();
    const other = await authority.issue({ names: ["www.example.com"] });
    assert.equal(await codeOf(upload({ Key: other.privateKey })), "CertKeyNotMatch");
    assert.equal(await codeOf(upload({ Cert: "none" })), "InvalidCertificate");
    assert.equal(await codeOf(upload({ Name: "" })), "MissingName");
    assert.deepEqual(cloud.state().certificates, []);
  });

  it("takes the same chain again under another name only, or gives back its CertId on a switch", async () => {
    await start();
    const first = await upload();
    assert.equal(await codeOf(upload()), "NameRepeat");
    assert.notEqual((await upload({ Name: "again" })).CertId, first.CertId);
    cloud.set({ uploadsDeduplicated: true });
    assert.equal((await upload()).CertId, first.CertId);
    assert.equal(cloud.state().certificates.length, 2);
  });

  it("keeps digests of the certificate in the log, and never the key", async () => {
    await start();
    await upload();
    const [entry] = cloud.requests();
    assert.deepEqual(
      [entry?.service, entry?.operation, entry?.status, entry?.certificate],
      ["cas", "UploadUserCertificate", 200, { certificateDigest: cloud.state().certificates[0]?.digest }],
    );
    const kept = { log: JSON.stringify(cloud.requests()), state: JSON.stringify(cloud.state()) };
    new Canaries({ key: pair.privateKey }, [pair.chain]).assertAbsent(kept);
  });
});
