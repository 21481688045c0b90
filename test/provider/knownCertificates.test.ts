import assert from "node:assert/strict";
import { KnownCertificates } from "../../provider/knownCertificates";

describe("KnownCertificates", () => {
  let known: KnownCertificates;
  beforeEach(() => {
    known = new KnownCertificates();
  });

  it("knows which chains are in a state", () => {
    known.noteInState("d1");
    assert.deepEqual([known.isInState("d1"), known.isInState("d2")], [true, false]);
  });

  it("tells the chain of a CertId", () => {
    known.noteChain({ certId: "1-cn-hangzhou", chainDigest: "d1" });
    assert.equal(known.chainOf("1-cn-hangzhou"), "d1");
    assert.equal(known.chainOf("2-cn-hangzhou"), undefined);
  });

  it("gives the CertIds of a chain, the latest first", () => {
    for (const certId of ["1", "2", "3"]) known.noteChain({ certId, chainDigest: certId === "2" ? "other" : "d1" });
    assert.deepEqual(known.certIdsOf("d1"), ["3", "1"]);
    assert.deepEqual(known.certIdsOf("none"), []);
  });

  for (const chain of [
    { certId: "", chainDigest: "d1" },
    { certId: "1", chainDigest: "" },
  ])
    it(`keeps nothing of ${JSON.stringify(chain)}`, () => {
      known.noteChain(chain);
      assert.deepEqual([known.certIdsOf("d1"), known.chainOf("1")], [[], undefined]);
    });

  it("shows an upload while it is under way", async () => {
    let finish: (certId: string) => void = () => {};
    const upload = known.upload("d1", () => new Promise((resolve) => (finish = resolve)));
    const joined = known.uploadOf("d1");
    assert.equal(known.uploadOf("d2"), undefined);
    finish("1");
    assert.deepEqual(await Promise.all([upload, joined]), ["1", "1"]);
    assert.equal(known.uploadOf("d1"), undefined);
  });

  it("forgets an upload that failed", async () => {
    await assert.rejects(
      known.upload("d1", () => Promise.reject(new Error("refused"))),
      /refused/,
    );
    assert.equal(known.uploadOf("d1"), undefined);
  });
});
