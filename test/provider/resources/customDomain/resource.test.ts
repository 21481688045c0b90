import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import * as oss from "../../../../provider";
import { byName, type ProgramRun, runProgram } from "../../../support/programRun";

const TXT = { name: "_dnsauth.www.example.com", type: "TXT", value: "0123456789abcdef", ttl: 600 };
const CNAME = { name: "www.example.com", type: "CNAME", value: "site.oss-cn-hangzhou.aliyuncs.com", ttl: 600 };
const states = {
  CnameToken: { txtRecord: TXT, token: TXT.value },
  BucketCname: { status: "Enabled", cnameTarget: CNAME.value },
  ManualRecord: { missing: "missing" },
  CnameCertificate: { validTo: "2027-01-02T00:00:00.000Z" },
};
const pending = {
  ...states,
  BucketCname: { ...states.BucketCname, status: "Pending", recordState: 'has only "old"' },
};
const www = { bucket: "site", domain: "www.example.com" };

class OtherRecord extends pulumi.CustomResource {
  constructor(name: string, args: object, opts: pulumi.CustomResourceOptions) {
    super("other:dns:Record", name, args, opts);
  }
}

describe("CustomDomain", () => {
  const run = (program: () => unknown, resources: Record<string, object> = states) =>
    runProgram(program, { states: resources });
  const inputsOf = ({ registrations }: ProgramRun, name: string) => {
    const { __provider, ...inputs } = byName(registrations)[name]?.inputs ?? {};
    return inputs;
  };

  describe("with a certificate and Alibaba Cloud DNS", () => {
    let ran: ProgramRun;
    before(async () => {
      ran = await run(() => {
        const certificate = { certId: "12345-cn-hangzhou" };
        const args = { ...www, domain: " WWW.Example.com. ", dns: oss.alidns(), region: "cn-hangzhou", certificate };
        const { records, url, certificateValidTo, cnameTarget, status } = new oss.CustomDomain("www", args);
        return { records, url, certificateValidTo, cnameTarget, status };
      });
      assert.equal(ran.error, undefined);
    });

    it("makes token, TXT record, binding, certificate and CNAME record in this order", () => {
      const order = Object.entries(byName(ran.registrations)).map(([name, { dependsOn }]) => [name, dependsOn]);
      assert.deepEqual(Object.fromEntries(order), {
        "Stack project-stack": [],
        "CustomDomain www": [],
        "CnameToken www": [],
        "AlidnsRecord www-txt": ["CnameToken www"],
        "BucketCname www": ["AlidnsRecord www-txt", "CnameToken www"],
        "CnameCertificate www": ["BucketCname www"],
        "AlidnsRecord www-cname": ["BucketCname www", "CnameCertificate www"],
        "RecordMemory custom-domains": [],
        "RemovalGuard custom-domains": [],
      });
    });

    it("is the parent of all of them", () => {
      const children = ran.registrations.filter(
        ({ type }) => !/:(Stack|CustomDomain|RemovalGuard|RecordMemory)$/.test(type),
      );
      assert.deepEqual([...new Set(children.map(({ parent }) => parent))], ["CustomDomain www"]);
    });

    it("has the certificate deleted with the binding", () =>
      assert.equal(byName(ran.registrations)["CnameCertificate www"]?.deletedWith, "BucketCname www"));

    it("gives each resource its own arguments, with the domain in lower case", () => {
      const place = { ...www, region: "cn-hangzhou" };
      assert.deepEqual(inputsOf(ran, "CnameToken www"), place);
      assert.deepEqual(inputsOf(ran, "BucketCname www"), { ...place, unverified: "wait" });
      assert.deepEqual(inputsOf(ran, "CnameCertificate www"), { ...place, certId: "12345-cn-hangzhou" });
      assert.deepEqual(inputsOf(ran, "AlidnsRecord www-txt"), TXT);
      assert.deepEqual(inputsOf(ran, "AlidnsRecord www-cname"), CNAME);
    });

    it("has no inputs of its own, which the state would keep", () =>
      assert.deepEqual(inputsOf(ran, "CustomDomain www"), {}));

    it("keeps nothing in the state that its resources keep there", () =>
      assert.deepEqual(byName(ran.registrations)["CustomDomain www"]?.outputs, {}));

    it("has the outputs of its resources", () =>
      assert.deepEqual(ran.outputs, {
        records: [],
        url: "https://www.example.com",
        certificateValidTo: "2027-01-02T00:00:00.000Z",
        cnameTarget: CNAME.value,
        status: "Enabled",
      }));
  });

  describe("with every option", () => {
    let ran: ProgramRun;
    before(async () => {
      ran = await run(() => {
        new oss.CustomDomain("www", {
          ...www,
          dns: oss.alidns({ zone: "example.com", ttl: 60 }),
          takeover: { bucket: "old" },
          verification: "none",
          dnsTimeoutSeconds: 5,
          endpoint: "http://127.0.0.1:1",
          cnameTarget: "cdn.example.net",
          certificate: { certificateFile: "a.pem", privateKeyFile: "a.key", force: true },
        });
      });
    });

    const argumentsOf: Record<string, string[]> = {
      "CnameToken www": ["bucket", "domain", "endpoint"],
      "BucketCname www": [
        "bucket",
        "dnsTimeoutSeconds",
        "domain",
        "endpoint",
        "takeover",
        "unverified",
        "verification",
      ],
      "CnameCertificate www": ["bucket", "certificateFile", "domain", "endpoint", "force", "privateKeyFile"],
    };
    for (const [name, properties] of Object.entries(argumentsOf))
      it(`hands ${name.split(" ")[0]} the arguments that it has and no others`, () =>
        assert.deepEqual(Object.keys(inputsOf(ran, name)).sort(), properties));

    it("makes the records in the given zone, with the given TTL and target", () => {
      assert.deepEqual(inputsOf(ran, "AlidnsRecord www-txt"), { ...TXT, zone: "example.com", ttl: 60 });
      assert.equal(inputsOf(ran, "AlidnsRecord www-cname").value, "cdn.example.net");
    });
  });

  it("hands Pulumi's protection down to all that it makes, in whatever account", async () => {
    const { registrations } = await run(() => {
      const dns = oss.alidns({ provider: new oss.OssAccount("zones", { profile: "dns" }) });
      const certificate = { certId: "12345-cn-hangzhou" };
      new oss.CustomDomain("www", { ...www, dns, certificate }, { protect: true });
      new oss.CustomDomain("shop", { bucket: "shop", domain: "shop.example.com", dns });
    });
    const protectedOnes = registrations.filter(({ protect }) => protect).map(({ type, name }) => [type, name]);
    assert.deepEqual(protectedOnes.map(([type, name]) => `${type?.split(":").at(-1)} ${name}`).sort(), [
      "AlidnsRecord www-cname",
      "AlidnsRecord www-txt",
      "BucketCname www",
      "CnameCertificate www",
      "CnameToken www",
      "CustomDomain www",
    ]);
  });

  describe("in another account", () => {
    let providers: Record<string, string>;
    before(async () => {
      const { registrations } = await run(() => {
        const intl = new oss.OssAccount("intl", { region: "ap-southeast-1" });
        const zones = new oss.OssAccount("zones", { profile: "dns" });
        const at = (name: string) => ({ bucket: "site", domain: `${name}.example.com` });
        new oss.CustomDomain("a", { ...at("a"), dns: oss.alidns() }, { provider: intl });
        new oss.CustomDomain("b", { ...at("b"), dns: oss.alidns({ provider: zones }) }, { providers: [intl] });
        new oss.CustomDomain("c", { ...at("c"), dns: oss.alidns() });
      });
      providers = Object.fromEntries(
        Object.entries(byName(registrations)).map(([name, { provider }]) => [name, provider]),
      );
    });

    for (const type of ["CnameToken", "BucketCname"])
      it(`uses the account for ${type}, given as provider or among providers`, () =>
        assert.deepEqual(
          ["a", "b", "c"].map((name) => providers[`${type} ${name}`]),
          ["intl", "intl", ""],
        ));

    for (const type of ["txt", "cname"])
      it(`makes the ${type.toUpperCase()} record in the account of the zone`, () =>
        assert.deepEqual(
          ["a", "b", "c"].map((name) => providers[`AlidnsRecord ${name}-${type}`]),
          ["", "zones", ""],
        ));
  });

  describe("with records at another DNS host", () => {
    let ran: ProgramRun;
    before(async () => {
      ran = await run(() => {
        const dns = oss.records(
          ({ resourceName, name, type, value, ttl }, opts) =>
            new OtherRecord(resourceName, { label: `${name} ${type}`, content: value, ttl }, opts),
        );
        new oss.CustomDomain("www", { ...www, dns });
      });
    });

    it("knows the names of records before the token", () => {
      assert.deepEqual(inputsOf(ran, "Record www-txt"), {
        label: "_dnsauth.www.example.com TXT",
        content: TXT.value,
        ttl: 600,
      });
      assert.equal(inputsOf(ran, "Record www-cname").label, "www.example.com CNAME");
    });

    it("makes them in their place in the order", () => {
      const all = byName(ran.registrations);
      assert.deepEqual(all["BucketCname www"]?.dependsOn, ["CnameToken www", "Record www-txt"]);
      assert.deepEqual(all["Record www-cname"]?.dependsOn, ["BucketCname www"]);
      assert.equal(all["Record www-txt"]?.parent, "CustomDomain www");
    });
  });

  describe("with records kept by hand", () => {
    const two = () => {
      const recordsOf = (name: string) =>
        new oss.CustomDomain(name, { bucket: "site", domain: `${name}.example.com`, dns: oss.manual() }).records;
      return { www: recordsOf("www"), shop: recordsOf("shop") };
    };

    it("prints the missing records of all domains as one table, a line for each, and nothing else", async () => {
      const BucketCname = { ...pending.BucketCname, pendingReason: "create it" };
      const { output } = await run(two, { ...pending, BucketCname });
      const [title, head, ...rows] = output.split("\n");
      assert.match(title ?? "", /^Create these DNS records/);
      assert.match(head ?? "", /^NAME +TYPE +VALUE +TTL +STATE$/);
      // The mocks know one token only.
      assert.deepEqual(
        rows.map((row) => row.split(/ {2,}/)),
        ["www.example.com", "shop.example.com"].flatMap((domain) => [
          [TXT.name, "TXT", TXT.value, "600", 'has only "old"'],
          [domain, "CNAME", CNAME.value, "600", "missing"],
        ]),
      );
    });

    it("has them as an output", async () => {
      const { outputs } = await run(two, pending);
      assert.deepEqual((outputs as { readonly www: unknown }).www, [TXT, CNAME]);
    });

    it("leaves the binding pending where the TXT record is missing", async () =>
      assert.equal(inputsOf(await run(two, pending), "BucketCname www").unverified, "pending"));

    it("asks only for the CNAME record once the domain is bound", async () => {
      const { outputs, output } = await run(() => new oss.CustomDomain("www", { ...www, dns: oss.manual() }).records);
      assert.match(output, /^Create these DNS records.*\n.*\nwww\.example\.com +CNAME .* missing$/);
      assert.deepEqual(outputs, [CNAME]);
    });

    it("asks for nothing once both records are there", async () => {
      const { outputs, output } = await run(() => new oss.CustomDomain("www", { ...www, dns: oss.manual() }).records, {
        ...states,
        ManualRecord: { missing: "" },
      });
      assert.equal(output, "");
      assert.deepEqual(outputs, []);
    });

    it("does not look for a CNAME record that is declined", async () => {
      const { registrations, outputs } = await run(
        () => new oss.CustomDomain("www", { ...www, dns: oss.manual(), cnameRecord: false }).records,
      );
      assert.equal(byName(registrations)["ManualRecord www-cname"], undefined);
      assert.deepEqual(outputs, []);
    });

    it("keeps the bucket's account out of the look at the CNAME record", async () => {
      const { registrations } = await run(() => {
        const provider = new oss.OssAccount("intl", { region: "cn-hangzhou" });
        new oss.CustomDomain("www", { ...www, dns: oss.manual() }, { provider });
      });
      const { provider, inputs, dependsOn } = byName(registrations)["ManualRecord www-cname"] ?? {};
      const { __provider, missing, ...given } = inputs ?? {};
      assert.deepEqual(
        [provider, given, dependsOn],
        ["", { name: www.domain, target: CNAME.value }, ["BucketCname www"]],
      );
    });
  });

  describe("without records", () => {
    it("neither makes nor prints any", async () => {
      const program = () => new oss.CustomDomain("www", { ...www, dns: oss.none }).records;
      const { registrations, outputs, output } = await run(program, pending);
      assert.deepEqual(outputs, []);
      assert.equal(output, "");
      assert.deepEqual(Object.keys(byName(registrations)).sort(), [
        "BucketCname www",
        "CnameToken www",
        "CustomDomain www",
        "RemovalGuard custom-domains",
        "Stack project-stack",
      ]);
    });

    it("waits for the TXT record, which somebody else makes", async () =>
      assert.equal(
        inputsOf(await run(() => new oss.CustomDomain("www", { ...www, dns: oss.none })), "BucketCname www").unverified,
        "wait",
      ));
  });

  describe("at the top of a zone", () => {
    const top = { bucket: "site", domain: "example.com" };
    const cases: [title: string, domain: string, dns: () => oss.Dns][] = [
      ["example.com with alidns()", "example.com", () => oss.alidns()],
      ["example.com.cn with alidns()", "example.com.cn", () => oss.alidns()],
      ["a zone below another", "dev.example.com", () => oss.alidns({ zone: "dev.example.com." })],
      ["example.com with manual()", "example.com", () => oss.manual()],
    ];
    for (const [title, domain, dns] of cases)
      it(`makes no CNAME record of ${title} and says what to do instead`, async () => {
        const { registrations, outputs, output } = await run(
          () => new oss.CustomDomain("top", { ...top, domain, dns: dns() }).records,
        );
        assert.equal(byName(registrations)["AlidnsRecord top-cname"], undefined);
        assert.deepEqual(outputs, []);
        assert.match(output, /ALIAS record or CNAME flattening.*www\..*cnameRecord: true/);
      });

    it("says nothing when the program declines the record", async () => {
      const { output } = await run(() => {
        new oss.CustomDomain("top", { ...top, dns: oss.alidns(), cnameRecord: false });
      });
      assert.equal(output, "");
    });

    for (const domain of ["example.com", "example.com.cn"])
      it(`makes the record of ${domain} when the program asks for it`, async () => {
        const { registrations, output } = await run(() => {
          new oss.CustomDomain("top", { ...top, domain, dns: oss.alidns(), cnameRecord: true });
        });
        assert.equal(byName(registrations)["AlidnsRecord top-cname"]?.inputs.name, domain);
        assert.equal(output, "");
      });
  });

  describe("refuses, before any resource,", () => {
    const cases: [title: string, args: () => object, reason: RegExp][] = [
      ["a wildcard", () => ({ domain: "*.example.com", dns: oss.alidns() }), /wildcard/],
      [
        "a domain that is an output",
        () => ({ domain: pulumi.output(www.domain), dns: oss.alidns() }),
        /must be a plain string/,
      ],
      ["to guess who keeps the DNS records", () => ({}), /dns must be alidns\(\), records\(…\), manual\(\) or none/],
      ["alidns without its parentheses", () => ({ dns: oss.alidns }), /dns must be alidns\(\)/],
      ["a CNAME record with dns: none", () => ({ dns: oss.none, cnameRecord: true }), /dns: none makes no records/],
    ];
    for (const [title, args, reason] of cases)
      it(title, async () => {
        const { error, registrations } = await run(() => {
          new oss.CustomDomain("www", { ...www, ...args() } as oss.CustomDomainArgs);
        });
        assert.match(error?.message ?? "", reason);
        assert.deepEqual(Object.keys(byName(registrations)), ["Stack project-stack", "CustomDomain www"]);
      });
  });
});
