import assert from "node:assert/strict";
import { diff } from "../../../engine/execute/diff";
import { type PropertyMap, secret } from "../../../engine/property/value";
import { thing } from "../fakes";

describe("diff", () => {
  const changes = async (
    answer: "some" | "none" | "unknown",
    olds: PropertyMap,
    news: PropertyMap,
    ignoreChanges: readonly string[] = [],
  ) => {
    const host = { diff: async () => ({ changes: answer, replaces: ["size"], deleteBeforeReplace: false }) };
    const result = await diff(host, thing("a", { inputs: olds }), news, ignoreChanges);
    assert.deepEqual(result.replaces, ["size"]);
    return result.changes;
  };

  it("takes the provider's word", async () => {
    assert.equal(await changes("some", { a: 1 }, { a: 1 }), "some");
    assert.equal(await changes("none", { a: 1 }, { a: 2 }), "none");
  });

  it("compares inputs where the provider leaves it open", async () => {
    assert.equal(await changes("unknown", { a: 1 }, { a: 2 }), "some");
    assert.equal(await changes("unknown", { a: 1 }, { a: 1 }), "none");
  });

  it("takes a secret for its value", async () => {
    assert.equal(await changes("unknown", { a: 1 }, { a: secret(1) }), "none");
  });

  it("ignores what the program ignores", async () => {
    assert.equal(await changes("unknown", { a: 1 }, { a: 2 }, ["a"]), "none");
  });
});
