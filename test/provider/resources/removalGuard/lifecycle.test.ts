import assert from "node:assert/strict";
import { type Program, Stack } from "../../../support/stack";

const VARIABLE = "OSS_CNAME_ALLOW_REMOVAL";

const guarding = (count: number): Program => ({
  guard: ["removalGuard", { domains: Array.from({ length: count }, (_, index) => `d${index}.example.com`) }],
});

describe("RemovalGuard", () => {
  let stack: Stack;
  beforeEach(async () => {
    delete process.env[VARIABLE];
    stack = new Stack({});
    assert.deepEqual(await stack.up(guarding(20)), { guard: "create" });
  });
  afterEach(() => {
    delete process.env[VARIABLE];
  });

  it("is never a change by itself, and compares with the last run", async () => {
    for (const count of [20, 12, 4, 16, 16]) assert.deepEqual(await stack.up(guarding(count)), { guard: "same" });
  });

  it("refuses in the preview", async () => {
    await assert.rejects(stack.preview(guarding(5)), /no longer declares 15 of 20/);
    await stack.preview(guarding(10));
  });

  it("lets go what the environment allows", async () => {
    process.env[VARIABLE] = "15";
    await stack.preview(guarding(5));
    await assert.rejects(stack.preview(guarding(4)), /no longer declares 16/);
  });

  it("counts a variable that is not a number as none", async () => {
    process.env[VARIABLE] = "yes";
    await assert.rejects(stack.preview(guarding(5)), /OSS_CNAME_ALLOW_REMOVAL=15/);
    await stack.preview(guarding(10));
  });

  describe("with a protected domain", () => {
    const [a, b, c] = ["a.example.com", "b.example.com", "c.example.com"];
    beforeEach(() => {
      stack = new Stack({});
    });
    const protecting = (domains: readonly string[], ...names: string[]): Program => ({
      guard: ["removalGuard", { domains, ...(names.length > 0 && { protected: names }) }],
    });

    it("refuses to lose it, whatever else it says, and lets others go", async () => {
      await stack.up(protecting([a, b, c], a, b));
      for (const program of [protecting([c]), protecting([c], a, b)]) {
        process.env[VARIABLE] = "100";
        await assert.rejects(
          stack.preview(program),
          /no longer declares a\.example\.com, b\.example\.com, and protect/,
        );
      }
      await stack.up(protecting([a, b], a, b));
      await assert.rejects(stack.preview(protecting([a], a)), /no longer declares b\.example\.com, and protect/);
    });

    it("lets it go once it is no longer protected", async () => {
      await stack.up(protecting([a, b], a));
      await stack.up(protecting([a, b]));
      assert.deepEqual(await stack.up(protecting([b])), { guard: "same" });
    });
  });

  it("takes its limit from oss-cname:removalLimit", async () => {
    const strict = new Stack({ "oss-cname:removalLimit": "1" });
    await strict.up(guarding(20));
    await assert.rejects(strict.preview(guarding(18)), /at most 1 may go/);
    await strict.preview(guarding(19));
  });
});
