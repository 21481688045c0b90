import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import * as oss from "../../../../provider";
import { byName, type ProgramRun, runProgram } from "../../../support/programRun";

const TARGET = "site.oss-cn-hangzhou.aliyuncs.com";
const states = {
  CnameToken: { txtRecord: { name: "_dnsauth.www.example.com", type: "TXT", value: "token", ttl: 600 } },
  BucketCname: { status: "Enabled", cnameTarget: TARGET, pendingReason: "" },
  AcmeCertificate: { certId: "1-cn-hangzhou", pendingReason: "", renewalProblem: "" },
  CnameCertificate: { validTo: "2027-01-02T00:00:00.000Z" },
  ManualRecord: { missing: "" },
};
const www = { bucket: "site", domain: "www.example.com", region: "cn-hangzhou" };
const letsEncrypt = oss.letsEncrypt();

class OtherRecord extends pulumi.CustomResource {
  constructor(name: string, args: object, opts: pulumi.CustomResourceOptions) {
    super("other:dns:Record", name, args, opts);
  }
}

const otherHost = () =>
  oss.records((record, opts) => new OtherRecord(record.resourceName, { value: record.value }, opts));

describe("CustomDomain with a certificate that is issued by itself", () => {
  const run = (
    args: Partial<oss.CustomDomainArgs> & Pick<oss.CustomDomainArgs, "dns">,
    {
      config = {},
      opts,
      more = {},
    }: { config?: object; opts?: () => pulumi.ComponentResourceOptions; more?: object } = {},
  ) =>
    runProgram(() => void new oss.CustomDomain("www", { ...www, certificate: letsEncrypt, ...args }, opts?.()), {
      states: { ...states, ...more },
      config: { ...config },
    });
  const inputsOf = ({ registrations }: ProgramRun, name: string) => {
    const { __provider, ...inputs } = byName(registrations)[name]?.inputs ?? {};
    return inputs;
  };
  const order = ({ registrations, error }: ProgramRun) => {
    assert.equal(error, undefined);
    const ours = Object.entries(byName(registrations)).filter(
      ([name]) => !/^(Stack|RemovalGuard|RecordMemory|CustomDomain) /.test(name),
    );
    return Object.fromEntries(ours.map(([name, { dependsOn }]) => [name, dependsOn]));
  };

  it("orders it by dns-01 once the domain is bound, before visitors are led there", async () => {
    const ran = await run({ dns: oss.alidns({ zone: "example.com" }) });
    assert.deepEqual(order(ran), {
      "CnameToken www": [],
      "AlidnsRecord www-txt": ["CnameToken www"],
      "BucketCname www": ["AlidnsRecord www-txt", "CnameToken www"],
      "AcmeCertificate www": ["BucketCname www"],
      "CnameCertificate www": ["AcmeCertificate www", "BucketCname www"],
      "AlidnsRecord www-cname": ["BucketCname www", "CnameCertificate www"],
    });
    assert.deepEqual(inputsOf(ran, "AcmeCertificate www"), {
      names: ["www.example.com"],
      challenge: "dns-01",
      dns: { zone: "example.com" },
      buckets: [{ bucket: "site", region: "cn-hangzhou" }],
    });
    assert.deepEqual(inputsOf(ran, "CnameCertificate www"), { ...www, certId: "1-cn-hangzhou", expiryWarningDays: 0 });
    assert.equal(byName(ran.registrations)["CnameCertificate www"]?.deletedWith, "BucketCname www");
  });

  it("orders it through the bucket once visitors are led there", async () => {
    const ran = await run({ dns: otherHost() });
    assert.deepEqual(order(ran), {
      "CnameToken www": [],
      "Record www-txt": ["CnameToken www"],
      "BucketCname www": ["CnameToken www", "Record www-txt"],
      "Record www-cname": ["BucketCname www"],
      "AcmeCertificate www": ["BucketCname www", "Record www-cname"],
      "CnameCertificate www": ["AcmeCertificate www", "BucketCname www", "Record www-cname"],
    });
    assert.deepEqual(inputsOf(ran, "AcmeCertificate www"), {
      names: ["www.example.com"],
      challenge: "http-01",
      buckets: [{ bucket: "site", region: "cn-hangzhou" }],
    });
  });

  it("does so with alidns() too where that is asked for, and with another target", async () => {
    const certificate = oss.letsEncrypt({ challenge: "http-01" });
    const ran = await run({ dns: oss.alidns(), certificate, cnameTarget: "cdn.example.net" });
    assert.deepEqual(order(ran)["AcmeCertificate www"], ["AlidnsRecord www-cname", "BucketCname www"]);
    assert.deepEqual(inputsOf(ran, "AcmeCertificate www").buckets, [
      { bucket: "site", region: "cn-hangzhou", cnameTarget: "cdn.example.net" },
    ]);
  });

  it("leaves it pending, without a warning beside the table, where a person makes the records", async () => {
    const pending = { AcmeCertificate: { certId: "pending", pendingReason: "no CNAME record", renewalProblem: "" } };
    const ran = await run({ dns: oss.manual() }, { more: pending });
    assert.deepEqual(order(ran)["AcmeCertificate www"], ["BucketCname www"]);
    assert.equal(inputsOf(ran, "AcmeCertificate www").unready, "pending");
    assert.equal(inputsOf(ran, "CnameCertificate www").certId, "pending");
    assert.doesNotMatch(ran.output, /no CNAME record/);
  });

  it("warns where it could not be renewed", async () => {
    const more = { AcmeCertificate: { ...states.AcmeCertificate, renewalProblem: "the CA is down" } };
    assert.match((await run({ dns: oss.manual() }, { more })).output, /the CA is down/);
    assert.match((await run({ dns: oss.alidns() }, { more })).output, /the CA is down/);
  });

  it("passes its options on, each to the resource that it is for", async () => {
    const certificate = oss.acme({
      ...{ directory: "zeroSsl", profile: "p", keyType: "RSA-2048", renewBefore: 20, retire: true },
      ...{ force: true, expiryWarningDays: 14 },
    });
    const ran = await run({ dns: oss.alidns(), certificate });
    assert.deepEqual(inputsOf(ran, "AcmeCertificate www"), {
      names: ["www.example.com"],
      challenge: "dns-01",
      ...{ directory: "zeroSsl", profile: "p", keyType: "RSA-2048", renewBefore: 20, retire: true },
      buckets: [{ bucket: "site", region: "cn-hangzhou" }],
    });
    const { certId, force, expiryWarningDays } = inputsOf(ran, "CnameCertificate www");
    assert.deepEqual(
      { certId, force, expiryWarningDays },
      { certId: "1-cn-hangzhou", force: true, expiryWarningDays: 14 },
    );
  });

  it("orders a wildcard where that is asked for, but at the top of a zone", async () => {
    const certificate = oss.letsEncrypt({ wildcard: true });
    const names = async (domain: string) =>
      inputsOf(await run({ dns: oss.alidns(), certificate, domain }), "AcmeCertificate www").names;
    assert.deepEqual(await names("www.example.com"), ["*.example.com"]);
    assert.deepEqual(await names("example.com.cn"), ["example.com.cn"]);
  });

  for (const [what, args, message] of [
    [
      "dns-01 without alidns()",
      { dns: oss.manual(), certificate: oss.letsEncrypt({ challenge: "dns-01" }) },
      /CustomDomain www: challenge dns-01 needs dns: alidns\(\)/,
    ],
    [
      "a wildcard through the bucket",
      { dns: oss.manual(), certificate: oss.letsEncrypt({ wildcard: true }) },
      /CustomDomain www: a wildcard can be proven by dns-01 only/,
    ],
  ] as const)
    it(`refuses ${what}`, async () => assert.match(String((await run(args)).error), message));

  it("refuses a second certificate for the same names", async () => {
    const { error } = await runProgram(
      () => {
        const certificate = oss.letsEncrypt({ wildcard: true });
        for (const name of ["www", "shop"])
          new oss.CustomDomain(name, { bucket: "site", domain: `${name}.example.com`, dns: oss.alidns(), certificate });
      },
      { states },
    );
    assert.match(
      String(error),
      /AcmeCertificate shop declares \*\.example\.com, but AcmeCertificate www of this program.*share that one by its certId/,
    );
  });

  describe("with the zone in another account than the bucket", () => {
    const dnsOf = async (
      args: { zone?: oss.OssAccountArgs; bucket?: oss.OssAccountArgs },
      config: Record<string, string> = {},
    ) => {
      const ran = await runProgram(
        () => {
          const account = (name: string, given?: oss.OssAccountArgs) => given && new oss.OssAccount(name, given);
          const [zone, bucket] = [account("zone", args.zone), account("bucket", args.bucket)];
          const dns = oss.alidns({ ...(zone && { provider: zone }) });
          new oss.CustomDomain("www", { ...www, dns, certificate: letsEncrypt }, bucket ? { provider: bucket } : {});
        },
        { states, config },
      );
      const made = byName(ran.registrations)["AcmeCertificate www"];
      return ran.error?.message ?? { dns: made?.inputs.dns, provider: made?.provider };
    };
    const profile = (name: string) => ({ profile: name });

    it("takes that account's profile, and stays in the account of the bucket", async () => {
      assert.deepEqual(await dnsOf({ zone: profile("dns") }), { dns: profile("dns"), provider: "" });
      assert.deepEqual(await dnsOf({ zone: profile("dns"), bucket: profile("intl") }), {
        dns: profile("dns"),
        provider: "bucket",
      });
    });

    it("takes the stack's profile for a zone of the stack's own account", async () =>
      assert.deepEqual(await dnsOf({ bucket: profile("intl") }, { "alicloud:profile": "own" }), {
        dns: profile("own"),
        provider: "bucket",
      }));

    it("takes what the environment has where the stack has no keys of its own", async () =>
      assert.deepEqual(await dnsOf({ bucket: profile("intl") }), { dns: { environment: true }, provider: "bucket" }));

    it("refuses keys, which would get into the state as inputs", async () => {
      const keys = { accessKey: "ak", secretKey: "the secret key" };
      assert.match(String(await dnsOf({ zone: keys })), /name a profile in that OssAccount/);
      assert.match(
        String(await dnsOf({ bucket: profile("intl") }, { "alicloud:accessKey": "ak", "alicloud:secretKey": "sk" })),
        /set alicloud:profile, or the key in the environment/,
      );
    });
  });
});
