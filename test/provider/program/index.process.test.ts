// Needs processes: the program is a module, which runs once in each.
import assert from "node:assert/strict";
import { runProgramProcess } from "../../support/programProcess";
import { byName, type ProgramRun } from "../../support/programRun";

const states = {
  CnameToken: { txtRecord: { name: "_dnsauth.www.example.com", type: "TXT", value: "0123456789abcdef", ttl: 600 } },
  BucketCname: { status: "Pending", cnameTarget: "site.oss-cn-hangzhou.aliyuncs.com" },
};
const run = (config: Record<string, unknown>) =>
  runProgramProcess(`return require("pulumi-oss-cname/program")`, { states, config });

const several = {
  "oss-cname:accounts": { intl: { region: "ap-southeast-1" }, zones: { profile: "dns" } },
  "oss-cname:defaults": { bucket: "site", protect: true },
  "oss-cname:domains": [
    { domain: "WWW.example.com", dns: "manual" },
    { domain: "shop.example.com", bucket: "shop", dns: "alidns", certificate: { certId: "12345-cn-hangzhou" } },
    { domain: "intl.example.com", account: "intl", dns: { alidns: { account: "zones" } } },
    { domain: "none.example.com", dns: "none", protect: false },
  ],
};
const wrong = { "oss-cname:domains": [{ domain: "www.example.com", buckt: "site", dns: "manual" }] };
const empty = { "oss-cname:domains": [] };

describe("the program without code", () => {
  let runs: Record<"several" | "wrong" | "empty" | "unset", ProgramRun>;
  before(async () => {
    const all = await Promise.all([run(several), run(wrong), run(empty), run({})]);
    runs = { several: all[0], wrong: all[1], empty: all[2], unset: all[3] };
  });

  describe("with domains in several accounts", () => {
    let ran: ProgramRun;
    before(() => {
      ran = runs.several;
      assert.equal(ran.error, undefined);
    });
    const outputs = () => ran.outputs as { domains: Record<string, string>; records: string[] };

    it("declares a CustomDomain for each entry", () =>
      assert.deepEqual(
        ran.registrations.filter(({ type }) => type.endsWith(":CustomDomain")).map(({ name }) => name),
        ["www.example.com", "shop.example.com", "intl.example.com", "none.example.com"],
      ));

    it("protects what an entry or the defaults say", () =>
      assert.deepEqual(
        ran.registrations
          .filter(({ type, protect }) => type.endsWith(":BucketCname") && protect)
          .map(({ name }) => name)
          .sort(),
        ["intl.example.com", "shop.example.com", "www.example.com"],
      ));

    it("makes DNS records only where Alibaba Cloud DNS keeps them", () =>
      assert.deepEqual(
        Object.keys(byName(ran.registrations))
          .filter((name) => name.startsWith("AlidnsRecord"))
          .sort(),
        ["intl", "shop"].flatMap((name) => [
          `AlidnsRecord ${name}.example.com-cname`,
          `AlidnsRecord ${name}.example.com-txt`,
        ]),
      ));

    it("has the status of each domain as an output", () =>
      assert.deepEqual([outputs().domains["www.example.com"], Object.keys(outputs().domains).length], ["Pending", 4]));

    it("has the records to create by hand as an output, as lines of a zone file", () =>
      assert.deepEqual(
        outputs().records.map((line) => line.split(" ").slice(0, 4).join(" ")),
        ["_dnsauth.www.example.com. 600 IN TXT", "www.example.com. 600 IN CNAME"],
      ));

    it("prints them as one table", () => assert.equal(ran.output.match(/Create these DNS records/g)?.length, 1));

    it("works in the accounts that an entry names for its bucket and its zone", () => {
      const resources = ["CnameToken", "BucketCname", "AlidnsRecord"];
      const providers = Object.entries(byName(ran.registrations))
        .filter(([name]) => resources.some((type) => name.startsWith(type)) && /shop|intl/.test(name))
        .map(([name, { provider }]) => `${name}: ${provider}`);
      assert.deepEqual(providers.sort(), [
        "AlidnsRecord intl.example.com-cname: zones",
        "AlidnsRecord intl.example.com-txt: zones",
        "AlidnsRecord shop.example.com-cname: ",
        "AlidnsRecord shop.example.com-txt: ",
        "BucketCname intl.example.com: intl",
        "BucketCname shop.example.com: ",
        "CnameToken intl.example.com: intl",
        "CnameToken shop.example.com: ",
      ]);
    });
  });

  it("refuses wrong entries together, before any resource", () => {
    const { registrations, error } = runs.wrong;
    assert.equal(error?.name, "RunError");
    assert.match(error.message, /2 mistakes/);
    assert.match(
      error.message,
      /oss-cname:domains\[0\] \(www\.example\.com\): unknown key "buckt"; did you mean "bucket"\?/,
    );
    assert.match(error.message, /oss-cname:domains\[0\] \(www\.example\.com\): bucket: missing/);
    assert.deepEqual(Object.keys(byName(registrations)), ["Stack project-stack"]);
  });

  it("declares nothing for an empty list, but is guarded", () => {
    const { outputs, error, registrations } = runs.empty;
    assert.deepEqual(Object.keys(byName(registrations)), ["Stack project-stack", "RemovalGuard custom-domains"]);
    assert.equal(error, undefined);
    assert.deepEqual(outputs, { domains: {}, records: [], summary: { total: 0, statuses: {}, notEnabled: [] } });
  });

  it("refuses a stack without a list, saying how to make one", () =>
    assert.match(
      runs.unset.error?.message ?? "",
      /neither oss-cname:domains nor oss-cname:domainsFile is set.*pulumi config set/s,
    ));
});
