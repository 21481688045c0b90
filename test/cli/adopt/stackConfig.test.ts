import assert from "node:assert/strict";
import { parse } from "yaml";
import { stackConfig } from "../../../cli/adopt/stackConfig";
import { BINDING, CERTIFICATE } from "../../support/evidence";

const { certificate: _, ...PLAIN } = BINDING;

describe("stackConfig", () => {
  const bound = (...domains: string[]) => domains.map((domain) => ({ ...PLAIN, domain }));
  const site = (...domains: string[]) => [{ bucket: "site", cnames: bound(...domains) }];
  const merged = (text: string, ...domains: string[]) =>
    stackConfig(site(...domains), { region: "cn-hangzhou" }, { path: "Pulumi.prod.yaml", text });

  it("declares every domain, with its certificate by CertId", () => {
    const buckets = [
      { bucket: "one", cnames: [BINDING] },
      { bucket: "2020-01-01", cnames: bound("img.example.com") },
    ];
    const { text, leftOut } = stackConfig(buckets, { region: "cn-hangzhou", endpoint: "oss.example.com" });
    assert.equal(
      text,
      `config:
  alicloud:region: cn-hangzhou
  oss-cname:endpoint: oss.example.com
  oss-cname:domains:
    - domain: www.example.com
      bucket: one
      dns: none
      certificate:
        certId: "7-cn-hangzhou"
    - domain: img.example.com
      bucket: "2020-01-01"
      dns: none
`,
    );
    assert.deepEqual(leftOut, []);
  });

  const oddities = ["0123", "1e3", "0x10", "2020-01-01", "true1", "null0", "on-1", "007", "12:30", "1_000", "yes1"];
  for (const bucket of oddities.filter((name) => /^[a-z0-9][a-z0-9-]+$/.test(name) && name.length >= 3))
    it(`writes bucket ${bucket} so that it is read as the same string`, () => {
      const { text } = stackConfig([{ bucket, cnames: bound("a.example.com") }], {});
      for (const version of ["1.1", "1.2"] as const)
        assert.equal(parse(text, { version }).config["oss-cname:domains"][0].bucket, bucket);
    });

  it("keeps everything in an existing file, and names another region at the domain", () => {
    const theirs = `# Ours since 2019
encryptionsalt: v1:abc
config:
  alicloud:region: ap-southeast-1 # Singapore
  oss-cname:domains:
    - domain: OLD.example.com. # by hand
      bucket: two
      dns: alidns
`;
    const { text } = merged(theirs, "www.example.com", "old.example.com");
    const added = "    - domain: www.example.com\n      bucket: site\n      dns: none\n      region: cn-hangzhou\n";
    assert.equal(text, theirs + added);
    assert.equal(merged(text, "www.example.com", "old.example.com").text, text);
  });

  it("fills in an empty file", () => {
    for (const text of ["", "# nothing yet\n", "config:\n", "config: {}\n"])
      assert.equal(parse(merged(text, "www.example.com").text).config["oss-cname:domains"].length, 1, text);
  });

  it("refuses a file that is not stack configuration, by its name", () => {
    for (const [text, message] of [
      ["config: [", /^Pulumi\.prod\.yaml is not YAML/],
      ["Remember the milk.\n", /^Pulumi\.prod\.yaml: this is not a YAML mapping/],
      ["- milk\n", /not a YAML mapping/],
      ["config: milk\n", /config is not a mapping/],
      ["config:\n  oss-cname:domains: milk\n", /oss-cname:domains is not a list/],
    ] as const)
      assert.throws(() => merged(text, "www.example.com"), { message }, text);
  });

  it("leaves out a domain that cannot be declared, and says why", () => {
    const { added, leftOut } = stackConfig(site("*.example.com", "www.example.com"), {});
    assert.deepEqual(
      added.map(({ domain }) => domain),
      ["www.example.com"],
    );
    assert.match(leftOut[0] ?? "", /^left out of bucket site: "\*\.example\.com" is a wildcard/);
  });

  it("leaves out a certificate without a CertId, and says so", () => {
    const cname = { ...BINDING, certificate: { ...CERTIFICATE, certId: "" } };
    const { added, leftOut } = stackConfig([{ bucket: "site", cnames: [cname] }], {});
    assert.deepEqual(added, [{ domain: "www.example.com", bucket: "site", dns: "none" }]);
    assert.match(leftOut[0] ?? "", /the certificate of www\.example\.com, because OSS does not tell its CertId/);
  });
});
