import * as assert from "node:assert/strict";
import { Resolver } from "node:dns/promises";
import type { $OpenApiUtil } from "@alicloud/openapi-core";
import { type Cloud, type CloudOptions, startCloud } from "../../../local";
import { callOfficially, codeOf } from "../../support/officialClient";

describe("Alidns emulator, called by the official client", () => {
  let cloud: Cloud;

  const start = async (options: CloudOptions = {}) => {
    cloud = await startCloud({ zones: ["example.com", "sub.example.com"], ...options });
  };
  afterEach(() => cloud.close());

  const send = (
    action: string,
    query: Record<string, string>,
    { form, ...config }: Partial<$OpenApiUtil.Config> & { form?: boolean } = {},
  ) => callOfficially({ url: cloud.alidns, version: "2015-01-09" }, action, form ? { body: query } : { query }, config);

  const txt = { DomainName: "example.com", RR: "_dnsauth.www", Type: "TXT", Value: "token one+two" };

  const lookUp = (name: string) => {
    const resolver = new Resolver();
    resolver.setServers([cloud.dns]);
    return resolver.resolveTxt(name).then(
      (records) => records.flat(),
      (error: NodeJS.ErrnoException) => error.code,
    );
  };

  it("adds, changes and deletes a record, and serves each change in DNS", async () => {
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
      DomainRecords: { Record: Record<string, unknown>[] };
    };
    assert.deepEqual(found.DomainRecords.Record, [
      {
        RecordId,
        DomainName: "example.com",
        RR: "_dnsauth.www",
        Type: "TXT",
        Value: "new",
        TTL: 600,
        UpdateTimestamp: found.DomainRecords.Record[0]?.UpdateTimestamp,
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

  it("refuses requests without a valid signature", async () => {
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
    assert.deepEqual(
      [unsigned.status, ((await unsigned.json()) as { Code?: string }).Code],
      [400, "IncompleteSignature"],
    );
    time = new Date(Date.now() + 16 * 60_000);
    assert.equal(await codeOf(send("DescribeDomains", {}, { securityToken: "t" })), "InvalidTimeStamp.Expired");
  });

  it("refuses an unknown action", async () => {
    await start();
    assert.equal(await codeOf(send("constructor", {})), "InvalidAction.NotFound");
  });
});
