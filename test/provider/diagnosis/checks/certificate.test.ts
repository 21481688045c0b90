import assert from "node:assert/strict";
import { assessCertificate } from "../../../../provider/diagnosis/checks/certificate";
import { BINDING, CERTIFICATE, evidence, unbound, unreachable } from "../../../support/evidence";

describe("assessCertificate", () => {
  const served = (fingerprint: string, validTo = CERTIFICATE.validTo) => ({ fingerprint, validTo: new Date(validTo) });

  it("is right when the bound certificate is served", () => {
    const text = `bound: 7-cn-hangzhou, SHA-1 ${CERTIFICATE.fingerprint}; served: the same`;
    assert.deepEqual(assessCertificate(evidence()), { state: "right", text });
  });

  it("is wrong when another is served", () => {
    const { state, text } = assessCertificate(evidence({ served: served("FF:FF") }));
    assert.equal(state, "wrong");
    assert.match(text, /served: SHA-1 FF:FF, expires on 2026-04-30/);
  });

  it("compares the expiry when the fingerprint is masked", () => {
    const certificate = { ...CERTIFICATE, fingerprint: "0A:**:2D" };
    const bindings = [{ ...BINDING, certificate }];
    assert.equal(assessCertificate(evidence({ bindings })).state, "right");
    const other = served(CERTIFICATE.fingerprint, "2027-01-01T00:00:00.000Z");
    assert.equal(assessCertificate(evidence({ bindings, served: other })).state, "wrong");
  });

  it("is unknown when nothing is served", () => {
    const { state, text } = assessCertificate(evidence({ served: new Error("ECONNREFUSED") }));
    assert.equal(state, "unknown");
    assert.match(text, /served: could not be seen: ECONNREFUSED/);
  });

  it("is right when none is bound: HTTP only", () => {
    const { certificate: _, ...plain } = BINDING;
    assert.equal(assessCertificate(evidence({ bindings: [plain] })).state, "right");
  });

  it("is unknown when the domain is not bound, or not known to be", () => {
    assert.equal(assessCertificate(unbound()).text, "the domain is not bound");
    assert.equal(assessCertificate(unreachable()).state, "unknown");
  });
});
