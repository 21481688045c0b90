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

  describe("of a certificate that renews itself", () => {
    const DAY_MS = 86_400_000;
    const iso = (days: number) => new Date(NOW + days * DAY_MS).toISOString();
    const renewing = (daysLeft: number, dueInDays: number, problem: string | null = null) =>
      assessExpiry(
        evidence({
          bindings: [{ ...BINDING, certificate: { ...CERTIFICATE, validTo: iso(daysLeft) } }],
          renewals: new Map([[CERTIFICATE.certId, { at: iso(dueInDays), problem }]]),
        }),
      );

    it("is right as long as the renewal is to come, or is a daily run late", () => {
      assert.deepEqual(renewing(5, 2), {
        state: "right",
        text: `expires on ${iso(5)}, in 5 days; renews itself on ${iso(2)}`,
      });
      assert.equal(renewing(29, -1.9).state, "right");
    });

    it("is wrong when the renewal is overdue, at the latest half way to the end", () => {
      const { state, text, fix } = renewing(60, -2);
      assert.equal(state, "wrong");
      assert.match(text, /; was to be renewed on 2026-02-27/);
      assert.match(fix ?? "", /pulumi up/);
      assert.equal(renewing(0.9, -1).state, "wrong");
    });

    it("is wrong when it could not be renewed, and says why", () => {
      const { state, text } = renewing(20, 1, "the CA said no");
      assert.equal(state, "wrong");
      assert.match(text, /in 20 days; the CA said no$/);
    });

    it("is wrong when it has expired all the same", () => {
      assert.match(renewing(-0.5, 3).text, /^expired on /);
    });

    it("is that of its own CertId only", () => {
      const renewals = new Map([["8-cn-hangzhou", { at: iso(9), problem: null }]]);
      assert.doesNotMatch(assessExpiry(evidence({ renewals })).text, /renews/);
    });
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
