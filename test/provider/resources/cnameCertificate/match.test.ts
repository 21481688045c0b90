import assert from "node:assert/strict";
import type { CertificateInfo } from "../../../../provider/oss/xml";
import type { Certificate } from "../../../../provider/pem";
import type { DesiredCertificate } from "../../../../provider/resources/cnameCertificate/desired";
import {
  isForeign,
  matchesDesired,
  matchesSent,
  type RecordedCertificate,
} from "../../../../provider/resources/cnameCertificate/match";

const bytes = (first: number) => Array.from({ length: 20 }, (_, index) => (first + index).toString(16).toUpperCase());
const fingerprint = bytes(0x10).join(":");
const another = bytes(0x40).join(":");
/** With all but the first `visible` bytes masked. */
const masked = (visible: number, of = bytes(0x10)) => of.map((byte, at) => (at < visible ? byte : "**")).join(":");

const FROM = new Date("2030-01-01T00:00:00Z");
const TO = new Date("2030-04-01T00:00:00Z");
const listed: CertificateInfo = {
  certId: "1-cn-hangzhou",
  type: "CAS",
  status: "Enabled",
  creationDate: "",
  fingerprint,
  validStartDate: "Tue, 01 Jan 2030 00:00:00 GMT",
  validEndDate: "Mon, 01 Apr 2030 00:00:00 GMT",
};
const read = { fingerprint, chainDigest: "d1", validFrom: FROM, validTo: TO } as Certificate;
const pair: DesiredCertificate = { pair: { certificate: "chain", privateKey: "key", read } };
const byId = (certId: string): DesiredCertificate => ({ certId });
const recorded: RecordedCertificate = {
  bucket: "site",
  domain: "www.example.com",
  certId: "1-cn-hangzhou",
  chainDigest: "d1",
  fingerprint,
  validFrom: FROM.toISOString(),
  validTo: TO.toISOString(),
  status: "Enabled",
};
const unknownChain = () => undefined;

describe("matchesDesired", () => {
  describe("compares leaves by what the list shows", () => {
    const cases: [title: string, shown: Partial<CertificateInfo>, matches: boolean][] = [
      ["the same fingerprint", {}, true],
      ["the same fingerprint in lower case", { fingerprint: fingerprint.toLowerCase() }, true],
      ["the same fingerprint with other dates, which do not matter then", { validEndDate: "" }, true],
      ["another fingerprint with the same dates", { fingerprint: another }, false],
      ["a masked fingerprint with the same dates", { fingerprint: masked(6) }, true],
      ["a masked fingerprint that differs where it is visible", { fingerprint: masked(6, bytes(0x40)) }, false],
      ["a masked fingerprint with another end", { fingerprint: masked(6), validEndDate: listed.validStartDate }, false],
      ["a masked fingerprint without dates", { fingerprint: masked(6), validStartDate: "" }, false],
      ["a fingerprint of which too little is visible", { fingerprint: masked(3) }, false],
      ["a fingerprint of which just enough is visible", { fingerprint: masked(4) }, true],
      ["a fingerprint that is too short", { fingerprint: bytes(0x10).slice(0, 16).join(":") }, false],
      ["no fingerprint", { fingerprint: "" }, false],
    ];
    for (const [title, shown, matches] of cases)
      it(`${matches ? "equal" : "different"}: ${title}`, () =>
        assert.equal(matchesDesired({ ...listed, ...shown }, pair, undefined, unknownChain), matches));
  });

  it("finds nothing where no certificate is listed", () =>
    assert.equal(matchesDesired(undefined, pair, undefined, unknownChain), false));

  it("compares a desired CertId with the listed one, whatever the fingerprint", () => {
    assert.equal(matchesDesired({ ...listed, fingerprint: "" }, byId("1-cn-hangzhou"), undefined, unknownChain), true);
    assert.equal(matchesDesired(listed, byId("2-cn-hangzhou"), undefined, unknownChain), false);
  });

  it("compares chains, and not leaves, where the chain of the CertId is known", () => {
    assert.equal(
      matchesDesired({ ...listed, fingerprint: another }, pair, undefined, () => "d1"),
      true,
    );
    assert.equal(
      matchesDesired(listed, pair, undefined, () => "d0"),
      false,
    );
  });

  it("does not trust the leaf where only the rest of the chain has changed", () =>
    assert.equal(matchesDesired(listed, pair, { ...recorded, chainDigest: "d0" }, unknownChain), false));

  const trusted: [title: string, state: RecordedCertificate][] = [
    ["the state has the same chain", recorded],
    ["the state has another leaf and another chain", { ...recorded, fingerprint: another, chainDigest: "d0" }],
  ];
  for (const [title, state] of trusted)
    it(`trusts the leaf where ${title}`, () => assert.equal(matchesDesired(listed, pair, state, unknownChain), true));

  it("trusts the leaf where the state has it from a CertId, with no chain", () =>
    assert.equal(matchesDesired(listed, pair, { ...recorded, chainDigest: "" }, unknownChain), true));
});

describe("matchesSent", () => {
  it("knows a CertId that was sent by the CertId", () => {
    assert.equal(matchesSent(listed, { certId: "1-cn-hangzhou" }, pair), true);
    assert.equal(matchesSent(listed, { certId: "2-cn-hangzhou" }, pair), false);
  });

  it("knows a pair that was sent by its leaf", () => {
    assert.equal(matchesSent(listed, { certificate: "chain", privateKey: "key" }, pair), true);
    assert.equal(matchesSent({ ...listed, fingerprint: another }, { certificate: "chain" }, pair), false);
  });
});

describe("isForeign", () => {
  const foreign = { ...listed, certId: "9-cn-hangzhou", fingerprint: another };
  const cases: [title: string, Partial<CertificateInfo>, DesiredCertificate, RecordedCertificate?][] = [
    ["the desired CertId", { certId: "9-cn-hangzhou", fingerprint: another }, byId("9-cn-hangzhou")],
    ["the desired leaf under another CertId", { certId: "9-cn-hangzhou" }, pair],
    ["the recorded leaf under another CertId", { certId: "9-cn-hangzhou" }, byId("2-cn-hangzhou"), recorded],
    [
      "the recorded leaf, in lower case in the state",
      { certId: "9-cn-hangzhou" },
      byId("2-cn-hangzhou"),
      { ...recorded, fingerprint: fingerprint.toLowerCase() },
    ],
  ];
  for (const [title, shown, desired, state] of cases)
    it(`is false for ${title}`, () => assert.equal(isForeign({ ...listed, ...shown }, desired, state), false));

  it("is true for a certificate that is neither desired nor recorded", () => {
    assert.equal(isForeign(foreign, pair, recorded), true);
    assert.equal(isForeign(foreign, byId("2-cn-hangzhou"), undefined), true);
  });

  it("is true where the state has only a part of a fingerprint", () => {
    const part = { ...recorded, fingerprint: bytes(0x10).slice(0, 19).join(":") };
    const shown = { ...listed, certId: "9-cn-hangzhou", fingerprint: masked(6) };
    assert.equal(isForeign(shown, byId("2-cn-hangzhou"), part), true);
  });

  it("is true where the state has no dates to compare a masked fingerprint with", () =>
    assert.equal(
      isForeign({ ...listed, certId: "9-cn-hangzhou", fingerprint: masked(6) }, byId("2-cn-hangzhou"), {
        ...recorded,
        validFrom: "",
        validTo: "",
      }),
      true,
    ));
});
