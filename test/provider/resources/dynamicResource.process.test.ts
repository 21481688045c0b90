// Needs processes: the first resource of a program checks the configuration, once in each process.
import assert from "node:assert/strict";
import { runProgramProcess } from "../../support/programProcess";
import { byName } from "../../support/programRun";

const TWO_RESOURCES = `for (const name of ["a", "b"]) new oss.CnameToken(name, { bucket: "site", domain: name + ".example.com" })`;

describe("the first resource of a program", () => {
  it("ends the program where the configuration is invalid, with all mistakes in one message", async () => {
    const { registrations, error } = await runProgramProcess(TWO_RESOURCES, {
      config: { "oss-cname:verification": "non", "oss-cname:addressing": "vhost" },
    });
    assert.deepEqual(Object.keys(byName(registrations)), ["Stack project-stack"]);
    assert.equal(error?.name, "RunError");
    assert.match(
      error.message,
      /oss-cname:addressing: .*\noss-cname:verification: "non" is not authoritative or none\nNothing/,
    );
  });

  it("warns, for all resources, of a secret key that the configuration holds in clear", async () => {
    const config = { "alicloud:accessKey": "ak", "alicloud:secretKey": "TOPSECRET" };
    const { output } = await runProgramProcess(TWO_RESOURCES, { config });
    assert.match(output, /^alicloud:secretKey is in clear.*pulumi config set --secret alicloud:secretKey.*$/);
    assert.doesNotMatch(output, /TOPSECRET/);
  });
});
