import assert from "node:assert/strict";
import { assessToken } from "../../../../provider/diagnosis/checks/token";
import { evidence, ossError, unbound, unreachable } from "../../../support/evidence";

describe("assessToken", () => {
  it("is not needed for a bound domain", () => {
    assert.deepEqual(assessToken(evidence()), { state: "right", text: "not needed: the domain is bound" });
  });

  it("is right when there is a valid token", () => {
    assert.deepEqual(assessToken(unbound()), { state: "right", text: "00aa, valid until 2026-03-04T00:00:00.000Z" });
  });

  it("is wrong when there is none", () => {
    assert.deepEqual(assessToken(unbound({ token: ossError("CnameTokenNotFound") })), {
      state: "wrong",
      text: "bucket site has no valid token for www.example.com",
      fix: "declare the domain and run `pulumi up`, which creates a token",
    });
  });

  it("is unknown when it could not be read", () => {
    assert.equal(assessToken(unbound({ token: ossError("AccessDenied") })).state, "unknown");
    assert.equal(assessToken(unreachable()).state, "unknown");
  });
});
