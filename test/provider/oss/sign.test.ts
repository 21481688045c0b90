import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import {
  additionalHeadersV4,
  authorizationV1,
  authorizationV4,
  canonicalizedResourceV1,
  canonicalRequestV4,
  type SignableRequest,
  signatureV1,
  signatureV4,
  signingKeyV4,
  signV1,
  signV4,
  stringToSignV1,
  stringToSignV4,
} from "../../../provider/oss/sign";

const credentials = { accessKeyId: "ak", accessKeySecret: "sk" };
const region = { region: "cn-hangzhou", product: "oss" };
const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");
const signatureOf = (headers: Record<string, string>) => headers.authorization?.split(/Signature=|:/).at(-1);

describe("signature V4, published vectors", () => {
  const base: SignableRequest = {
    method: "PUT",
    bucket: "bucket",
    key: "1234+-/123/1.txt",
    query: "%2Bparam1=value3&%2Bparam2=&param1=value1&param2=&%7Cparam1=value4&%7Cparam2=",
    headers: { "x-oss-head1": "value", abc: "value", ZAbc: "value", XYZ: "value", "content-type": "text/plain" },
  };
  const at = (seconds: number) => new Date(seconds * 1000);

  it("1: each step", () => {
    const headers = {
      ...base.headers,
      "x-oss-content-sha256": "UNSIGNED-PAYLOAD",
      "x-oss-date": "20231216T162057Z",
    };
    const canonical = canonicalRequestV4({ ...base, headers });
    assert.equal(
      canonical,
      "PUT\n/bucket/1234%2B-/123/1.txt\n" +
        "%2Bparam1=value3&%2Bparam2&%7Cparam1=value4&%7Cparam2&param1=value1&param2\n" +
        "content-type:text/plain\nx-oss-content-sha256:UNSIGNED-PAYLOAD\nx-oss-date:20231216T162057Z\nx-oss-head1:value\n" +
        "\n\nUNSIGNED-PAYLOAD",
    );
    const hash = "f4613657f1b108998e8dbd10a1aa5da621dc2c6e02c9ddec0f163664848704c4";
    assert.equal(sha256(canonical), hash);
    const scope = { date: "20231216", ...region };
    const text = stringToSignV4("20231216T162057Z", scope, canonical);
    assert.equal(text, `OSS4-HMAC-SHA256\n20231216T162057Z\n20231216/cn-hangzhou/oss/aliyun_v4_request\n${hash}`);
    const key = signingKeyV4("sk", scope);
    assert.equal(key.toString("hex"), "b412a03b134ebddd720f5167b5de6db66620ebb3b01cff4d49e3ccb09f8de97f");
    const signature = signatureV4(key, text);
    assert.equal(signature, "e21d18daa82167720f9b1047ae7e7f1ce7cb77a31e8203a7d5f4624fa0284afe");
    assert.deepEqual(signV4(base, credentials, region, at(1702743657)), {
      "x-oss-content-sha256": "UNSIGNED-PAYLOAD",
      "x-oss-date": "20231216T162057Z",
      authorization: `OSS4-HMAC-SHA256 Credential=ak/20231216/cn-hangzhou/oss/aliyun_v4_request,Signature=${signature}`,
    });
  });

  it("2: temporary credentials", () => {
    const headers = signV4(base, { ...credentials, securityToken: "token" }, region, at(1702784856));
    assert.equal(headers["x-oss-security-token"], "token");
    assert.match(headers.authorization ?? "", /Credential=ak\/20231217\//);
    assert.equal(signatureOf(headers), "b94a3f999cf85bcdc00d332fbd3734ba03e48382c36fa4d5af5df817395bd9ea");
  });

  it("3: additional headers", () => {
    for (const names of [
      ["ZAbc", "abc"],
      ["x-oss-no-exist", "ZAbc", "x-oss-head1", "abc"],
    ]) {
      const headers = signV4(base, credentials, region, at(1702747512), names);
      assert.match(headers.authorization ?? "", /aliyun_v4_request,AdditionalHeaders=abc;zabc,Signature=/);
      assert.equal(signatureOf(headers), "4a4183c187c07c8947db7620deb0a6b38d9fbdd34187b6dbaccb316fa251212f");
    }
  });

  it("4: Cloud Box", () => {
    const headers = signV4(base, credentials, { region: "cb-123", product: "oss-cloudbox" }, at(1702743657));
    assert.match(headers.authorization ?? "", /\/cb-123\/oss-cloudbox\//);
    assert.equal(signatureOf(headers), "94ce1f12c17d148ea681030275a94449d3357f5b5b21133996eec80af3e08a43");
  });

  it("5: order of headers", () => {
    const meta = { zzz: "value1", aaa: "value2", 123: "value3", abc123: "value4", "abc-123": "value5" };
    const rest = { abc_123: "value6", ABC: "value7" };
    const entries = Object.entries({ ...meta, ...rest }).map(([name, value]) => [`x-oss-meta-${name}`, value]);
    const headers = {
      ...Object.fromEntries(entries),
      "content-type": "application/json",
      "content-md5": "md5hash",
    };
    const signed = signV4({ ...base, headers }, credentials, region, at(1702743657));
    assert.equal(signatureOf(signed), "3e9a6ebd7789767059589cc62116d9e4ebc4787e11b937f1683d0f344cf2693e");
  });

  it("of the documentation", () => {
    const request = {
      method: "PUT",
      bucket: "examplebucket",
      key: "exampleobject",
      query: "",
      headers: {
        "Content-Disposition": "attachment",
        "Content-Length": "3",
        "Content-MD5": "ICy5YqxZB1uWSwcVLSNLcA==",
        "Content-Type": "text/plain",
        "x-oss-content-sha256": "UNSIGNED-PAYLOAD",
        "x-oss-date": "20250411T064124Z",
      },
    };
    const additional = additionalHeadersV4(request.headers, ["content-disposition", "content-length"]);
    const canonical = canonicalRequestV4(request, additional);
    assert.equal(sha256(canonical), "c46d96390bdbc2d739ac9363293ae9d710b14e48081fcb22cd8ad54b63136eca");
    const scope = { date: "20250411", ...region };
    const text = stringToSignV4("20250411T064124Z", scope, canonical);
    const printedKey = Buffer.from("3543b7686e65eda71e5e5ca19d548d78423c37e8ddba4dc9d83f90228b457c76", "hex");
    assert.equal(signatureV4(printedKey, text), "053edbf550ebd239b32a9cdfd93b0b2b3f2d223083aa61f75e9ac16856d61f23");
    // The printed placeholder secret is not the one the printed key was derived from.
    const key = signingKeyV4("yourAccessKeySecret", scope);
    assert.equal(key.toString("hex"), "8a01ff4efcc65ca2cbc75375045c61ab5f3fa8b9a2d84f0add27ef16a25feb3c");
    assert.equal(signatureV4(key, text), "d3694c2dfc5371ee6acd35e88c4871ac95a7ba01d3a2f476768fe61218590097");
  });
});

describe("signature V1, published vectors", () => {
  const put: SignableRequest = {
    method: "PUT",
    bucket: "examplebucket",
    key: "nelson",
    query: "",
    headers: {
      "Content-MD5": "eB5eJF1ptWaXm4bijSPyxw==",
      "Content-Type": "text/html",
      "x-oss-meta-author": "alice",
      "x-oss-meta-magic": "abracadabra",
      "x-oss-date": "Wed, 28 Dec 2022 10:27:41 GMT",
    },
  };
  const get = { method: "GET", bucket: "examplebucket", headers: { "x-oss-date": "Wed, 28 Dec 2022 10:27:41 GMT" } };

  it("1: each step", () => {
    assert.equal(canonicalizedResourceV1(put), "/examplebucket/nelson");
    const text = stringToSignV1(put);
    assert.equal(
      text,
      "PUT\neB5eJF1ptWaXm4bijSPyxw==\ntext/html\nWed, 28 Dec 2022 10:27:41 GMT\n" +
        "x-oss-date:Wed, 28 Dec 2022 10:27:41 GMT\nx-oss-meta-author:alice\nx-oss-meta-magic:abracadabra\n" +
        "/examplebucket/nelson",
    );
    assert.equal(signatureV1("sk", text), "kSHKmLxlyEAKtZPkJhG9bZb5k7M=");
    assert.equal(authorizationV1("ak", "kSHKmLxlyEAKtZPkJhG9bZb5k7M="), "OSS ak:kSHKmLxlyEAKtZPkJhG9bZb5k7M=");
  });

  const cases: [query: SignableRequest, resource: string, signature: string][] = [
    [{ ...put, query: "acl" }, "/examplebucket/nelson?acl", "/afkugFbmWDQ967j1vr6zygBLQk="],
    [
      { ...get, query: "resourceGroup&non-resousce=null" },
      "/examplebucket/?resourceGroup",
      "vkQmfuUDyi1uDi3bKt67oemssIs=",
    ],
    [{ ...get, query: "resourceGroup&acl" }, "/examplebucket/?acl&resourceGroup", "x3E5TgOvl/i7PN618s5mEvpJDYk="],
  ];
  for (const [index, [request, resource, signature]] of cases.entries()) {
    it(`${index + 2}: ?${request.query}`, () => {
      assert.equal(canonicalizedResourceV1(request), resource);
      assert.ok(stringToSignV1(request).endsWith(`\n${resource}`));
      assert.equal(signatureV1("sk", stringToSignV1(request)), signature);
    });
  }
});

describe("signatures of the custom-domain operations", () => {
  const time = new Date(1702743657 * 1000);
  const type = { "content-type": "application/xml" };
  const md5 = { "content-md5": "9Dv1Mlxy/KHbVbtcyQVfkQ==" };
  const emptyMd5 = { "content-md5": "1B2M2Y8AsgTpgAmY7PhCfg==" };

  interface Case {
    name: string;
    method: string;
    query: string;
    headers: Record<string, string>;
    securityToken?: string;
    resource: string;
    canonicalHash: string;
    v4: string;
    v1: string;
  }
  const cases: Case[] = [
    {
      name: "A PutCname",
      method: "POST",
      query: "cname&comp=add",
      headers: { ...type, ...md5 },
      resource: "/examplebucket/?cname&comp=add",
      canonicalHash: "94bc16d688a896ee8c8d84f4f3274e29139e406b8db6584ca1f1895786b9f138",
      v4: "36577030c369abc7696323863616a2c0d882f1ccbc019826127bdc56f2636e1d",
      v1: "0c1KIfL1QvHgAIxBjiQqzAOLS54=",
    },
    {
      name: "B PutCname without Content-MD5",
      method: "POST",
      query: "cname&comp=add",
      headers: type,
      resource: "/examplebucket/?cname&comp=add",
      canonicalHash: "79181efac36f532a9f9622319da38f6279c25122ea6d1626c28caa2b17073f6c",
      v4: "4a00e039a9ea327912da3b82adcb05ba47ab711e277027c4b3f8d38a6951dfc8",
      v1: "SLzn99v3y18VlSspYyix4bEmWOs=",
    },
    {
      name: "C PutCname with a security token",
      method: "POST",
      query: "cname&comp=add",
      headers: { ...type, ...md5 },
      securityToken: "token",
      resource: "/examplebucket/?cname&comp=add",
      canonicalHash: "119738d22c57c14ebd4c403f8fd84907811ce1622bb0eeafea10893aeeab53a2",
      v4: "02c58f447601eb98eb42367a5286240631e6dd3a59c3a709bd691907a9a94e5d",
      v1: "OpmDV2SI1aPCP/XaZTzKW918yjk=",
    },
    {
      name: "D DeleteCname",
      method: "POST",
      query: "cname&comp=delete",
      headers: { ...type, ...md5 },
      resource: "/examplebucket/?cname&comp=delete",
      canonicalHash: "a437d032fd481612cf2645571caf40a7b5f9f6f89673e42f4389a5ca163b8003",
      v4: "cc1408cc91aac7df41fd9a34183a764cc1924a162310ee790fb85a9e4eaf3531",
      v1: "KTDeRoKChLhgdlnsubQ1kTlHLK8=",
    },
    {
      name: "E CreateCnameToken",
      method: "POST",
      query: "cname&comp=token",
      headers: { ...type, ...md5 },
      resource: "/examplebucket/?cname&comp=token",
      canonicalHash: "209ef49b91ab75207f38ab39d480f40a169c2904b336493b5ec233c5933d252f",
      v4: "f7887fd92a22a5097f035a821f28476b00fae55389901b659753f09f565dde29",
      v1: "NkLyeEid79CWG3telPnMCoQJpxs=",
    },
    {
      name: "F ListCname, bare",
      method: "GET",
      query: "cname",
      headers: {},
      resource: "/examplebucket/?cname",
      canonicalHash: "7e837c4c84b80b8fa8cdf40fa5b0b3fd89fbcbb28823a5f61b2765609f97013e",
      v4: "d809640f42991a91d0ae8f66915cc758e0ad085814867f056529991fd4b55f00",
      v1: "uo7LRCRqJYAveik2pRI8X5smZnk=",
    },
    {
      name: "G ListCname",
      method: "GET",
      query: "cname",
      headers: { ...type, ...emptyMd5 },
      resource: "/examplebucket/?cname",
      canonicalHash: "76aab0fb4d450817635dbd024b5af65177e0f05ed6415a367bec837971a78e34",
      v4: "1164902e71a8a67662e334a1497ceeac79c6b0dbab7717e9bb551dfd18bbbd78",
      v1: "rwMed+cONbePk2hhahHfxdM9hQI=",
    },
    {
      name: "H GetCnameToken",
      method: "GET",
      query: "cname=example.com&comp=token",
      headers: {},
      resource: "/examplebucket/?cname=example.com&comp=token",
      canonicalHash: "5cf88260050e1b3fadc9ade2e117a29c865cd7277c4fae908ccee03daf36b78b",
      v4: "a4f45a6e4278a042c1b6dfe9835bb45a24d1f60ec3c2ffe13cfe6fc9ea23d90b",
      v1: "bY9WHNRajCDETdKa+p5ubK3NCX8=",
    },
    {
      name: "I GetCnameToken with a security token",
      method: "GET",
      query: "comp=token&cname=example.com",
      headers: {},
      securityToken: "token",
      resource: "/examplebucket/?cname=example.com&comp=token",
      canonicalHash: "2c1810632793458579ecdb352a0eaf51ae8a49fc6ddfc573a4028c76855e2c47",
      v4: "7e57292a61b88b5d2122e685c958cd5430492a34246ad9ba665413956950d50e",
      v1: "9K62UySHT8jbDJMMDB7pkEP1n5c=",
    },
  ];

  for (const { name, securityToken, resource, canonicalHash, v4, v1, ...rest } of cases) {
    const request = { ...rest, bucket: "examplebucket" };
    const caller = securityToken ? { ...credentials, securityToken } : credentials;

    it(`${name}, V4`, () => {
      const { authorization, ...added } = signV4(request, caller, region, time);
      const canonical = canonicalRequestV4({ ...request, headers: { ...request.headers, ...added } });
      assert.equal(sha256(canonical), canonicalHash);
      assert.equal(
        stringToSignV4("20231216T162057Z", { date: "20231216", ...region }, canonical),
        `OSS4-HMAC-SHA256\n20231216T162057Z\n20231216/cn-hangzhou/oss/aliyun_v4_request\n${canonicalHash}`,
      );
      assert.equal(
        authorization,
        `OSS4-HMAC-SHA256 Credential=ak/20231216/cn-hangzhou/oss/aliyun_v4_request,Signature=${v4}`,
      );
    });

    it(`${name}, V1`, () => {
      const { authorization, ...added } = signV1(request, caller, time);
      assert.equal(
        stringToSignV1({ ...request, headers: { ...request.headers, ...added } }),
        `${request.method}\n${request.headers["content-md5"] ?? ""}\n${request.headers["content-type"] ?? ""}\n` +
          `Sat, 16 Dec 2023 16:20:57 GMT\n${securityToken ? "x-oss-security-token:token\n" : ""}${resource}`,
      );
      assert.equal(authorization, `OSS ak:${v1}`);
    });
  }

  it("A: the canonical request in full", () => {
    const headers = {
      ...type,
      ...md5,
      "x-oss-content-sha256": "UNSIGNED-PAYLOAD",
      "x-oss-date": "20231216T162057Z",
    };
    const lines = [
      "POST",
      "/examplebucket/",
      "cname&comp=add",
      "content-md5:9Dv1Mlxy/KHbVbtcyQVfkQ==",
      "content-type:application/xml",
      "x-oss-content-sha256:UNSIGNED-PAYLOAD",
      "x-oss-date:20231216T162057Z",
      "",
      "",
      "UNSIGNED-PAYLOAD",
    ];
    for (const query of ["cname&comp=add", "cname=&comp=add", "comp=add&cname"]) {
      const request = { method: "POST", bucket: "examplebucket", query, headers };
      assert.equal(canonicalRequestV4(request), lines.join("\n"));
    }
  });

  it("J: with host as additional header", () => {
    const headers = { ...type, ...md5, host: "examplebucket.oss-cn-hangzhou.aliyuncs.com" };
    const request = { method: "POST", bucket: "examplebucket", query: "cname&comp=add", headers };
    const signed = signV4(request, credentials, region, time, ["host"]);
    assert.equal(
      signed.authorization,
      authorizationV4(
        "ak",
        { date: "20231216", ...region },
        ["host"],
        "06ce0517fa0ffb2e06c116482c3c6b6b549af4de85d33970d2a4df1f380d8334",
      ),
    );
  });
});

describe("verifying what real clients sent", () => {
  it("ossutil's V4, which has no x-oss-date", () => {
    const date = "Sun, 22 Nov 2026 09:54:33 GMT";
    const headers = { Date: date, "X-Oss-Content-Sha256": "UNSIGNED-PAYLOAD", "Accept-Encoding": "gzip" };
    const canonical = canonicalRequestV4({ method: "GET", bucket: "site1", query: "cname", headers });
    const scope = { date: "20261122", ...region };
    assert.equal(
      signatureV4(signingKeyV4("sk", scope), stringToSignV4(date, scope, canonical)),
      "a55a22aaabab4a16bb0bb0120853e4ed3267720fc63b3fc1bc75e83892dc45bc",
    );
  });

  it("ossutil's V1", () => {
    const headers = { date: "Sun, 22 Nov 2026 09:54:32 GMT" };
    const request = { method: "GET", bucket: "site1", query: "cname=v1.example.com&comp=token", headers };
    assert.equal(signatureV1("sk", stringToSignV1(request)), "pfRj2DlHM+9aF2NWJfqdRVcrMJA=");
  });

  it("a query that cannot be decoded does not throw", () => {
    assert.equal(
      canonicalizedResourceV1({ method: "GET", bucket: "b", query: "cname=%zz", headers: {} }),
      "/b/?cname=%zz",
    );
  });
});
