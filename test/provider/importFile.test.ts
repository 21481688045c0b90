import assert from "node:assert/strict";
import { type Cloud, startCloud } from "../../local/cloud";
import { importFile } from "../../provider/importFile";
import { queryCnames } from "../../provider/queries/query";
import { Run } from "../../provider/run";

describe("importFile", () => {
  let cloud: Cloud;
  let run: Run;
  beforeEach(async () => {
    cloud = await startCloud({ buckets: ["site"] });
    for (const domain of ["www.example.com", "plain.example.com"]) cloud.inConsole.moveBinding(domain, "site");
    cloud.inConsole.replaceCertificate("www.example.com", { certId: "7-cn-hangzhou" });
    const config = cloud.config;
    run = new Run({ config: { get: (key) => config[key] } });
  });
  afterEach(() => cloud.close());

  const WWW = { domain: "www.example.com", bucket: "site", certificate: { certId: "7-cn-hangzhou" } };
  const PLAIN = { domain: "plain.example.com", bucket: "site" };

  it("has a component and its resources for each domain", async () => {
    const { resources } = await importFile(run, [WWW, PLAIN]);
    const of = (name: string, ...types: string[]) => types.map((type) => [type, name]);
    const dynamic = (type: string) => `pulumi-nodejs:dynamic/oss:${type}`;
    assert.deepEqual(
      resources.map(({ type, name, logicalName }) => [type, logicalName ?? name]),
      [
        ...of(
          "www.example.com",
          "oss-cname:index:CustomDomain",
          dynamic("CnameToken"),
          dynamic("BucketCname"),
          dynamic("CnameCertificate"),
        ),
        ...of("plain.example.com", "oss-cname:index:CustomDomain", dynamic("CnameToken"), dynamic("BucketCname")),
        ...of("custom-domains", dynamic("RemovalGuard")),
      ],
    );
  });

  it("gives inputs and outputs, so that Pulumi need not ask", async () => {
    const binding = (await importFile(run, [PLAIN])).resources.find(({ type }) => type.endsWith(":BucketCname"));
    const { id, parent, inputs, outputs } = binding ?? assert.fail();
    assert.deepEqual([id, parent], ["plain.example.com", "plain.example.com"]);
    const __provider = 'exports.handler = () => require("pulumi-oss-cname/dynamic").bucketCname;';
    const cnameTarget = "site.oss-cn-hangzhou.aliyuncs.com";
    assert.deepEqual(inputs, { ...PLAIN, cnameTarget, unverified: "wait", __provider });
    assert.deepEqual(outputs, { ...outputs, ...PLAIN, status: "Enabled", __provider });
  });

  it("has the guard of these domains, as a program registers it", async () => {
    const { id, inputs } = (await importFile(run, [WWW, PLAIN])).resources.at(-1) ?? assert.fail();
    assert.equal(id, "custom-domains");
    const __provider = 'exports.handler = () => require("pulumi-oss-cname/dynamic").removalGuard;';
    assert.deepEqual(inputs, { domains: ["plain.example.com", "www.example.com"], __provider });
  });

  it("sends nothing when the bucket has just been listed", async () => {
    await queryCnames(run, { bucket: "site" });
    await importFile(run, [WWW, PLAIN]);
    assert.deepEqual(
      cloud.requests().map(({ operation }) => operation),
      ["ListCname"],
    );
  });
});
