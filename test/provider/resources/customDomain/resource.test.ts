import assert from "node:assert";
import { type Registration, runProgram } from "../../../support/programRun";

const TXT = { name: "_dnsauth.www.example.com", type: "TXT", value: "0123456789abcdef", ttl: 600 };
const states = {
  CnameToken: { txtRecord: TXT, token: TXT.value },
  BucketCname: { status: "Enabled", cnameTarget: "site.oss-cn-hangzhou.aliyuncs.com" },
  CnameCertificate: { validTo: "2027-01-02T00:00:00.000Z" },
};
const pending = { ...states, BucketCname: { ...states.BucketCname, status: "Pending" } };

/** What was registered under a component or the stack, by type and name. */
function byName(registrations: Registration[]): Record<string, Registration> {
  return Object.fromEntries(registrations.map((one) => [`${one.type.split(":").at(-1)} ${one.name}`, one]));
}

describe("CustomDomain", () => {
  it("wires token, TXT, binding, certificate and CNAME record in their order", async () => {
    const { registrations, outputs, status } = await runProgram(
      `const site = new oss.CustomDomain("www", { bucket: "site", domain: " WWW.Example.com. ", dns: oss.alidns(),
         region: "cn-hangzhou", certificate: { certId: "12345-cn-hangzhou" } });
       const { records, url, certificateValidTo, cnameTarget } = site;
       return { records, url, certificateValidTo, cnameTarget, status: site.status };`,
      { states },
    );
    assert.equal(status, 0);
    const all = byName(registrations);
    assert.deepEqual(Object.keys(all).sort(), [
      "AlidnsRecord www-cname",
      "AlidnsRecord www-txt",
      "BucketCname www",
      "CnameCertificate www",
      "CnameToken www",
      "CustomDomain www",
      "Stack project-stack",
    ]);
    const order = Object.fromEntries(Object.entries(all).map(([key, one]) => [key, one.dependsOn]));
    assert.deepEqual(order["CnameToken www"], []);
    assert.deepEqual(order["AlidnsRecord www-txt"], ["CnameToken www"]);
    assert.deepEqual(order["BucketCname www"], ["AlidnsRecord www-txt", "CnameToken www"]);
    assert.deepEqual(order["CnameCertificate www"], ["BucketCname www"]);
    assert.deepEqual(order["AlidnsRecord www-cname"], ["BucketCname www", "CnameCertificate www"]);
    assert.equal(all["CnameCertificate www"]?.deletedWith, "BucketCname www");
    for (const [key, { parent }] of Object.entries(all))
      if (!/^(Stack|CustomDomain)/.test(key)) assert.equal(parent, "CustomDomain www");

    const place = { bucket: "site", domain: "www.example.com", region: "cn-hangzhou" };
    const inputs = (key: string) => {
      const { __provider, ...rest } = all[key]?.inputs ?? {};
      return rest;
    };
    assert.deepEqual(inputs("CnameToken www"), place);
    assert.deepEqual(inputs("BucketCname www"), { ...place, unverified: "wait" });
    assert.deepEqual(inputs("CnameCertificate www"), { ...place, certId: "12345-cn-hangzhou" });
    assert.deepEqual(inputs("AlidnsRecord www-txt"), TXT);
    assert.deepEqual(inputs("AlidnsRecord www-cname"), {
      name: "www.example.com",
      type: "CNAME",
      value: "site.oss-cn-hangzhou.aliyuncs.com",
      ttl: 600,
    });
    assert.deepEqual(inputs("CustomDomain www"), {}, "a component's inputs are kept in the state: it must have none");
    assert.deepEqual(outputs, {
      records: [],
      url: "https://www.example.com",
      certificateValidTo: "2027-01-02T00:00:00.000Z",
      cnameTarget: "site.oss-cn-hangzhou.aliyuncs.com",
      status: "Enabled",
    });
  });

  it("hands the binding's own arguments to the binding alone", async () => {
    const { registrations } = await runProgram(
      `new oss.CustomDomain("www", { bucket: "site", domain: "www.example.com", dns: oss.alidns({ zone: "example.com", ttl: 60 }),
         takeover: { bucket: "old" }, verification: "none", dnsTimeoutSeconds: 5, endpoint: "http://127.0.0.1:1",
         cnameTarget: "cdn.example.net", certificate: { certificateFile: "a.pem", privateKeyFile: "a.key", force: true } });`,
      { states },
    );
    const all = byName(registrations);
    const inputs = (key: string) => Object.keys(all[key]?.inputs ?? {}).sort();
    assert.deepEqual(inputs("CnameToken www"), ["__provider", "bucket", "domain", "endpoint"]);
    assert.deepEqual(inputs("BucketCname www"), [
      "__provider",
      "bucket",
      "dnsTimeoutSeconds",
      "domain",
      "endpoint",
      "takeover",
      "unverified",
      "verification",
    ]);
    assert.deepEqual(inputs("CnameCertificate www"), [
      "__provider",
      "bucket",
      "certificateFile",
      "domain",
      "endpoint",
      "force",
      "privateKeyFile",
    ]);
    assert.equal(all["AlidnsRecord www-txt"]?.inputs.zone, "example.com");
    assert.equal(all["AlidnsRecord www-txt"]?.inputs.ttl, 60);
    assert.equal(all["AlidnsRecord www-cname"]?.inputs.value, "cdn.example.net");
  });

  it("keeps the bucket's account away from DNS records, and gives them their own", async () => {
    const { registrations } = await runProgram(
      `const intl = new oss.OssAccount("intl", { region: "ap-southeast-1" });
       const zones = new oss.OssAccount("zones", { profile: "dns" });
       new oss.CustomDomain("a", { bucket: "site", domain: "a.example.com", dns: oss.alidns() }, { provider: intl });
       new oss.CustomDomain("b", { bucket: "site", domain: "b.example.com", dns: oss.alidns({ provider: zones }) }, { providers: [intl] });
       new oss.CustomDomain("c", { bucket: "site", domain: "c.example.com", dns: oss.alidns() });`,
      { states },
    );
    const providers = Object.fromEntries(
      Object.entries(byName(registrations)).map(([key, one]) => [key, one.provider]),
    );
    for (const type of ["CnameToken", "BucketCname"]) {
      assert.equal(providers[`${type} a`], "intl");
      assert.equal(providers[`${type} b`], "intl");
      assert.equal(providers[`${type} c`], "");
    }
    for (const type of ["txt", "cname"]) {
      assert.equal(providers[`AlidnsRecord a-${type}`], "");
      assert.equal(providers[`AlidnsRecord b-${type}`], "zones");
      assert.equal(providers[`AlidnsRecord c-${type}`], "");
    }
  });

  it("makes records with any provider, names known before the token is", async () => {
    const { registrations } = await runProgram(
      `class OtherRecord extends pulumi.CustomResource {
         constructor(name, args, opts) { super("other:dns:Record", name, args, opts); }
       }
       const dns = oss.records(({ resourceName, name, type, value, ttl }, opts) =>
         new OtherRecord(resourceName, { label: name + " " + type, content: value, ttl }, opts));
       new oss.CustomDomain("www", { bucket: "site", domain: "www.example.com", dns });`,
      { states },
    );
    const all = byName(registrations);
    assert.deepEqual(all["Record www-txt"]?.inputs, {
      label: "_dnsauth.www.example.com TXT",
      content: TXT.value,
      ttl: 600,
    });
    assert.equal(all["Record www-cname"]?.inputs.label, "www.example.com CNAME");
    assert.deepEqual(all["BucketCname www"]?.dependsOn, ["CnameToken www", "Record www-txt"]);
    assert.deepEqual(all["Record www-cname"]?.dependsOn, ["BucketCname www"]);
    assert.equal(all["Record www-txt"]?.parent, "CustomDomain www");
  });

  it("prints the records of all domains kept by hand as one table, and puts them out", async () => {
    const { registrations, outputs, output } = await runProgram(
      `const one = (name) => new oss.CustomDomain(name, { bucket: "site", domain: name + ".example.com", dns: oss.manual() });
       return { www: one("www").records, shop: one("shop").records };`,
      { states: pending },
    );
    assert.equal(output.match(/Create these DNS records/g)?.length, 1, output);
    assert.equal(
      output.match(/_dnsauth\.www\.example\.com/g)?.length,
      2,
      "one row for each domain (the mocks know one token)",
    );
    assert.match(output, /shop\.example\.com +CNAME +site\.oss-cn-hangzhou\.aliyuncs\.com/);
    const cname = { name: "www.example.com", type: "CNAME", value: "site.oss-cn-hangzhou.aliyuncs.com", ttl: 600 };
    assert.deepEqual(outputs.www, [TXT, cname]);
    assert.equal(byName(registrations)["BucketCname www"]?.inputs.unverified, "pending");
  });

  it("asks for nothing but the CNAME record once a domain kept by hand is bound, and prints nothing", async () => {
    const { outputs, output } = await runProgram(
      `return new oss.CustomDomain("www", { bucket: "site", domain: "www.example.com", dns: oss.manual() }).records`,
      { states },
    );
    assert.equal(output.trim(), "");
    assert.deepEqual(outputs, [
      { name: "www.example.com", type: "CNAME", value: "site.oss-cn-hangzhou.aliyuncs.com", ttl: 600 },
    ]);
  });

  it("neither makes nor prints records with none", async () => {
    const { registrations, outputs, output } = await runProgram(
      `return new oss.CustomDomain("www", { bucket: "site", domain: "www.example.com", dns: oss.none }).records`,
      { states: pending },
    );
    assert.deepEqual(outputs, []);
    assert.equal(output.trim(), "");
    assert.deepEqual(
      registrations.map(({ type }) => type.split(":").at(-1)),
      ["Stack", "CustomDomain", "CnameToken", "BucketCname"],
    );
    assert.equal(byName(registrations)["BucketCname www"]?.inputs.unverified, "wait");
  });

  describe("at the top of a zone", () => {
    for (const [domain, dns] of [
      ["example.com", "oss.alidns()"],
      ["example.com.cn", `oss.alidns({ zone: "example.com.cn." })`],
      ["example.com", "oss.manual()"],
    ])
      it(`makes no CNAME record of ${domain} with ${dns} and says what to do instead`, async () => {
        const { registrations, outputs, output } = await runProgram(
          `return new oss.CustomDomain("top", { bucket: "site", domain: "${domain}", dns: ${dns} }).records`,
          { states },
        );
        assert.equal(byName(registrations)["AlidnsRecord top-cname"], undefined);
        assert.deepEqual(outputs, []);
        assert.match(output, /ALIAS or CNAME flattening.*www\.example\.com/);
      });

    it("says nothing when the program does without the record, and refuses to ask for one", async () => {
      const program = (cnameRecord: boolean) =>
        `new oss.CustomDomain("top", { bucket: "site", domain: "example.com", dns: oss.alidns(), cnameRecord: ${cnameRecord} })`;
      assert.equal((await runProgram(program(false), { states })).output.trim(), "");
      const refused = await runProgram(program(true), { states });
      assert.equal(refused.status, 1);
      assert.match(refused.output, /CustomDomain top: example\.com is the top of its zone/);
      assert.deepEqual(Object.keys(byName(refused.registrations)), ["Stack project-stack", "CustomDomain top"]);
    });

    it("makes one when the program insists and the DNS host may flatten it", async () => {
      const { registrations } = await runProgram(
        `class OtherRecord extends pulumi.CustomResource {}
         const dns = oss.records((record, opts) => new OtherRecord("other:dns:Record", record.resourceName, {}, opts));
         new oss.CustomDomain("top", { bucket: "site", domain: "example.com", dns, cnameRecord: true });`,
        { states },
      );
      assert(byName(registrations)["Record top-cname"]);
    });
  });

  it("refuses what cannot be, before any resource", async () => {
    const www = `domain: "www.example.com"`;
    for (const [args, reason] of [
      [`domain: "*.example.com", dns: oss.alidns()`, /wildcard/],
      [`domain: pulumi.output("www.example.com"), dns: oss.alidns()`, /must be a plain string/],
      [`${www}`, /dns must be alidns\(\), records\(…\), manual\(\) or none/],
      [`${www}, dns: oss.alidns`, /dns must be alidns\(\)/],
      [`${www}, dns: oss.none, cnameRecord: true`, /dns: none makes no records/],
    ] as const) {
      const { output, status, registrations } = await runProgram(
        `new oss.CustomDomain("www", { bucket: "site", ${args} })`,
      );
      assert.equal(status, 1);
      assert.match(output, reason);
      assert.deepEqual(Object.keys(byName(registrations)), ["Stack project-stack", "CustomDomain www"]);
    }
  });
});
