import assert from "node:assert/strict";
import { ActionableError } from "../../../provider/actionableError";
import { wrongFrom } from "../../../provider/diagnosis/finding";

describe("wrongFrom", () => {
  it("takes facts and remedy from the error", () => {
    const verdict = wrongFrom(new ActionableError("It failed", "Try again."), "ask somebody");
    assert.deepEqual(verdict, { state: "wrong", text: "It failed.", fix: "Try again." });
  });

  it("takes the given fix if the error has no remedy", () => {
    for (const error of [new Error("It failed."), new ActionableError("It failed.")])
      assert.deepEqual(wrongFrom(error, "ask somebody"), { state: "wrong", text: "It failed.", fix: "ask somebody" });
  });
});
