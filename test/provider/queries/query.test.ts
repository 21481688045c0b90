import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Cloud, startCloud } from "../../../local/cloud";
import { queryCnames, queryCnameToken } from "../../../provider/queries/query";
import { Run } from "../../../provider/run";

describe("a query", () => {
  let cloud: Cloud;
  let directory: string;
  let run: Run;

  before(async () => {
    cloud = await startCloud({ buckets: ["site"] });
    for (const domain of ["www.example.com", "plain.example.com"]) cloud.inConsole.moveBinding(domain, "site");
    cloud.inConsole.replaceCertificate("www.example.com", { certId: "7-cn-hangzhou" });
    const config: Record<string, string> = cloud.config;
    run = new Run({ config: { get: (key) => config[key] } });
  });
  after(() => cloud.close());
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "oss-cname-"));
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  it("tells of certificates, or leaves them out", async () => {
    const { cnames } = await queryCnames(run, { bucket: "site" });
    assert.deepEqual(
      cnames.map(({ domain, status, certificate }) => [domain, status, certificate?.certId]),
      [
        ["www.example.com", "Enabled", "7-cn-hangzhou"],
        ["plain.example.com", "Enabled", undefined],
      ],
    );
    assert.match(cnames[0]?.certificate?.validTo ?? "", /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.000Z$/);
    const without = await queryCnames(run, { bucket: "site", certificates: false });
    assert.deepEqual(
      without.cnames.map((cname) => Object.keys(cname)),
      Array(2).fill(["domain", "status", "lastModified"]),
    );
  });

  it("never makes a token, and sends nothing for a domain that OSS would refuse", async () => {
    const before = cloud.requests().length;
    await assert.rejects(queryCnameToken(run, { bucket: "site", domain: "new.example.com" }), {
      code: "CnameTokenNotFound",
    });
    await assert.rejects(queryCnameToken(run, { bucket: "site", domain: "*.example.com" }), /wildcard/);
    assert.deepEqual(
      cloud
        .requests()
        .slice(before)
        .map(({ operation }) => operation),
      ["GetCnameToken"],
    );
  });

  it("saves the service's own XML, never over a file unless told to", async () => {
    const outputFile = join(directory, "list.xml");
    await queryCnames(run, { bucket: "site", certificates: false, outputFile });
    const xml = readFileSync(outputFile, "utf8");
    assert.match(
      xml,
      /^<ListCnameResult><Bucket>site<\/Bucket>.*<CertId>7-cn-hangzhou<\/CertId>.*<\/ListCnameResult>$/,
    );
    assert.equal(statSync(outputFile).mode & 0o777, 0o600);
    writeFileSync(outputFile, "mine");
    await assert.rejects(queryCnames(run, { bucket: "site", outputFile }), /exists and was left as it is/);
    assert.equal(readFileSync(outputFile, "utf8"), "mine");
    await queryCnames(run, { bucket: "site", outputFile, overwrite: true });
    assert.equal(readFileSync(outputFile, "utf8"), xml);
    assert.deepEqual(readdirSync(directory), ["list.xml"]);
  });
});
