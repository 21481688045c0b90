import assert from "node:assert/strict";
import { ActionableError, factsOf } from "../../provider/actionableError";

describe("ActionableError", () => {
  it("says what happened and the next step", () =>
    assert.equal(new ActionableError("It failed", "try again").message, "It failed. Next: try again"));

  it("says only what happened where no next step is known", () =>
    assert.equal(new ActionableError("It failed").message, "It failed."));

  for (const end of [".", "!", "?"])
    it(`adds no full stop after "${end}"`, () =>
      assert.equal(new ActionableError(`Really${end}`).facts, `Really${end}`));
});

describe("factsOf", () => {
  const cases: [title: string, error: unknown, facts: string][] = [
    ["leaves the next step of an ActionableError out", new ActionableError("It failed", "try again"), "It failed."],
    ["gives the message of any other error", new Error("no"), "no"],
    ["gives anything else as text", 5, "5"],
  ];
  for (const [title, error, facts] of cases) it(title, () => assert.equal(factsOf(error), facts));
});
