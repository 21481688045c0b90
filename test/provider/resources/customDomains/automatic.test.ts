import assert from "node:assert/strict";
import * as oss from "../../../../provider";
import { byName, runProgram } from "../../../support/programRun";

const NOTHING_BOUND = { bucket: "site", buckets: {}, certificates: {}, zones: [], bindings: {} };
const DOMAINS = ["www.example.com", "shop.example.com"];

describe("CustomDomains with certificates that are issued by themselves", () => {
  const run = async (
    args: Partial<oss.CustomDomainsArgs>,
    issued: object = { certId: "1-cn-hangzhou", covers: ["www.example.com"] },
  ) => {
    const acme = { pendingReason: "", renewalProblem: "", ...issued };
    const { registrations, error } = await runProgram(
      () => {
        const given = { bucket: "site", domains: DOMAINS, dns: oss.alidns(), certificate: oss.letsEncrypt(), ...args };
        new oss.CustomDomains("sites", given);
      },
      { states: { BucketCnames: NOTHING_BOUND, AcmeCertificate: acme } },
    );
    const inputsOf = (name: string) => {
      const { __provider, ...inputs } = byName(registrations)[name]?.inputs ?? {};
      return inputs;
    };
    const acmes = Object.keys(byName(registrations)).filter((name) => name.startsWith("AcmeCertificate "));
    const certificates: Record<string, Record<string, unknown>> = Object.fromEntries(
      acmes.map((name) => [name.replace(/.* /, ""), inputsOf(name)]),
    );
    return { error, certificates, fleet: inputsOf("BucketCnames sites"), all: byName(registrations) };
  };
  const byId = (certId: string) => ({ certificate: { certId, expiryWarningDays: 0 } });

  it("share one, ordered before the domains that have it", async () => {
    const { certificates, fleet, all } = await run({});
    assert.deepEqual(certificates, {
      sites: { names: [...DOMAINS].sort(), challenge: "dns-01", buckets: [{ bucket: "site" }] },
    });
    assert.deepEqual(fleet.domains, {
      "www.example.com": byId("1-cn-hangzhou"),
      "shop.example.com": byId("1-cn-hangzhou"),
    });
    assert.equal(fleet.certificate, undefined);
    assert.deepEqual(all["BucketCnames sites"]?.dependsOn, ["AcmeCertificate sites"]);
  });

  it("have one for each hundred names", async () => {
    const domains = Array.from({ length: 240 }, (_, index) => `shop-${index}.example.com`);
    const { certificates } = await run({ domains });
    assert.deepEqual(Object.keys(certificates).sort(), ["sites", "sites-1", "sites-2"]);
    const names = Object.values(certificates).flatMap((each) => each.names as string[]);
    assert.deepEqual(names.sort(), domains.sort());
  });

  it("have one wildcard for any number of domains where that is asked for", async () => {
    const domains = [...Array.from({ length: 240 }, (_, index) => `shop-${index}.example.com`), "example.com"];
    const { certificates } = await run({ domains, certificate: oss.letsEncrypt({ wildcard: true }) });
    assert.deepEqual(Object.keys(certificates), ["sites"]);
    assert.deepEqual(certificates.sites?.names, ["*.example.com", "example.com"]);
  });

  it("have another where a domain has options of its own, and none where it has a certificate", async () => {
    const { certificates, fleet } = await run({
      domains: {
        "a.example.com": {},
        "b.example.com": { certificate: oss.acme({ profile: "tlsserver" }) },
        "c.example.com": { certificate: { certId: "7-cn-hangzhou" } },
      },
    });
    const named = Object.entries(certificates).map(([name, { names, profile }]) => [name.slice(0, 6), names, profile]);
    assert.deepEqual(named, [
      ["sites", ["a.example.com"], undefined],
      ["sites-", ["b.example.com"], "tlsserver"],
    ]);
    assert.deepEqual((fleet.domains as Record<string, object>)["c.example.com"], {
      certificate: { certId: "7-cn-hangzhou" },
    });
  });

  it("are proven through each bucket by themselves, for the names that are ready", async () => {
    const domains = { "www.example.com": {}, "shop.example.com": {}, "b.example.com": { bucket: "other" } };
    const { certificates, fleet } = await run({ domains, dns: oss.manual(), region: "cn-hangzhou" });
    const region = "cn-hangzhou";
    const shared = { challenge: "http-01", unready: "pending" };
    assert.deepEqual(certificates, {
      sites: { ...shared, names: ["shop.example.com", "www.example.com"], buckets: [{ bucket: "site", region }] },
      "sites-other": { ...shared, names: ["b.example.com"], buckets: [{ bucket: "other", region }] },
    });
    assert.deepEqual(fleet.domains, {
      "www.example.com": byId("1-cn-hangzhou"),
      "shop.example.com": byId("pending"),
      "b.example.com": { bucket: "other", ...byId("pending") },
    });
  });

  it("may lead anywhere where any of them has a target of its own", async () => {
    const domains = { "a.example.com": {}, "b.example.com": { cnameTarget: "cdn.example.net" } };
    const { certificates } = await run({ domains, dns: oss.none });
    assert.deepEqual(certificates.sites?.buckets, [{ bucket: "site", cnameTarget: "" }]);
  });

  it("refuse what cannot be proven", async () => {
    const { error } = await run({ dns: oss.none, certificate: oss.letsEncrypt({ wildcard: true }) });
    assert.match(String(error), /CustomDomains sites: a wildcard can be proven by dns-01 only/);
  });
});
