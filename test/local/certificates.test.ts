import * as assert from "node:assert/strict";
import { inventCertificate, readCertificate, sha256 } from "../../local/certificates";
import { createAuthority } from "../support/certificates";

describe("certificates", () => {
  it("are invented with the same fingerprint for the same CertId", () => {
    const [one, again, other] = ["1", "1", "2"].map((certId) => inventCertificate(certId, new Date()).fingerprint);
    assert.match(String(one), /^([0-9A-F]{2}:){19}[0-9A-F]{2}$/);
    assert.equal(one, again);
    assert.notEqual(one, other);
  });

  it("are invented valid for a year since yesterday, with dates as OpenSSL writes them", () => {
    const { validFrom, validTo } = inventCertificate("1", new Date("2026-02-03T10:00:00Z"));
    assert.deepEqual([validFrom, validTo], ["Feb  2 10:00:00 2026 GMT", "Feb  2 10:00:00 2027 GMT"]);
  });

  it("are read from PEM", async () => {
    const validTo = new Date("2030-01-01T00:00:00Z");
    const { certificate } = await (await createAuthority()).issue({ names: ["www.example.com"], validTo });
    assert.equal(readCertificate(certificate).validTo, "Jan  1 00:00:00 2030 GMT");
  });

  it("are compared by SHA-256", () => {
    assert.equal(sha256("x"), "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881");
  });
});
