import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "yaml";
import { declaredBuckets, stackFiles } from "../../../cli/report/declaredBuckets";

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

  it("declare buckets, with what defaults and the stack add", () => {
    const file = write("Pulumi.prod.yaml", {
      "alicloud:region": "cn-hangzhou",
      "oss-cname:endpoint": "https://oss.example.com",
      "oss-cname:defaults": { bucket: "fine", dns: "none" },
      "oss-cname:domains": [
        { domain: "a.example.com" },
        { domain: "b.example.com", bucket: "soon", region: "cn-beijing" },
        { domain: "c.example.com", bucket: "theirs", account: "intl" },
      ],
    });
    const stack = { region: "cn-hangzhou", endpoint: "https://oss.example.com" };
    assert.deepEqual(declaredBuckets([file]), [
      { bucket: "fine", ...stack },
      { bucket: "soon", ...stack, region: "cn-beijing" },
      { bucket: "theirs", ...stack, account: "intl" },
    ]);
  });

  it("declare a bucket once, whatever stacks and domains it has", () => {
    const config = { "oss-cname:domains": [{ domain: "a.example.com", bucket: "site" }, { bucket: "site" }] };
    assert.deepEqual(declaredBuckets([write("Pulumi.a.yaml", config), write("Pulumi.b.yaml", config)]), [
      { bucket: "site" },
    ]);
  });

  it("need not declare any", () => {
    const files = [write("Pulumi.a.yaml", undefined), write("Pulumi.b.yaml", { "oss-cname:domains": "none" })];
    assert.deepEqual(declaredBuckets(files), []);
  });
});
