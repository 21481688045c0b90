import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "yaml";
import { readStackFile, stackFiles } from "../../../cli/stacks/stackFile";

describe("stack configuration files", () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "oss-cname-"));
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  function write(name: string, config: object | undefined): string {
    const path = join(directory, name);
    writeFileSync(path, config === undefined ? "" : stringify({ config }));
    return path;
  }

  it("are found by their names", () => {
    for (const name of ["Pulumi.yaml", "Pulumi.prod.yaml", "Pulumi.dev.yml", "Pulumi.old.yaml.bak"]) write(name, {});
    assert.deepEqual(stackFiles(directory).sort(), ["Pulumi.dev.yml", "Pulumi.prod.yaml"]);
  });

  it("say where and how to ask, and for which domains", async () => {
    const path = write("Pulumi.prod.yaml", {
      "alicloud:region": "cn-hangzhou",
      "oss-cname:endpoint": "https://oss.example.com",
      "oss-cname:allowHttp": true,
      "other:key": "value",
      "oss-cname:accounts": { intl: { profile: "intl", secretKey: { secure: "v1:abc" } } },
      "oss-cname:defaults": { bucket: "fine", dns: "none" },
      "oss-cname:domains": [
        { domain: "a.example.com" },
        { domain: "b.example.com", bucket: "soon", region: "cn-beijing" },
        { domain: "c.example.com", bucket: "theirs", account: "intl" },
      ],
    });
    assert.deepEqual(await readStackFile(path), {
      path,
      values: { "alicloud:region": "cn-hangzhou", "oss-cname:endpoint": "https://oss.example.com" },
      salt: undefined,
      domains: [
        { domain: "a.example.com", bucket: "fine", values: [{}, {}] },
        { domain: "b.example.com", bucket: "soon", values: [{}, { "alicloud:region": "cn-beijing" }] },
        {
          domain: "c.example.com",
          bucket: "theirs",
          values: [{ "alicloud:profile": "intl", "alicloud:secretKey": { secure: "v1:abc" } }, {}],
        },
      ],
    });
  });

  it("need not declare any domain", async () => {
    const unusable = [{ domain: "a.example.com" }, { bucket: "site" }, null, 7];
    for (const config of [undefined, { "oss-cname:domains": "none" }, { "oss-cname:domains": unusable }])
      assert.deepEqual((await readStackFile(write("Pulumi.a.yaml", config))).domains, []);
  });

  it("name files with more domains, which are beside them", async () => {
    writeFileSync(join(directory, "a.csv"), "domain,bucket,region\na.example.com,,cn-beijing\n");
    writeFileSync(join(directory, "b.yaml"), "- domain: b.example.com\n  bucket: soon\n");
    const stack = (domainsFile: unknown) =>
      write("Pulumi.prod.yaml", {
        "oss-cname:defaults": { bucket: "fine" },
        "oss-cname:domains": [{ domain: "single.example.com" }],
        "oss-cname:domainsFile": domainsFile,
      });
    const domains = async (domainsFile: unknown) =>
      (await readStackFile(stack(domainsFile))).domains.map(({ domain, bucket, values }) => [
        domain,
        bucket,
        values[1],
      ]);
    const single = ["single.example.com", "fine", {}];
    const a = ["a.example.com", "fine", { "alicloud:region": "cn-beijing" }];
    assert.deepEqual(await domains("a.csv"), [single, a]);
    assert.deepEqual(await domains(["a.csv", "b.yaml"]), [single, a, ["b.example.com", "soon", {}]]);
    writeFileSync(join(directory, "b.yaml"), "- domain: [\n");
    await assert.rejects(
      domains(["a.csv", "b.yaml", "c.json"]),
      /Pulumi\.prod\.yaml .*b\.yaml:2: .*; c\.json: cannot be read: ENOENT/,
    );
  });

  it("are named where they cannot be read", async () => {
    const path = join(directory, "Pulumi.dev.yaml");
    await assert.rejects(readStackFile(path), /Pulumi\.dev\.yaml could not be read as stack configuration: ENOENT/);
    writeFileSync(path, "config: {");
    await assert.rejects(readStackFile(path), /Pulumi\.dev\.yaml could not be read as stack configuration/);
  });
});
