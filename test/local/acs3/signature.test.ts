import * as assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { canonicalRequest, parseAuthorization, signature, stringToSign } from "../../../local/acs3/signature";

const EMPTY_HASH = createHash("sha256").digest("hex");

describe("ACS3 signature", () => {
  const vectors = [
    {
      title: "in the documentation",
      host: "ecs.cn-shanghai.aliyuncs.com",
      action: "RunInstances",
      version: "2014-05-26",
      date: "2023-10-26T10:22:32Z",
      nonce: "3156853299f313e23d1673dc12e1703d",
      query: "RegionId=cn-shanghai&ImageId=win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd",
      secret: "YourAccessKeySecret",
      hash: "7ea06492da5221eba5297e897ce16e55f964061054b7695beedaac1145b1e259",
      expected: "06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0",
    },
    {
      title: "of AddDomainRecord",
      host: "alidns.aliyuncs.com",
      action: "AddDomainRecord",
      version: "2015-01-09",
      date: "2023-12-16T16:20:57Z",
      nonce: "n0nce",
      query: "Value=0123456789abcdef0123456789abcdef&DomainName=example.com&RR=_dnsauth.image&Type=TXT&TTL=600",
      secret: "sk",
      hash: "347bd5970848cde26c8ffe20f9aebc6f6fe2e1076d9275ae051cad3fe7adda5b",
      expected: "98e081d8b7d00e3573a45ef612625cd8b27fd0a6d6daf21d72fff8ed2407df09",
    },
  ];
  for (const { title, host, action, version, date, nonce, query, secret, hash, expected } of vectors)
    it(`computes each step of the example ${title}`, () => {
      const headers = {
        host,
        "x-acs-action": action,
        "x-acs-content-sha256": EMPTY_HASH,
        "x-acs-date": date,
        "x-acs-signature-nonce": nonce,
        "x-acs-version": version,
      };
      const names = Object.keys(headers).sort();
      const canonical = canonicalRequest({ method: "POST", path: "/", query, headers, bodyHash: EMPTY_HASH }, names);
      assert.equal(stringToSign(canonical), `ACS3-HMAC-SHA256\n${hash}`);
      assert.equal(signature(secret, stringToSign(canonical)), expected);
      assert.notEqual(signature(secret, stringToSign(canonical.replace("POST", "GET"))), expected);
    });

  it("is parsed from its header, with and without blanks", () => {
    const expected = { accessKeyId: "ak", signedHeaders: ["host", "x-acs-date"], signature: "0a" };
    assert.deepEqual(
      parseAuthorization("ACS3-HMAC-SHA256 Credential=ak,SignedHeaders=host;x-acs-date,Signature=0a"),
      expected,
    );
    assert.deepEqual(
      parseAuthorization("ACS3-HMAC-SHA256 Credential=ak, SignedHeaders=host;x-acs-date, Signature=0a"),
      expected,
    );
    assert.equal(parseAuthorization("OSS ak:0a"), undefined);
  });
});
