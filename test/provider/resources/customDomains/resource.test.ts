import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import * as oss from "../../../../provider";
import { byName, type ProgramRun, runProgram } from "../../../support/programRun";

const DOMAINS = ["www.example.com", "shop.example.com"];
const states = {
  BucketCnames: {
    bucket: "site",
    buckets: { site: { cnameTarget: "site.oss-cn-hangzhou.aliyuncs.com" } },
    certificates: {},
    zones: [],
    bindings: {
      "www.example.com": { binding: "Enabled", token: "0123456789abcdef0123456789abcdef", manual: "missing" },
      "shop.example.com": { binding: { status: "Pending", recordState: "missing" }, token: "f".repeat(32), manual: "" },
    },
  },
  CnameToken: { txtRecord: { name: "x", type: "TXT", value: "token", ttl: 600 } },
};
const TXT = { name: "_dnsauth.shop.example.com", type: "TXT", value: "f".repeat(32), ttl: 600 };
const CNAME = { name: "www.example.com", type: "CNAME", value: "site.oss-cn-hangzhou.aliyuncs.com", ttl: 600 };

class OtherRecord extends pulumi.CustomResource {
  constructor(name: string, args: object, opts: pulumi.CustomResourceOptions) {
    super("other:dns:Record", name, args, opts);
  }
}

