import assert from "node:assert/strict";
import { parse, stringify } from "yaml";
import { stackConfig } from "../../../cli/adopt/stackConfig";
import { BINDING, CERTIFICATE } from "../../support/evidence";
import { HTML_TEXTS, YAML_TEXTS } from "../../support/hostileTexts";

const { certificate: _, ...PLAIN } = BINDING;

describe("stackConfig", () => {
  const bound = (...domains: string[]) => domains.map((domain) => ({ ...PLAIN, domain }));
  const site = (...domains: string[]) => [{ bucket: "site", cnames: bound(...domains) }];
  const merged = (text: string, ...domains: string[]) =>
    stackConfig(site(...domains), { region: "cn-hangzhou" }, { existing: { path: "Pulumi.prod.yaml", text } });

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

  const places = {
    bucket: (text: string) => stackConfig([{ bucket: text, cnames: bound("a.example.com") }], {}),
    domain: (text: string) => stackConfig(site(text), {}),
    certId: (text: string) => {
      const certificate = { ...CERTIFICATE, certId: text };
      return stackConfig([{ bucket: "site", cnames: [{ ...PLAIN, domain: "a.example.com", certificate }] }], {});
    },
    region: (text: string) => stackConfig(site("a.example.com"), { region: text }),
    endpoint: (text: string) => stackConfig(site("a.example.com"), { endpoint: text }),
  };
  for (const [place, adopted] of Object.entries(places))
    it(`writes any ${place} so that it is read as the same string, or leaves it out`, () => {
      for (const given of [...YAML_TEXTS, ...HTML_TEXTS]) {
        const { text, added, leftOut } = adopted(given);
        for (const version of ["1.1", "1.2"] as const) {
          const { config, ...rest } = parse(text, { version });
          const { "oss-cname:domains": domains, "alicloud:region": region, "oss-cname:endpoint": endpoint } = config;
          assert.deepEqual(domains, added, text);
          assert.deepEqual(
            [region, endpoint, rest],
            [place === "region" ? given : undefined, place === "endpoint" ? given : undefined, {}],
          );
        }
        const [domain] = added;
        if (place === "bucket") assert.equal(domain?.bucket, given);
        else if (place === "domain") assert.equal(added.length + leftOut.length, 1, text);
        else if (place === "certId" && domain?.certificate === undefined) assert.equal(leftOut.length, 1, text);
        else if (place === "certId") assert.equal(domain?.certificate?.certId, given);
      }
    });

  it("keeps any value of an existing file", () => {
    for (const given of [...YAML_TEXTS, ...HTML_TEXTS]) {
      const theirs = { "their:key": given, [`their:${given}`]: [given, { given }] };
      for (const toText of [JSON.stringify, stringify]) {
        const { config } = parse(merged(toText({ config: theirs }), "www.example.com").text);
        const { "oss-cname:domains": domains, "alicloud:region": _region, ...rest } = config;
        assert.deepEqual([rest, domains.length], [theirs, 1], given);
      }
    }
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
