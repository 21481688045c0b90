import assert from "node:assert/strict";
import { checkToken } from "../../../../provider/diagnosis/checks/token";
import { evidence, ossError, unbound, unreachable } from "../../../support/evidence";

describe("checkToken", () => {
  it("is not needed for a bound domain", () => {
    assert.deepEqual(checkToken(evidence()), { state: "right", text: "not needed: the domain is bound" });
  });

  it("is right when there is a valid token", () => {
    assert.deepEqual(checkToken(unbound()), { state: "right", text: "00aa, valid until 2026-03-04T00:00:00.000Z" });
  });

  it("is wrong when there is none", () => {
    assert.deepEqual(checkToken(unbound({ token: ossError("CnameTokenNotFound") })), {
      state: "wrong",
      text: "bucket site has no valid token for www.example.com",
      fix: "declare the domain and run `pulumi up`, which creates a token",
    });
  });

  it("is unknown when it could not be read", () => {
    assert.equal(checkToken(unbound({ token: ossError("AccessDenied") })).state, "unknown");
    assert.equal(checkToken(unreachable()).state, "unknown");
  });
});
