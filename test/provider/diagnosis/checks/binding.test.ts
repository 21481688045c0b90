import assert from "node:assert/strict";
import { assessBinding } from "../../../../provider/diagnosis/checks/binding";
import { BINDING, evidence, unbound, unreachable } from "../../../support/evidence";

describe("assessBinding", () => {
  it("is right when the bucket lists the domain", () => {
    const text = "bound to bucket site since 2026-01-02T00:00:00.000Z, Enabled";
    assert.deepEqual(assessBinding(evidence()), { state: "right", text });
  });

  it("finds the domain in any letter case", () => {
    assert.equal(assessBinding(evidence({ bindings: [{ ...BINDING, domain: "WWW.Example.com" }] })).state, "right");
  });

  it("is wrong when the binding is disabled", () => {
    const { state, text } = assessBinding(evidence({ bindings: [{ ...BINDING, status: "Disabled" }] }));
    assert.equal(state, "wrong");
    assert.match(text, /bound to bucket site .*Disabled/);
  });

  it("is wrong when the bucket does not list the domain", () => {
    const { state, fix } = assessBinding(unbound());
    assert.equal(state, "wrong");
    assert.match(fix ?? "", /pulumi up/);
  });

  it("is unknown when the bucket was not listed", () => {
    assert.equal(assessBinding(unreachable()).state, "unknown");
  });
});