describe("CustomDomains", () => {
  const run = (args: Partial<oss.CustomDomainsArgs>, opts?: () => pulumi.ComponentResourceOptions) =>
    runProgram(
      () => {
        const given = { bucket: "site", domains: DOMAINS, dns: oss.none, ...args };
        const { results, records } = new oss.CustomDomains("sites", given, opts?.());
        return { results, records };
      },
      { states },
    );
  const inputsOf = ({ registrations }: ProgramRun, name = "BucketCnames sites") => {
    const { __provider, ...inputs } = byName(registrations)[name]?.inputs ?? {};
    return inputs;
  };
  const made = ({ registrations }: ProgramRun) =>
    Object.keys(byName(registrations)).filter(
      (name) => !/^(Stack|CustomDomains|RemovalGuard|RecordMemory) /.test(name),
    );

  it("is one resource for all domains, with the records of the account's own zones", async () => {
    const ran = await run({ dns: oss.alidns({ ttl: 900 }) });
    assert.deepEqual(made(ran), ["BucketCnames sites"]);
    assert.equal(byName(ran.registrations)["BucketCnames sites"]?.parent, "CustomDomains sites");
    assert.deepEqual(inputsOf(ran), {
      bucket: "site",
      domains: { "www.example.com": {}, "shop.example.com": {} },
      alidns: { ttl: 900 },
    });
  });

  it("has no inputs of its own, which the state would keep", async () =>
    assert.deepEqual(inputsOf(await run({}), "CustomDomains sites"), {}));

  it("takes options for one domain, with the domain in lower case", async () => {
    const domains = { "WWW.Example.com.": { bucket: "shop", certificate: { certId: "1-cn-hangzhou" } } };
    assert.deepEqual(inputsOf(await run({ domains })).domains, {
      "www.example.com": { bucket: "shop", certificate: { certId: "1-cn-hangzhou" } },
    });
  });

  it("has one domain protected by the guard, and not the resource", async () => {
    const domains = { "www.example.com": { protect: true }, "example.com": {} };
    const ran = await run({ domains, dns: oss.alidns() });
    assert.deepEqual(inputsOf(ran).domains, { "www.example.com": {}, "example.com": { cnameRecord: false } });
    const { protected: guarded } = inputsOf(ran, "RemovalGuard custom-domains");
    assert.deepEqual([guarded, byName(ran.registrations)["BucketCnames sites"]?.protect], [["www.example.com"], false]);
  });

  it("has no CNAME record at the top of a zone unless it is asked for", async () => {
    const dns = oss.alidns();
    assert.deepEqual(inputsOf(await run({ dns, domains: ["example.com"] })).domains, {
      "example.com": { cnameRecord: false },
    });
    assert.deepEqual(inputsOf(await run({ dns, domains: { "example.com": { cnameRecord: true } } })).domains, {
      "example.com": { cnameRecord: true },
    });
  });

  it("keeps private keys secret, of all domains and of one", async () => {
    const pair = { certificate: "chain", privateKey: "key" };
    const { certificate, domains } = inputsOf(
      await run({ certificate: pair, domains: { [DOMAINS[0] ?? ""]: { certificate: pair } } }),
    );
    for (const of of [
      certificate,
      Object.values(domains as Record<string, { certificate: unknown }>)[0]?.certificate,
    ]) {
      const { privateKey } = of as { privateKey: Record<string, unknown> };
      assert.equal(privateKey.value, "key");
      assert.equal(Object.keys(privateKey).length, 2);
    }
  });

  it("has records of its own for each domain at another DNS host, around the one resource", async () => {
    const dns = oss.records(({ resourceName, ...record }, opts) => new OtherRecord(resourceName, record, opts));
    const ran = await run({ dns });
    const order = Object.fromEntries(
      Object.entries(byName(ran.registrations))
        .filter(([name]) => made(ran).includes(name))
        .map(([name, { dependsOn }]) => [name, dependsOn]),
    );
    assert.deepEqual(order, {
      "CnameToken www.example.com": [],
      "CnameToken shop.example.com": [],
      "Record www.example.com-txt": ["CnameToken www.example.com"],
      "Record shop.example.com-txt": ["CnameToken shop.example.com"],
      "BucketCnames sites": ["Record shop.example.com-txt", "Record www.example.com-txt"],
      "Record www.example.com-cname": ["BucketCnames sites"],
      "Record shop.example.com-cname": ["BucketCnames sites"],
    });
    assert.equal(inputsOf(ran, "Record www.example.com-cname").value, CNAME.value);
  });

  it("keeps the records of a zone in another account apart", async () => {
    const account = () => ({ provider: new oss.OssAccount("bucket-account", {}) });
    const ran = await run({ dns: oss.alidns() }, account);
    const providers = byName(ran.registrations);
    assert.equal(providers["BucketCnames sites"]?.provider, "bucket-account");
    assert.equal(providers["AlidnsRecord www.example.com-txt"]?.provider, "");
    assert.equal(inputsOf(ran).alidns, undefined);
  });

  it("lists what a person has still to create, and nothing else", async () => {
    const ran = await run({ dns: oss.manual() });
    assert.deepEqual(inputsOf(ran).manual, true);
    assert.deepEqual((ran.outputs as { records: unknown }).records, [TXT, CNAME]);
    assert.match(
      ran.output,
      /Create these DNS records.*\n.*\n.*_dnsauth\.shop\.example\.com +TXT.*\n.*www\.example\.com +CNAME/,
    );
    assert.deepEqual(((await run({})).outputs as { records: unknown }).records, []);
  });

  it("tells the results by domain", async () => {
    const { results } = (await run({})).outputs as { results: Record<string, oss.BucketCnamesResult> };
    assert.deepEqual(Object.keys(results).sort(), [...DOMAINS].sort());
    assert.deepEqual([results[DOMAINS[0] ?? ""]?.status, results[DOMAINS[1] ?? ""]?.status], ["Enabled", "Pending"]);
  });

  it("warns of a certificate that expires soon, once for all domains", async () => {
    const certificates = { "1-cn-hangzhou": { validTo: new Date(Date.now() + 5 * 86400_000).toISOString() } };
    const { output } = await runProgram(
      () =>
        new oss.CustomDomains("sites", {
          ...{ bucket: "site", domains: DOMAINS, dns: oss.none },
          certificate: { certId: "1-cn-hangzhou" },
        }),
      { states: { BucketCnames: { ...states.BucketCnames, certificates } } },
    );
    assert.equal(output.match(/the certificate 1-cn-hangzhou expires in \d days?, on/g)?.length, 1);
  });

  it("is refused without dns", async () => {
    const { error } = await run({ dns: undefined as never });
    assert.match(String(error?.message), /CustomDomains sites: dns must be alidns\(\)/);
  });

  it("is refused with a domain that another resource of the program has", async () => {
    const { error } = await runProgram(() => {
      new oss.BucketCname("www", { bucket: "site", domain: "www.example.com" });
      new oss.CustomDomains("sites", { bucket: "site", domains: DOMAINS, dns: oss.none });
    });
    assert.match(String(error?.message), /BucketCname sites declares www\.example\.com, but BucketCname www/);
  });

  it("has its domains guarded against removal by mistake", async () => {
    const { registrations } = await run({});
    assert.deepEqual(
      inputsOf({ registrations } as ProgramRun, "RemovalGuard custom-domains").domains,
      [...DOMAINS].sort(),
    );
  });
});
