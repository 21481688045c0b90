import * as assert from "node:assert/strict";
import { type Cloud, type CloudOptions, startCloud } from "../../../../local";
import { bind, createToken, elementOf, put, type Reply } from "../../../support/call";
import { recordedPair } from "../../../support/recordedPair";

const { certificate, pem, privateKey } = recordedPair();
const byId = (id: string, more = "") => `<CertId>${id}</CertId>${more}`;
const outcome = ({ status, code, ec }: Reply) => [status, code, ec];
const fine = [200, undefined, undefined];

describe("PutCname", () => {
  let cloud: Cloud;

  const start = async (options: CloudOptions = {}) => {
    cloud = await startCloud({ buckets: ["site1", "site2"], ...options });
  };
  afterEach(() => cloud.close());

  it("binds once DNS has the token of the same bucket", async () => {
    await start();
    const refused = [403, "NeedVerifyDomainOwnership", "0018-00000115"];
    assert.deepEqual(outcome(await put(cloud, "site1", "www.example.com")), refused);
    const token = elementOf(await createToken(cloud, "site1", "www.example.com"), "Token") ?? "";
    const other = elementOf(await createToken(cloud, "site2", "www.example.com"), "Token") ?? "";
    assert.notEqual(token, other);
    const record = { name: "_dnsauth.www.example.com", type: "TXT" };
    cloud.addRecord({ ...record, value: other });
    assert.deepEqual(outcome(await put(cloud, "site1", "www.example.com")), refused);
    cloud.addRecord({ ...record, value: token, afterQueries: 2 });
    assert.deepEqual(outcome(await put(cloud, "site1", "www.example.com")), refused);
    assert.deepEqual(outcome(await put(cloud, "site1", "www.example.com")), refused);
    assert.deepEqual(outcome(await put(cloud, "site1", "www.example.com")), fine);
    assert.deepEqual(
      cloud.state().bindings.map(({ domain, bucket }) => [domain, bucket]),
      [["www.example.com", "site1"]],
    );
  });

  it("finds the TXT record behind a CNAME and in pieces", async () => {
    await start();
    const token = elementOf(await createToken(cloud, "site1", "www.example.com"), "Token") ?? "";
    cloud.addRecord({
      name: "_dnsauth.www.example.com",
      type: "CNAME",
      value: "proof.example.com",
    });
    cloud.addRecord({
      name: "proof.example.com",
      type: "TXT",
      value: [token.slice(0, 9), token.slice(9)],
    });
    assert.deepEqual(outcome(await put(cloud, "site1", "www.example.com")), fine);
  });

  it("refuses a domain bound to another bucket of the account", async () => {
    await start();
    cloud.inConsole.moveBinding("www.example.com", "site1");
    const own = await put(cloud, "site2", "www.example.com");
    assert.deepEqual([own.status, own.code, elementOf(own, "CnameType")], [409, "CnameAlreadyExists", "CNAME_OSS"]);
  });

  for (const [boundElsewhere, unproven, proven, bucket] of [
    ["conflict", "CnameAlreadyExists", "CnameAlreadyExists", "site1"],
    ["proofFirst", "NeedVerifyDomainOwnership", "CnameAlreadyExists", "site1"],
    ["move", "NeedVerifyDomainOwnership", undefined, "site2"],
  ] as const)
    it(`answers for a domain of another bucket as the switch says: ${boundElsewhere}`, async () => {
      await start({ switches: { boundElsewhere } });
      cloud.inConsole.moveBinding("www.example.com", "site1");
      cloud.inConsole.replaceCertificate("www.example.com", { certId: "1-cn-hangzhou" });
      const value = elementOf(await createToken(cloud, "site2", "www.example.com"), "Token") ?? "";
      assert.equal((await put(cloud, "site2", "www.example.com")).code, unproven);
      cloud.addRecord({ name: "_dnsauth.www.example.com", type: "TXT", value });
      assert.equal((await put(cloud, "site2", "www.example.com")).code, proven);
      const [binding] = cloud.state().bindings;
      assert.deepEqual([binding?.bucket, binding?.certId], [bucket, proven && "1-cn-hangzhou"]);
    });

  describe("for a domain bound to a bucket of another account", () => {
    beforeEach(async () => {
      await start();
      cloud.addBucket({ name: "foreign", owner: "42" });
      cloud.inConsole.moveBinding("www.example.com", "foreign");
    });

    it("refuses it", async () => {
      assert.deepEqual(outcome(await put(cloud, "site2", "www.example.com")), [403, "CnameDenied", undefined]);
    });

    it("takes it over by the TXT record where the switch says so", async () => {
      cloud.set({ takeoverByTxt: true });
      await bind(cloud, "site2", "www.example.com");
      assert.equal(cloud.state().bindings[0]?.bucket, "site2");
    });
  });

  it("limits the domains of a bucket", async () => {
    await start({ switches: { cnamesPerBucket: 1, bindsUnverified: true } });
    assert.deepEqual(outcome(await put(cloud, "site1", "one.example.com")), fine);
    assert.equal((await put(cloud, "site1", "two.example.com")).status, 400);
  });

  it("binds the domain once where two requests compete", async () => {
    await start();
    const record = { name: "_dnsauth.www.example.com", type: "TXT" };
    for (const bucket of ["site1", "site2"])
      cloud.addRecord({
        ...record,
        value: elementOf(await createToken(cloud, bucket, "www.example.com"), "Token") ?? "",
      });
    const both = await Promise.all(["site1", "site2"].map((bucket) => put(cloud, bucket, "www.example.com")));
    assert.deepEqual(both.map(({ status }) => status).sort(), [200, 409]);
  });

  it("returns the CertId of an uploaded certificate in a header", async () => {
    await start({ switches: { bindsUnverified: true } });
    const done = await put(cloud, "site1", "www.example.com", pem);
    assert.deepEqual([done.body, done.headers["x-oss-yundun-certificate-id"]], ["", "10000001-cn-hangzhou"]);
  });

  it("replaces a certificate only where PreviousCertId or Force allows it", async () => {
    await start();
    await bind(cloud, "site1", "www.example.com");
    const conflict = [409, "CasRenewCertificateConflict", undefined];
    const mismatch = [400, "InvalidArgument", "0018-00000209"];
    const steps: readonly [string, unknown[]][] = [
      [byId("1-cn-hangzhou"), fine],
      [byId("1-cn-hangzhou"), conflict],
      [byId("2-cn-hangzhou"), conflict],
      [pem, conflict],
      [byId("2-cn-hangzhou", "<PreviousCertId>9-cn-hangzhou</PreviousCertId>"), mismatch],
      [byId("2-cn-hangzhou", "<PreviousCertId>1-cn-hangzhou</PreviousCertId>"), fine],
      [byId("3-cn-hangzhou", "<PreviousCertId>1-cn-hangzhou</PreviousCertId><Force>true</Force>"), fine],
      [`${pem}<Force>True</Force><DeleteCertificate>False</DeleteCertificate>`, fine],
      ["<DeleteCertificate>true</DeleteCertificate>", fine],
      [pem, fine],
    ];
    for (const [sent, expected] of steps)
      assert.deepEqual(outcome(await put(cloud, "site1", "www.example.com", sent)), expected, sent.slice(0, 90));
    const { bindings, certificates } = cloud.state();
    assert.equal(bindings[0]?.certId, "10000002-cn-hangzhou");
    assert.equal(certificates.filter(({ uploaded }) => uploaded).length, 2);
  });

  it("refuses invalid certificates", async () => {
    await start();
    await bind(cloud, "site1", "www.example.com");
    const other = privateKey.replace("MIIEv", "MIIEw");
    const cases: readonly [string, unknown[]][] = [
      [byId("1".repeat(64)), [400, "InvalidArgument", "0018-00000206"]],
      [`<PrivateKey>${privateKey}</PrivateKey>`, [400, "InvalidArgument", "0018-00000210"]],
      [`<Certificate>${certificate}</Certificate>`, [400, "InvalidArgument", undefined]],
      [
        `<Certificate>${certificate}</Certificate><PrivateKey>${other}</PrivateKey>`,
        [400, "InvalidArgument", undefined],
      ],
    ];
    for (const [sent, expected] of cases)
      assert.deepEqual(outcome(await put(cloud, "site1", "www.example.com", sent)), expected, sent.slice(0, 90));
    assert.equal(cloud.state().bindings[0]?.certId, undefined);
  });

  it("accepts only a stored CertId where the switch says so", async () => {
    await start({ switches: { certIdsKnownOnly: true, certificateStatus: 409, certificateCode: "CasRefused" } });
    await bind(cloud, "site1", "www.example.com");
    const putById = async () => outcome(await put(cloud, "site1", "www.example.com", byId("7-cn-hangzhou")));
    assert.deepEqual(await putById(), [409, "CasRefused", undefined]);
    cloud.addCertificate({ certId: "7-cn-hangzhou", certificate });
    assert.deepEqual(await putById(), fine);
  });

  it("accepts a PEM with character references", async () => {
    await start();
    await bind(cloud, "site1", "www.example.com");
    const entities = pem.replaceAll("\n", "&#10;");
    assert.deepEqual(outcome(await put(cloud, "site1", "www.example.com", entities)), fine);
  });

  describe("as the switches say", () => {
    const domain = "www.example.com";
    const startWith = (switches: NonNullable<CloudOptions["switches"]>) =>
      start({ switches: { bindsUnverified: true, ...switches } });
    const boundCertificate = () => cloud.state().bindings[0]?.certId;

    it("keeps the certificate when put without one", async () => {
      await startWith({ barePut: "keep" });
      await put(cloud, "site1", domain, byId("1-cn-hangzhou"));
      assert.deepEqual(outcome(await put(cloud, "site1", domain)), fine);
      assert.equal(boundCertificate(), "1-cn-hangzhou");
    });

    it("drops the certificate when put without one", async () => {
      await startWith({ barePut: "drop" });
      await put(cloud, "site1", domain, byId("1-cn-hangzhou"));
      assert.deepEqual(outcome(await put(cloud, "site1", domain)), fine);
      assert.equal(boundCertificate(), undefined);
    });

    it("refuses a bound domain when put without a certificate", async () => {
      await startWith({ barePut: "refuse" });
      await put(cloud, "site1", domain, byId("1-cn-hangzhou"));
      assert.equal((await put(cloud, "site1", domain)).code, "CnameAlreadyExists");
    });

    it("stores the same upload once", async () => {
      await startWith({ uploadsDeduplicated: true });
      await put(cloud, "site1", domain, pem);
      await put(cloud, "site1", domain, `${pem}<Force>true</Force>`);
      assert.equal(cloud.state().certificates.filter(({ uploaded }) => uploaded).length, 1);
    });

    it("answers a conflict with another status", async () => {
      await startWith({ conflictStatus: 400 });
      await put(cloud, "site1", domain, pem);
      assert.equal((await put(cloud, "site1", domain, pem)).status, 400);
    });

    it("answers a wrong PreviousCertId with another code", async () => {
      await startWith({ previousCertIdCode: "Odd" });
      await put(cloud, "site1", domain, pem);
      assert.equal((await put(cloud, "site1", domain, `${pem}<PreviousCertId>x</PreviousCertId>`)).code, "Odd");
    });

    const DELETE = "<DeleteCertificate>true</DeleteCertificate>";

    it("deletes a certificate only by its PreviousCertId", async () => {
      await startWith({ deleteCertificateNeedsPreviousCertId: true });
      await put(cloud, "site1", domain, pem);
      assert.equal((await put(cloud, "site1", domain, DELETE)).code, "CasRenewCertificateConflict");
    });

    it("unbinds the domain along with its certificate", async () => {
      await startWith({ deleteCertificateDropsBinding: true });
      await put(cloud, "site1", domain, pem);
      assert.deepEqual(outcome(await put(cloud, "site1", domain, DELETE)), fine);
      assert.equal(cloud.state().bindings.length, 0);
    });
  });
});
