import assert from "node:assert";
import { runProgram } from "../../support/programRun";

const PROGRAM = `return require("pulumi-oss-cname/program")`;
const states = {
  CnameToken: { txtRecord: { name: "_dnsauth.www.example.com", type: "TXT", value: "0123456789abcdef", ttl: 600 } },
  BucketCname: { status: "Pending", cnameTarget: "site.oss-cn-hangzhou.aliyuncs.com" },
};

describe("root program", () => {
  it("declares a CustomDomain for each entry and puts out a summary and the records to create", async () => {
    const { registrations, outputs, output, status } = await runProgram(PROGRAM, {
      states,
      config: {
        "oss-cname:domains": [
          { domain: "WWW.example.com", bucket: "site", dns: "manual" },
          { domain: "shop.example.com", bucket: "shop", dns: "alidns", certificate: { certId: "12345-cn-hangzhou" } },
        ],
      },
    });
    assert.equal(status, 0, output);
    assert.deepEqual(
      registrations.filter(({ type }) => type.endsWith(":CustomDomain")).map(({ name }) => name),
      ["www.example.com", "shop.example.com"],
    );
    assert.equal(registrations.filter(({ type }) => type.endsWith(":AlidnsRecord")).length, 2);
    const [www, shop] = outputs.domains as Record<string, unknown>[];
    assert.deepEqual(
      [www?.domain, www?.bucket, www?.status, www?.url],
      ["www.example.com", "site", "Pending", "http://www.example.com"],
    );
    assert.equal(shop?.url, "https://shop.example.com");
    assert.deepEqual(
      (outputs.records as { name: string }[]).map(({ name }) => name),
      ["_dnsauth.www.example.com", "www.example.com"],
    );
    assert.equal(output.match(/Create these DNS records/g)?.length, 1, output);
  });

  it("works in the accounts that entries name, for the bucket and for its zone", async () => {
    const { registrations } = await runProgram(PROGRAM, {
      states,
      config: {
        "oss-cname:accounts": { intl: { region: "ap-southeast-1" }, zones: { profile: "dns" } },
        "oss-cname:defaults": { bucket: "site", dns: { alidns: { account: "zones" } } },
        "oss-cname:domains": [
          { domain: "a.example.com", account: "intl" },
          { domain: "b.example.com", dns: "alidns" },
        ],
      },
    });
    const providers = registrations
      .filter(({ type }) => type.startsWith("pulumi-nodejs:"))
      .map(({ type, name, provider }) => `${type.split(":").at(-1)} ${name}: ${provider}`);
    assert.deepEqual(providers.sort(), [
      "AlidnsRecord a.example.com-cname: zones",
      "AlidnsRecord a.example.com-txt: zones",
      "AlidnsRecord b.example.com-cname: ",
      "AlidnsRecord b.example.com-txt: ",
      "BucketCname a.example.com: intl",
      "BucketCname b.example.com: ",
      "CnameToken a.example.com: intl",
      "CnameToken b.example.com: ",
    ]);
  });

  it("refuses wrong entries together, before any resource", async () => {
    const { registrations, output, status } = await runProgram(PROGRAM, {
      config: { "oss-cname:domains": [{ domain: "www.example.com", buckt: "site", dns: "manual" }] },
    });
    assert.equal(status, 1);
    assert.match(output, /2 mistakes/);
    assert.match(output, /oss-cname:domains\[0\] \(www\.example\.com\): unknown key "buckt"; did you mean "bucket"\?/);
    assert.match(output, /oss-cname:domains\[0\] \(www\.example\.com\): bucket: missing/);
    assert.deepEqual(
      registrations.map(({ type }) => type),
      ["pulumi:pulumi:Stack"],
    );
  });

  it("takes an empty list for no domains, and no list for a mistake", async () => {
    const empty = await runProgram(PROGRAM, { config: { "oss-cname:domains": [] } });
    assert.equal(empty.status, 0, empty.output);
    assert.deepEqual(empty.outputs, { domains: [], records: [] });
    const unset = await runProgram(PROGRAM);
    assert.equal(unset.status, 1);
    assert.match(unset.output, /oss-cname:domains is not set/);
  });
});
