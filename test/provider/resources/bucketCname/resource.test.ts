import assert from "node:assert/strict";
import { BucketCname } from "../../../../provider/resources/bucketCname/resource";
import { byName, runProgram } from "../../../support/programRun";

const www = { bucket: "site", domain: "www.example.com" };

describe("the resource BucketCname", () => {
  it("hands customTimeouts on in seconds, which Pulumi does not", async () => {
    const { registrations } = await runProgram(() => {
      new BucketCname("www", www, { customTimeouts: { create: "10m", update: "90s" } });
    });
    const { createTimeoutSeconds, updateTimeoutSeconds } = byName(registrations)["BucketCname www"]?.inputs ?? {};
    assert.deepEqual([createTimeoutSeconds, updateTimeoutSeconds], [600, 90]);
  });

  it("refuses a malformed customTimeouts", async () => {
    const { error } = await runProgram(() => {
      new BucketCname("www", www, { customTimeouts: { create: "soon" } });
    });
    assert.match(error?.message ?? "", /customTimeouts: "soon" is not a duration/);
  });

  for (const [pendingReason, output] of [
    ["create the record first", "create the record first"],
    ["", ""],
  ] as const)
    it(`warns of ${pendingReason === "" ? "nothing when it is bound" : "what a pending binding waits for"}`, async () => {
      const ran = await runProgram(
        () => {
          new BucketCname("www", www);
        },
        { states: { BucketCname: { pendingReason } } },
      );
      assert.equal(ran.output, output);
    });
});
