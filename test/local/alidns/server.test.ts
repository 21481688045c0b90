import * as assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { Resolver } from "node:dns/promises";
import OpenApiClient, { $OpenApiUtil } from "@alicloud/openapi-core";
import { type Cloud, type CloudOptions, startCloud } from "../../../local";
import { canonicalRequest, parseAuthorization, signature, stringToSign } from "../../../local/alidns/acs3";

const emptyHash = createHash("sha256").digest("hex");

describe("ACS3 signature", () => {
  const vectors = [
    {
      title: "of the documentation",
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
    it(`${title}: each step`, () => {
      const headers = {
        host,
        "x-acs-action": action,
        "x-acs-content-sha256": emptyHash,
        "x-acs-date": date,
        "x-acs-signature-nonce": nonce,
        "x-acs-version": version,
      };
      const names = Object.keys(headers).sort();
      const canonical = canonicalRequest({ method: "POST", path: "/", query, headers, bodyHash: emptyHash }, names);
      assert.equal(stringToSign(canonical), `ACS3-HMAC-SHA256\n${hash}`);
      assert.equal(signature(secret, stringToSign(canonical)), expected);
      assert.notEqual(signature(secret, stringToSign(canonical.replace("POST", "GET"))), expected);
    });

  it("is read from its header, with and without blanks", () => {
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

describe("Alidns emulator, asked by the official client", () => {
  let cloud: Cloud;

  const start = async (options: CloudOptions = {}) => {
    cloud = await startCloud({ zones: ["example.com", "sub.example.com"], ...options });
  };
  afterEach(() => cloud.close());

  type Reply = { [name: string]: unknown };

  async function send(
    action: string,
    query: Record<string, string>,
    by: Partial<$OpenApiUtil.Config> & { form?: boolean } = {},
  ) {
    const { form, ...config } = by;
    const client = new OpenApiClient(
      new $OpenApiUtil.Config({
        accessKeyId: "ak",
        accessKeySecret: "sk",
        endpoint: cloud.alidns.replace("http://", ""),
        protocol: "http",
        ...config,
      }),
    );
    const params = new $OpenApiUtil.Params({
      action,
      version: "2015-01-09",
      protocol: "HTTP",
      pathname: "/",
      method: "POST",
      authType: "AK",
      style: "RPC",
      reqBodyType: "formData",
      bodyType: "json",
    });
    const request = new $OpenApiUtil.OpenApiRequest(form ? { body: query } : { query });
    const { body } = await client.callApi(params, request, {} as Parameters<OpenApiClient["callApi"]>[2]);
    return body as Reply;
  }

  const codeOf = (promise: Promise<unknown>) =>
    promise.then(
      () => undefined,
      (error: { code?: string }) => error.code,
    );

  const txt = { DomainName: "example.com", RR: "_dnsauth.www", Type: "TXT", Value: "token one+two" };

  const lookUp = (name: string) => {
    const resolver = new Resolver();
    resolver.setServers([cloud.dns]);
    return resolver.resolveTxt(name).then(
      (records) => records.flat(),
      (error: NodeJS.ErrnoException) => error.code,
    );
  };

  it("adds, changes and deletes a record, and DNS follows", async () => {
    await start();
    const { RecordId, RequestId } = await send("AddDomainRecord", txt);
    assert.match(String(RequestId), /^[0-9A-F-]{36}$/);
    assert.deepEqual(await lookUp("_dnsauth.www.example.com"), ["token one+two"]);
    await send(
      "UpdateDomainRecord",
      { RecordId: String(RecordId), RR: "_dnsauth.www", Type: "TXT", Value: "new" },
      { form: true },
    );
    assert.deepEqual(await lookUp("_dnsauth.www.example.com"), ["new"]);
    const found = (await send("DescribeSubDomainRecords", { SubDomain: "_dnsauth.www.example.com" })) as {
      TotalCount: number;
      DomainRecords: { Record: Reply[] };
    };
    assert.deepEqual(found.DomainRecords.Record, [
      {
        RecordId,
        DomainName: "example.com",
        RR: "_dnsauth.www",
        Type: "TXT",
        Value: "new",
        TTL: 600,
        Line: "default",
        Status: "ENABLE",
        Locked: false,
        Weight: 1,
      },
    ]);
    assert.deepEqual((await send("DeleteDomainRecord", { RecordId: String(RecordId) })).RecordId, RecordId);
    assert.equal(await lookUp("_dnsauth.www.example.com"), "ENOTFOUND");
    assert.deepEqual(
      cloud
        .requests()
        .map(({ service, operation, domain, rr, value, status, signatureVersion }) => [
          service,
          operation,
          domain,
          rr,
          value,
          status,
          signatureVersion,
        ]),
      [
        ["alidns", "AddDomainRecord", "example.com", "_dnsauth.www", "token one+two", 200, "acs3"],
        ["alidns", "UpdateDomainRecord", null, "_dnsauth.www", "new", 200, "acs3"],
        ["alidns", "DescribeSubDomainRecords", null, undefined, undefined, 200, "acs3"],
        ["alidns", "DeleteDomainRecord", null, undefined, undefined, 200, "acs3"],
      ],
    );
  });

  it("refuses in the service's words", async () => {
    await start();
    const { RecordId } = await send("AddDomainRecord", txt);
    const cases: readonly [string, Record<string, string>, string][] = [
      ["AddDomainRecord", txt, "DomainRecordDuplicate"],
      ["AddDomainRecord", { ...txt, Type: "CNAME", Value: "a.example.org" }, "DomainRecordConflict"],
      ["AddDomainRecord", { ...txt, DomainName: "example.org" }, "InvalidDomainName.NoExist"],
      ["AddDomainRecord", { ...txt, DomainName: "www.example.com" }, "InvalidDomainName.NoExist"],
      ["AddDomainRecord", { ...txt, Value: "" }, "MissingValue"],
      ["AddDomainRecord", { ...txt, Type: "A" }, "InvalidParameter"],
      ["AddDomainRecord", { ...txt, Value: "other", TTL: "0" }, "InvalidTTL"],
      ["AddDomainRecord", { ...txt, RR: "a b" }, "InvalidRR.Format"],
      ["UpdateDomainRecord", { ...txt, RecordId: String(RecordId) }, "DomainRecordDuplicate"],
      ["UpdateDomainRecord", { ...txt, RecordId: "1" }, "DomainRecordNotBelongToUser"],
      ["DeleteDomainRecord", { RecordId: "1" }, "DomainRecordNotBelongToUser"],
      ["DescribeSubDomainRecords", { SubDomain: "www.example.org" }, "InvalidDomainName.NoExist"],
      ["DescribeDomains", { PageSize: "101" }, "InvalidPageSize"],
      ["constructor", {}, "InvalidAction.NotFound"],
    ];
    for (const [action, query, code] of cases)
      assert.equal(await codeOf(send(action, query)), code, `${action} ${JSON.stringify(query)}`);
    assert.equal(cloud.state().records.length, 1);
    await send("UpdateDomainRecord", { ...txt, RecordId: String(RecordId), TTL: "60" });
    assert.equal(cloud.state().records[0]?.ttl, 60);
  });

  it("lets nobody in without a signature that fits", async () => {
    let time = new Date();
    await start({ now: () => time });
    assert.equal(await codeOf(send("DescribeDomains", {}, { accessKeySecret: "no" })), "SignatureDoesNotMatch");
    assert.equal(await codeOf(send("DescribeDomains", {}, { accessKeyId: "no" })), "InvalidAccessKeyId.NotFound");
    assert.equal(
      await codeOf(send("DescribeDomains", {}, { securityToken: "t" })),
      "InvalidSecurityToken.MismatchWithAccessKey",
    );
    cloud.addCredential({ accessKeyId: "ak", accessKeySecret: "sk", securityToken: "t" });
    assert.equal(await codeOf(send("DescribeDomains", {}, { securityToken: "t" })), undefined);
    const unsigned = await fetch(`${cloud.alidns}/?Action=DescribeDomains&Version=2015-01-09`);
    assert.deepEqual([unsigned.status, ((await unsigned.json()) as Reply).Code], [400, "IncompleteSignature"]);
    time = new Date(Date.now() + 16 * 60_000);
    assert.equal(await codeOf(send("DescribeDomains", {}, { securityToken: "t" })), "InvalidTimeStamp.Expired");
  });

  it("pages and filters", async () => {
    await start();
    for (let count = 0; count < 25; count++)
      await send("AddDomainRecord", { ...txt, RR: `h${count}`, Value: `v${count}` });
    await send("AddDomainRecord", { ...txt, RR: "@", Type: "A", Value: "192.0.2.1" });
    const rrs = async (query: Record<string, string>) => {
      const { TotalCount, DomainRecords } = await send("DescribeDomainRecords", {
        DomainName: "example.com",
        ...query,
      });
      return [TotalCount, (DomainRecords as { Record: { RR: string }[] }).Record.map(({ RR }) => RR)] as const;
    };
    const [total, first] = await rrs({});
    assert.deepEqual([total, first.length], [26, 20]);
    assert.deepEqual(await rrs({ PageNumber: "2" }), [26, ["h20", "h21", "h22", "h23", "h24", "@"]]);
    assert.deepEqual(await rrs({ Type: "A" }), [1, ["@"]]);
    assert.deepEqual(await rrs({ RRKeyWord: "h24" }), [1, ["h24"]]);
    assert.deepEqual(await rrs({ KeyWord: "h2", SearchMode: "EXACT" }), [1, ["h2"]]);
    assert.deepEqual(await rrs({ ValueKeyWord: "v11" }), [1, ["h11"]]);
    const { Domains } = await send("DescribeDomains", { KeyWord: "sub" });
    assert.deepEqual(
      (Domains as { Domain: Reply[] }).Domain.map(({ DomainName }) => DomainName),
      ["sub.example.com"],
    );
  });

  it("keeps a sub-zone's records apart from those of the zone above", async () => {
    await start();
    await send("AddDomainRecord", { ...txt, RR: "_dnsauth.sub", Value: "wrong zone" });
    assert.equal(await lookUp("_dnsauth.sub.example.com"), "ENOTFOUND");
    await send("AddDomainRecord", { ...txt, DomainName: "sub.example.com", RR: "_dnsauth", Value: "right zone" });
    assert.deepEqual(await lookUp("_dnsauth.sub.example.com"), ["right zone"]);
    const values = async (query: Record<string, string>) => {
      const { DomainRecords } = await send("DescribeSubDomainRecords", {
        SubDomain: "_dnsauth.sub.example.com",
        ...query,
      });
      return (DomainRecords as { Record: { Value: string }[] }).Record.map(({ Value }) => Value);
    };
    assert.deepEqual(await values({}), ["wrong zone"]);
    assert.deepEqual(await values({ DomainName: "sub.example.com" }), ["right zone"]);
  });

  it("is as late as the switch says", async () => {
    await start({ switches: { dnsDelayQueries: 1 } });
    await send("AddDomainRecord", txt);
    assert.equal(await lookUp("_dnsauth.www.example.com"), "ENOTFOUND");
    assert.deepEqual(await lookUp("_dnsauth.www.example.com"), ["token one+two"]);
  });
});
