import assert from "node:assert/strict";
import fc from "fast-check";
import type { Inputs } from "../../../../provider/resources/acmeCertificate/declared";
import {
  changeOf,
  type RecordedCertificate,
  renewal,
  renewalOf,
} from "../../../../provider/resources/acmeCertificate/due";

const DAY = 24 * 3600_000;
const FROM = Date.UTC(2027, 0, 1);
const at = (days: number) => new Date(FROM + days * DAY);
const living = (days: number) => ({ validFrom: at(0).toISOString(), validTo: at(days).toISOString() });
const inputs: Inputs = {
  names: ["a.example.com", "b.example.com"],
  challenge: "dns-01",
  directory: "https://ca.example/directory",
  keyType: "P-256",
};
const recorded: RecordedCertificate = {
  ...{ directory: inputs.directory, keyType: inputs.keyType, certId: "1-cn-hangzhou", covers: inputs.names },
  ...{ status: "Issued", pendingReason: "", fingerprint: "AA", chainDigest: "aa", renewalId: "aki.1", renewAt: "" },
  ...{ renewalProblem: "", superseded: [], ...living(90) },
};

describe("a change of an AcmeCertificate", () => {
  const change = (more: Partial<Inputs>, old: Partial<RecordedCertificate> = {}) =>
    changeOf({ ...recorded, ...old }, { ...inputs, ...more })?.text;

  it("is none where nothing changes, and where names are only taken away", () => {
    assert.equal(change({}), undefined);
    assert.equal(change({ names: ["b.example.com"] }), undefined);
  });

  it("is none where only the way to prove the names changes, or what is done later", () =>
    assert.equal(
      change({ challenge: "http-01", buckets: [{ bucket: "site" }], renewBefore: 40, retire: true }),
      undefined,
    ));

  for (const [what, more, text] of [
    ["a name", { names: [...inputs.names, "c.example.com"] }, "it does not cover c.example.com"],
    ["another CA", { directory: "https://other.example/" }, "another CA: https://other.example/"],
    ["a profile", { profile: "tlsserver" }, "another profile: tlsserver"],
    ["another type of key", { keyType: "RSA-2048" as const }, "another type of key: RSA-2048"],
  ] as const)
    it(`is ${what}`, () => assert.equal(change(more as Partial<Inputs>), text));

  it("is a profile that is taken away", () =>
    assert.equal(change({}, { profile: "tlsserver" }), "another profile: the CA's own"));

  it("is the first certificate", () => assert.equal(change({}, { certId: "pending" }), "there is none yet"));
});

describe("the renewal of a certificate", () => {
  it("is due at a third of its life, and at half of a life of ten days or less", () => {
    assert.deepEqual(renewal(living(90), undefined, undefined).at, at(60));
    assert.deepEqual(renewal(living(47), undefined, undefined).at, new Date(FROM + (47 * DAY * 2) / 3));
    assert.deepEqual(renewal(living(10), undefined, undefined).at, at(5));
    assert.deepEqual(renewal(living(6), undefined, undefined).at, at(3));
  });

  it("is due when the CA recommends it, earlier or later", () => {
    for (const days of [-1, 20, 80]) assert.deepEqual(renewal(living(90), undefined, { at: at(days) }).at, at(days));
  });

  it("is due as many days before the end as the user says, whatever the CA recommends", () =>
    assert.deepEqual(renewal(living(90), 40, { at: at(10) }).at, at(50)));

  it("is never due at once, however many days before the end are asked for", () => {
    assert.deepEqual(renewal(living(6), 30, undefined).at, at(2));
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 400 }), fc.integer({ min: 1, max: 1000 }), (life, before) => {
        const { at: moment } = renewal(living(life), before, undefined);
        assert.ok(moment.getTime() >= FROM + (life * DAY) / 3 - 1);
      }),
    );
  });

  const due = (days: number, more: { renewBefore?: number; at?: Date; explanationUrl?: string } = {}) =>
    renewalOf(recorded, more, more.at && { ...more, at: more.at }, at(days).getTime());

  it("is a reason from that moment on and not before", () => {
    assert.equal(due(60 - 1e-6), undefined);
    assert.equal(due(60)?.isRenewal, true);
  });

  it("says since when, by whom, and how much is left", () => {
    assert.equal(
      due(62.5)?.text,
      "due since 2027-03-02T00:00:00.000Z, with a third of its life left; 27 of 90 days left",
    );
    assert.match(
      String(due(3, { at: at(2), explanationUrl: "https://ca.example/why" })?.text),
      /as the CA recommends \(https:\/\/ca\.example\/why\); 87 of 90 days left$/,
    );
    assert.match(String(due(80, { renewBefore: 20 })?.text), /20 days before its end; 10 of 90 days left$/);
    assert.match(String(due(95)?.text), /; 0 of 90 days left$/);
  });
});
