import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { providerText } from "../../../provider/resources/dynamicResource";

/** Runs a program with two resources and no engine, and gives what it warned of. */
function warnings(config: Record<string, string>, secretKeys: string[]): string[] {
  const program = `
    const pulumi = require("@pulumi/pulumi");
    pulumi.runtime.setMocks({ newResource: ({ name, inputs }) => ({ id: name, state: inputs }), call: ({ inputs }) => inputs });
    const { CnameToken } = require("pulumi-oss-cname");
    for (const name of ["a", "b"]) new CnameToken(name, { bucket: "site", domain: name + ".example.com" });
  `;
  const { stdout, stderr, status } = spawnSync(process.execPath, ["-e", program], {
    cwd: __dirname,
    encoding: "utf8",
    env: {
      ...process.env,
      PULUMI_CONFIG: JSON.stringify(config),
      PULUMI_CONFIG_SECRET_KEYS: JSON.stringify(secretKeys),
    },
  });
  assert.equal(status, 0, stderr);
  return `${stdout}${stderr}`.split("\n").filter((line) => line.includes("in clear"));
}

describe("a resource", () => {
  it("names its implementation by one line that never changes: it is in the state of every user", () => {
    assert.equal(
      providerText("bucketCname"),
      'exports.handler = () => require("pulumi-oss-cname/dynamic").bucketCname;',
    );
  });

  it("warns once of a secret key that the stack's configuration holds in clear", () => {
    const config = { "alicloud:accessKey": "ak", "alicloud:secretKey": "TOPSECRET" };
    const [warning, ...more] = warnings(config, []);
    assert.match(warning ?? "", /pulumi config set --secret alicloud:secretKey/);
    assert.deepEqual(more, []);
    assert.doesNotMatch(warning ?? "", /TOPSECRET/);
    assert.deepEqual(warnings(config, ["alicloud:secretKey"]), []);
  });
});
