import * as assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type Cloud, type CloudOptions, startCloud } from "../../../local";
import {
  bind,
  call,
  configuration,
  createToken,
  elementOf,
  getToken,
  list,
  put,
  type Reply,
  remove,
} from "../../support/call";

/** A pair out of a recorded request: `*.example.com`. */
const recorded = readFileSync(
  join(__dirname, "../../../../test/fixtures/captures/23-ossutil-v4-PutCname.http"),
  "utf8",
);
const certificate = /<Certificate>(.*)<\/Certificate>/s.exec(recorded)?.[1] ?? "";
const privateKey = /<PrivateKey>(.*)<\/PrivateKey>/s.exec(recorded)?.[1] ?? "";
const pem = `<Certificate>${certificate}</Certificate><PrivateKey>${privateKey}</PrivateKey>`;
const byId = (id: string, more = "") => `<CertId>${id}</CertId>${more}`;
const outcome = ({ status, code, ec }: Reply) => [status, code, ec];
const fine = [200, undefined, undefined];

describe("OSS emulator, the five operations", () => {
  let cloud: Cloud;
  let time: Date;

  const start = async (options: CloudOptions = {}) => {
    time = new Date("2026-11-22T10:00:00Z");
    cloud = await startCloud({ buckets: ["site1", "site2"], ...options });
  };
  afterEach(() => cloud.close());

  it("answers in the service's own documents", async () => {
    await start();
    const created = await createToken(cloud, "site1", "www.example.com");
    assert.match(
      created.body,
      /^<CnameToken><Bucket>site1<\/Bucket><Cname>www.example.com<\/Cname><Token>[0-9a-f]{32}<\/Token><ExpireTime>\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT<\/ExpireTime><\/CnameToken>$/,
    );
    assert.equal((await getToken(cloud, "site1", "www.example.com")).body, created.body);
    const empty = "<ListCnameResult><Bucket>site1</Bucket><Owner>1234567890123456</Owner></ListCnameResult>";
    assert.equal((await list(cloud, "site1")).body, empty);
    await bind(cloud, "site1", "www.example.com");
    const done = await put(cloud, "site1", "www.example.com", pem);
    assert.equal(done.body, "");
    assert.equal(done.headers["x-oss-yundun-certificate-id"], "10000001-cn-hangzhou");
    const { body } = await list(cloud, "site1");
    assert.match(
      body,
      /<Cname><Domain>www.example.com<\/Domain><LastModified>[-\d]{10}T[:\d]{8}\.\d{3}Z<\/LastModified><Status>Enabled<\/Status><IsPurgeCdnCache>false<\/IsPurgeCdnCache><Certificate>/,
    );
    assert.match(
      body,
      /<Type>CAS<\/Type><CertId>10000001-cn-hangzhou<\/CertId><Status>Enabled<\/Status><CreationDate>[^<]+GMT<\/CreationDate><Fingerprint>([0-9A-F]{2}:){19}[0-9A-F]{2}<\/Fingerprint><ValidStartDate>Nov 22 09:26:26 2026 GMT<\/ValidStartDate><ValidEndDate>Feb 20 09:26:26 2027 GMT<\/ValidEndDate>/,
    );
  });

  it("binds only what DNS proves, by the token of the same bucket", async () => {
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

  it("finds the record behind a CNAME and in pieces", async () => {
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

  it("keeps a token for 72 hours, then mints another", async () => {
    await start({ now: () => time });
    const tokenNow = async () =>
      elementOf(
        await call(cloud, "POST", "site1", "cname&comp=token", { time, body: configuration("www.example.com") }),
        "Token",
      );
    const found = async () => call(cloud, "GET", "site1", "cname=www.example.com&comp=token", { time });
    assert.deepEqual(outcome(await found()), [404, "CnameTokenNotFound", "0018-00000301"]);
    const first = await tokenNow();
    time = new Date("2026-11-25T09:59:59Z");
    assert.equal(await tokenNow(), first);
    assert.equal((await found()).status, 200);
    time = new Date("2026-11-25T10:00:00Z");
    assert.equal((await found()).status, 404);
    assert.notEqual(await tokenNow(), first);
  });

  it("refuses tokens that are not needed, or too many", async () => {
    await start({ switches: { tokensPerBucket: 1 } });
    await bind(cloud, "site1", "www.example.com");
    assert.deepEqual(outcome(await createToken(cloud, "site1", "www.example.com")), [
      403,
      "NoNeedCreateCnameToken",
      "0018-00000302",
    ]);
    assert.equal((await createToken(cloud, "site1", "two.example.com")).code, "TooManyCnameToken");
    assert.deepEqual(outcome(await createToken(cloud, "site2", "www.example.com")), fine);
  });

  it("refuses names that OSS refuses, and other buckets", async () => {
    await start();
    const names = [
      "a.b",
      "www.aliyuncs.com",
      "taobao.com",
      "*.example.com",
      "_a.example.com",
      "localhost",
      "a..example.com",
    ];
    for (const name of names) {
      const ec = name === "a.b" ? "0017-00000249" : "0018-00000401";
      assert.deepEqual(outcome(await createToken(cloud, "site1", name)), [400, "InvalidArgument", ec], name);
      assert.deepEqual(outcome(await put(cloud, "site1", name)), [400, "InvalidArgument", ec], name);
    }
    for (const act of [createToken, getToken, put, remove])
      assert.deepEqual(outcome(await act(cloud, "nosuch", "www.example.com")), [404, "NoSuchBucket", "0015-00000101"]);
  });

  it("tells whose the domain is that is bound elsewhere", async () => {
    await start();
    await bind(cloud, "site1", "www.example.com");
    const own = await put(cloud, "site2", "www.example.com");
    assert.deepEqual([own.status, own.code, elementOf(own, "CnameType")], [409, "CnameAlreadyExists", "CNAME_OSS"]);
    cloud.addBucket({ name: "foreign", owner: "42" });
    cloud.inConsole.moveBinding("www.example.com", "foreign");
    assert.deepEqual(outcome(await put(cloud, "site2", "www.example.com")), [403, "CnameDenied", undefined]);
    cloud.set({ takeoverByTxt: true });
    await bind(cloud, "site2", "www.example.com");
    assert.equal(cloud.state().bindings[0]?.bucket, "site2");
  });

  it("binds at most so many, and unbinds again and again", async () => {
    await start({ switches: { cnamesPerBucket: 1, bindsUnverified: true } });
    assert.deepEqual(outcome(await put(cloud, "site1", "one.example.com")), fine);
    assert.equal((await put(cloud, "site1", "two.example.com")).status, 400);
    assert.deepEqual(outcome(await remove(cloud, "site2", "one.example.com")), fine);
    assert.equal(cloud.state().bindings.length, 1);
    assert.deepEqual(outcome(await remove(cloud, "site1", "one.example.com")), fine);
    assert.deepEqual(outcome(await remove(cloud, "site1", "one.example.com")), fine);
    assert.equal(cloud.state().bindings.length, 0);
  });

  it("lets one of two at once win", async () => {
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

  it("takes a certificate only over the one that is named", async () => {
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

  it("refuses certificates that are none", async () => {
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
    cloud.set({
      certIdsKnownOnly: true,
      certificateStatus: 409,
      certificateCode: "CasRefused",
    });
    assert.deepEqual(outcome(await put(cloud, "site1", "www.example.com", byId("7-cn-hangzhou"))), [
      409,
      "CasRefused",
      undefined,
    ]);
    cloud.addCertificate({ certId: "7-cn-hangzhou", certificate });
    assert.deepEqual(outcome(await put(cloud, "site1", "www.example.com", byId("7-cn-hangzhou"))), fine);
  });

  it("checks the document before anything that it is about", async () => {
    await start();
    const documents = [
      configuration("www.example.com", "<DeleteCertificate>1</DeleteCertificate>"),
      configuration("www.example.com", "<DeleteCertificate>true</DeleteCertificate><Force>false</Force>"),
      configuration("www.example.com", "<Other>1</Other>"),
      configuration("www.example.com").replaceAll("BucketCnameConfiguration", "CnameConfiguration"),
      configuration("www.example.com</Domain><Domain>two.example.com"),
      configuration(""),
      "<BucketCnameConfiguration/>",
      "",
      "no XML",
    ];
    for (const body of documents)
      for (const bucket of ["site1", "nosuch"]) {
        const reply = await call(cloud, "POST", bucket, "cname&comp=add", { body });
        assert.deepEqual([reply.status, reply.code], [400, "MalformedXML"], body);
      }
    const entities = pem.replaceAll("\n", "&#10;");
    await bind(cloud, "site1", "www.example.com");
    assert.deepEqual(outcome(await put(cloud, "site1", "www.example.com", entities)), fine);
  });

  it("does at each switch what it says", async () => {
    await start({ switches: { tokenAfterBinding: "notFound", tokenWhileBoundElsewhere: "refuse" } });
    const flip = (switches: object) => cloud.set(switches);
    const domain = "www.example.com";
    await bind(cloud, "site1", domain);
    assert.equal((await getToken(cloud, "site1", domain)).code, "CnameTokenNotFound");
    assert.equal((await createToken(cloud, "site2", domain)).code, "NoNeedCreateCnameToken");

    await put(cloud, "site1", domain, byId("1-cn-hangzhou"));
    assert.deepEqual(outcome(await put(cloud, "site1", domain)), fine);
    assert.equal(cloud.state().bindings[0]?.certId, "1-cn-hangzhou");
    flip({ barePut: "refuse" });
    assert.equal((await put(cloud, "site1", domain)).code, "CnameAlreadyExists");
    flip({ barePut: "drop", fingerprint: "masked" });
    assert.match(
      (await list(cloud, "site1")).body,
      /<Fingerprint>([0-9A-F]{2}:){3}[0-9A-F]{2}(:\*\*){12}(:[0-9A-F]{2}){4}</,
    );
    assert.deepEqual(outcome(await put(cloud, "site1", domain)), fine);
    assert.equal(cloud.state().bindings[0]?.certId, undefined);

    flip({ uploadsDeduplicated: true, uploadType: "Upload", conflictStatus: 400, previousCertIdCode: "Odd" });
    await put(cloud, "site1", domain, pem);
    await put(cloud, "site1", domain, `${pem}<Force>true</Force>`);
    assert.equal(cloud.state().certificates.filter(({ uploaded }) => uploaded).length, 1);
    assert.equal(elementOf(await list(cloud, "site1"), "Type"), "Upload");
    assert.equal((await put(cloud, "site1", domain, pem)).status, 400);
    assert.equal((await put(cloud, "site1", domain, `${pem}<PreviousCertId>x</PreviousCertId>`)).code, "Odd");

    const away = "<DeleteCertificate>true</DeleteCertificate>";
    flip({ deleteCertificateNeedsPreviousCertId: true, deleteCertificateDropsBinding: true });
    assert.equal((await put(cloud, "site1", domain, away)).code, "CasRenewCertificateConflict");
    flip({ deleteCertificateNeedsPreviousCertId: false });
    assert.deepEqual(outcome(await put(cloud, "site1", domain, away)), fine);
    assert.equal(cloud.state().bindings.length, 0);
  });

  it("shows old lists for a while", async () => {
    await start({ switches: { listLagLists: 2, bindsUnverified: true } });
    const shown = async () => /<Domain>/.test((await list(cloud, "site1")).body);
    await put(cloud, "site1", "www.example.com");
    assert.deepEqual([await shown(), await shown(), await shown()], [false, false, true]);
    await remove(cloud, "site1", "www.example.com");
    assert.deepEqual([await shown(), await shown(), await shown()], [true, true, false]);
  });
});
