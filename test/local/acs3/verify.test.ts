import * as assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { canonicalRequest, signature, stringToSign } from "../../../local/acs3/signature";
import { verify } from "../../../local/acs3/verify";
import type { Refusal } from "../../../local/refusal";
import { World } from "../../../local/world";

describe("ACS3 verification of a form", () => {
  const world = new World({});
  world.addCredential({ accessKeyId: "ak", accessKeySecret: "sk" });
  const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");

  /** What `verify` says to a form that was signed with the hash of another, perhaps. */
  function codeOf(sent: string, hashed = sent, signed = hashed): string | undefined {
    const headers = {
      host: "127.0.0.1",
      "x-acs-action": "UploadUserCertificate",
      "x-acs-content-sha256": sha256(hashed),
      "x-acs-date": new Date().toISOString(),
      "x-acs-signature-nonce": "n0nce",
      "x-acs-version": "2020-04-07",
    };
    const names = Object.keys(headers);
    const request = { method: "POST", path: "/", query: "", headers };
    const text = stringToSign(canonicalRequest({ ...request, bodyHash: sha256(signed) }, names));
    const authorization = `ACS3-HMAC-SHA256 Credential=ak,SignedHeaders=${names.join(";")},Signature=${signature("sk", text)}`;
    try {
      return void verify(world, { ...request, headers: { ...headers, authorization }, body: Buffer.from(sent) });
    } catch (error) {
      return (error as Refusal).code;
    }
  }

  it("takes one that was signed with its own hash", () => assert.equal(codeOf("Name=a"), undefined));
  it("refuses one that was changed on the way", () =>
    assert.equal(codeOf("Name=b", "Name=a"), "SignatureDoesNotMatch"));
  it("refuses a header with another hash than the signed one", () =>
    assert.equal(codeOf("Name=a", "Name=b", "Name=a"), "SignatureDoesNotMatch"));
});
