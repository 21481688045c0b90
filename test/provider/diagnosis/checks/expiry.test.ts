import assert from "node:assert/strict";
import { assessExpiry } from "../../../../provider/diagnosis/checks/expiry";
import { BINDING, CERTIFICATE, evidence, NOW, unbound, unreachable } from "../../../support/evidence";

describe("assessExpiry", () => {
  const ending = (validTo: string) =>
    assessExpiry(evidence({ bindings: [{ ...BINDING, certificate: { ...CERTIFICATE, validTo } }] }));
  const endingIn = (days: number) => ending(new Date(NOW + days * 86_400_000).toISOString());

  it("is right with 30 days left", () => {
    assert.deepEqual(endingIn(30), { state: "right", text: "expires on 2026-03-31T00:00:00.000Z, in 30 days" });
  });

  it("is wrong when the certificate expires soon", () => {
    const { state, text, fix } = endingIn(29.9);
    assert.equal(state, "wrong");
    assert.match(text, /, in 29 days$/);
    assert.match(fix ?? "", /pulumi up/);
  });

  it("is wrong when it has expired", () => {
    const { state, text } = endingIn(-0.5);
    assert.equal(state, "wrong");
    assert.match(text, /^expired on /);
  });

  it("is unknown when the expiry cannot be read", () => {
    assert.equal(ending("soon").state, "unknown");
  });

  it("is right without a certificate", () => {
    const { certificate: _, ...plain } = BINDING;
    assert.equal(assessExpiry(evidence({ bindings: [plain] })).state, "right");
  });

  it("is unknown when the domain is not bound, or not known to be", () => {
    assert.equal(assessExpiry(unbound()).state, "unknown");
    assert.equal(assessExpiry(unreachable()).state, "unknown");
  });
});
