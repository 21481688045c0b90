import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { alidns, type Dns, manual, none, records } from "../../../../provider/resources/customDomain/dns";
import { OssAccount } from "../../../../provider/resources/ossAccount";
import { byName, runProgram } from "../../../support/programRun";

describe("alidns", () => {
  /** The record that it makes, as it is registered. */
  const registered = async (dns: () => Dns) => {
    const { registrations } = await runProgram(() => {
      const host = dns();
      assert.ok(host.kind === "managed");
      host.make(
        { resourceName: "www-txt", name: "_dnsauth.www.example.com", type: "TXT", value: pulumi.output("x"), ttl: 600 },
        {},
      );
    });
    return byName(registrations)["AlidnsRecord www-txt"] ?? assert.fail("no record");
  };

  it("makes a record as it is asked to", async () => {
    const { __provider, ...inputs } = (await registered(() => alidns())).inputs;
    assert.deepEqual(inputs, { name: "_dnsauth.www.example.com", type: "TXT", value: "x", ttl: 600 });
  });

  it("uses its own TTL and zone", async () => {
    const { ttl, zone } = (await registered(() => alidns({ ttl: 60, zone: "example.com" }))).inputs;
    assert.deepEqual([ttl, zone], [60, "example.com"]);
  });

  it("gives the consent to replace to CNAME records only", async () => {
    const { registrations } = await runProgram(() => {
      const dns = alidns({ allowOverwrite: true });
      assert.ok(dns.kind === "managed");
      for (const type of ["TXT", "CNAME"] as const)
        dns.make({ resourceName: type, name: "www.example.com", type, value: pulumi.output("x"), ttl: 600 }, {});
    });
    const consent = (type: string) => byName(registrations)[`AlidnsRecord ${type}`]?.inputs.allowOverwrite;
    assert.deepEqual([consent("TXT"), consent("CNAME")], [undefined, true]);
  });

  it("works in its own account", async () =>
    assert.equal((await registered(() => alidns({ provider: new OssAccount("zones", {}) }))).provider, "zones"));
});

describe("the other ways to keep DNS records", () => {
  it("let records() make them", () => {
    const make = () => assert.fail();
    assert.deepEqual(records(make), { kind: "managed", make });
  });

  it("make nothing with manual() and none", () =>
    assert.deepEqual([manual(), none], [{ kind: "manual" }, { kind: "none" }]));
});
