import assert from "node:assert";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type Configuration,
  ConfigurationError,
  type ConfigurationSource,
  readConfiguration,
} from "../../../provider/program/configuration";
import { type CertificateOptions, createAuthority } from "../../support/certificates";

describe("readConfiguration", () => {
  let rootDirectory: string;
  let programDirectory: string;

  before(async () => {
    rootDirectory = mkdtempSync(join(tmpdir(), "oss-cname-"));
    programDirectory = join(rootDirectory, "bin", "provider");
    mkdirSync(programDirectory, { recursive: true });
    mkdirSync(join(rootDirectory, "certs"));
    const authority = await createAuthority();
    const write = async (name: string, options: Partial<CertificateOptions> = {}) => {
      const { chain, privateKey } = await authority.issue({ names: ["www.example.com"], ...options });
      writeFileSync(join(rootDirectory, "certs", `${name}.pem`), chain);
      writeFileSync(join(rootDirectory, "certs", `${name}.key`), privateKey);
    };
    await write("www");
    await write("shop", { names: ["shop.example.com"] });
    await write("old", { validTo: new Date(Date.now() - 1000) });
  });
  after(() => rmSync(rootDirectory, { recursive: true }));

  type Rest = Partial<Pick<ConfigurationSource, "domainsFile" | "defaults" | "accounts" | "settings">>;
  const nothing = { domainsFile: undefined, defaults: undefined, accounts: undefined, settings: {} };
  const read = (domains: unknown, rest: Rest = {}): Configuration =>
    readConfiguration({ ...nothing, ...rest, domains, rootDirectory, programDirectory, now: Date.now() });
  const problems = (domains: unknown, rest?: Rest): readonly string[] => {
    try {
      read(domains, rest);
    } catch (error) {
      if (error instanceof ConfigurationError) return error.problems;
      throw error;
    }
    return [];
  };
  const www = { domain: "www.example.com", bucket: "site", dns: "alidns" };

  it("refuses settings that do not exist or have invalid values", () => {
    const settings = { "oss-cname:verfication": "none", "oss-cname:addressing": "vhost", "aws:region": "x" };
    assert.deepEqual(problems([], { settings: { ...settings, "oss-cname:domains": "[]" } }), [
      'oss-cname: unknown key "verfication"; did you mean "verification"?',
      'oss-cname:addressing: "vhost" is not virtual or path',
    ]);
  });

  it("takes an entry as it is, with its domain normalised", () => {
    const entry = {
      ...www,
      domain: " WWW.Example.com.",
      dns: { alidns: { zone: "example.com", ttl: 60, account: "zones" } },
      region: "cn-hangzhou",
      endpoint: "http://127.0.0.1:1",
      account: "intl",
      certificate: { certId: "12345-cn-hangzhou", force: true, expiryWarningDays: 14 },
      cnameRecord: false,
      cnameTarget: "cdn.example.net",
      takeover: { bucket: "old", region: "cn-beijing" },
      verification: "none",
      dnsTimeoutSeconds: 60,
    };
    const accounts = { intl: { region: "ap-southeast-1", profile: "intl" }, zones: { accessKey: "a", secretKey: "b" } };
    const domains = [{ ...entry, domain: "www.example.com" }];
    assert.deepEqual(read([entry], { accounts }), { domains, domainsOfFiles: [], accounts });
  });

  it("fills in the defaults, which entries override as a whole", () => {
    const defaults = { bucket: "site", dns: "manual", certificate: { certId: "1-cn-hangzhou" } };
    const { domains } = read([{ domain: "a.example.com" }, { ...www, certificate: { certId: "2-cn-hangzhou" } }], {
      defaults,
    });
    assert.deepEqual(domains, [
      { ...defaults, domain: "a.example.com" },
      { ...www, certificate: { certId: "2-cn-hangzhou" } },
    ]);
  });

  it("finds files beside Pulumi.yaml and names them from the program's directory", () => {
    const certificate = { certificateFile: "certs/www.pem", privateKeyFile: join(rootDirectory, "certs", "www.key") };
    assert.deepEqual(read([{ ...www, certificate }]).domains[0]?.certificate, {
      certificateFile: join("..", "..", "certs", "www.pem"),
      privateKeyFile: join("..", "..", "certs", "www.key"),
    });
  });

  it("lets an expired certificate through, which its resource judges by what it was before", () => {
    const certificate = { certificateFile: "certs/old.pem", privateKeyFile: "certs/old.key" };
    assert.deepEqual(problems([{ ...www, certificate }]), []);
  });

  it("refuses PEM texts as it refuses files", () => {
    assert.deepEqual(problems([{ ...www, certificate: { certificate: "no", privateKey: "none" } }]), [
      `${place}certificate.certificate: contains no certificate ("-----BEGIN CERTIFICATE-----" in PEM)`,
      `${place}certificate.privateKey: contains no private key ("-----BEGIN PRIVATE KEY-----" in PEM)`,
    ]);
  });

  const place = "oss-cname:domains[0] (www.example.com): ";
  const mistakes: [what: string, domains: unknown, expected: string[]][] = [
    ["no list", { www }, ["oss-cname:domains: must be a list"]],
    ["no entry", ["www.example.com"], ["oss-cname:domains[0]: must be a mapping"]],
    ["no domain", [{ bucket: "site", dns: "none" }], ["oss-cname:domains[0]: domain: missing"]],
    [
      "no bucket, no dns",
      [{ domain: "www.example.com" }],
      [`${place}bucket: missing`, `${place}dns: missing; it is alidns, manual or none`],
    ],
    ["unknown key", [{ ...www, certificat: {} }], [`${place}unknown key "certificat"; did you mean "certificate"?`]],
    [
      "unknown key like no other",
      [{ ...www, takeover: { bucket: "old", when: 1 } }],
      [`${place}takeover: unknown key "when"; known: bucket, region, endpoint`],
    ],
    ["bucket a number", [{ ...www, bucket: 12345 }], [`${place}bucket: must be a string, so put it in quotes`]],
    [
      "bad bucket, region and endpoint",
      [{ ...www, bucket: "My_Site", region: "oss-cn-hangzhou", endpoint: "ftp://oss.example.com" }],
      [
        `${place}bucket: bucket "My_Site" must be 3 to 63 lower-case letters, digits and hyphens, beginning and ending with a letter or digit`,
        `${place}region: region "oss-cn-hangzhou" must be given as cn-hangzhou`,
        `${place}endpoint: endpoint "ftp://oss.example.com" must use http or https`,
      ],
    ],
    ["unknown DNS", [{ ...www, dns: "cloudflare" }], [`${place}dns: must be alidns, manual or none`]],
    [
      "unknown DNS option",
      [{ ...www, dns: { alidns: { zon: "example.com" } } }],
      [`${place}dns.alidns: unknown key "zon"; did you mean "zone"?`],
    ],
    [
      "wrong types",
      [{ ...www, cnameRecord: "no", dnsTimeoutSeconds: "60" }],
      [`${place}cnameRecord: must be true or false`, `${place}dnsTimeoutSeconds: must be a number`],
    ],
    [
      "unknown account",
      [{ ...www, account: "intl", dns: { alidns: { account: "zones" } } }],
      [
        `${place}account: unknown account "intl"; known: none`,
        `${place}dns.alidns.account: unknown account "zones"; known: none`,
      ],
    ],
    [
      "half a certificate",
      [{ ...www, certificate: { certificateFile: "certs/www.pem" } }],
      [
        `${place}certificate: must be letsEncrypt, {acme}, {certId}, {certificateFile, privateKeyFile} or {certificate, privateKey}`,
      ],
    ],
    [
      "two certificates",
      [
        {
          ...www,
          certificate: { certId: "1-cn-hangzhou", certificateFile: "certs/www.pem", privateKeyFile: "certs/www.key" },
        },
      ],
      [
        `${place}certificate: must be letsEncrypt, {acme}, {certId}, {certificateFile, privateKeyFile} or {certificate, privateKey}`,
      ],
    ],
    [
      "a certificate that is issued by itself, with unknown options",
      [{ ...www, certificate: { acme: { profil: "tlsserver", keyType: "RSA-4096" } } }],
      [
        `${place}certificate.acme.keyType: must be P-256 or RSA-2048`,
        `${place}certificate.acme: unknown key "profil"; did you mean "profile"?`,
      ],
    ],
    [
      "a word that is not letsEncrypt",
      [{ ...www, certificate: "letsencrypt" }],
      [`${place}certificate: must be letsEncrypt`],
    ],
    [
      "challenges that its DNS does not allow",
      [
        { ...www, certificate: { acme: { challenge: "dns-01" } }, dns: "manual" },
        { ...www, domain: "a.example.com", certificate: { acme: { wildcard: true } }, dns: "none" },
        { ...www, domain: "b.example.com", certificate: { acme: { wildcard: true, challenge: "http-01" } } },
      ],
      [
        `${place}certificate.acme.challenge: dns-01 needs dns alidns`,
        "oss-cname:domains[1] (a.example.com): certificate.acme.wildcard: a wildcard can be proven by dns-01 only",
        "oss-cname:domains[2] (b.example.com): certificate.acme.wildcard: a wildcard can be proven by dns-01 only",
      ],
    ],
    [
      "missing files",
      [{ ...www, certificate: { certificateFile: "certs/w.pem", privateKeyFile: "certs/www.pem/key" } }],
      [
        `${place}certificate.certificateFile: certs/w.pem cannot be read: ENOENT`,
        `${place}certificate.privateKeyFile: certs/www.pem/key cannot be read: ENOTDIR`,
      ],
    ],
    [
      "a key of another certificate",
      [{ ...www, certificate: { certificateFile: "certs/www.pem", privateKeyFile: "certs/shop.key" } }],
      [`${place}certificate.privateKeyFile: does not belong to any certificate of the chain`],
    ],
    [
      "a certificate for another domain",
      [{ ...www, certificate: { certificateFile: "certs/shop.pem", privateKeyFile: "certs/shop.key" } }],
      [`${place}certificate.certificateFile: does not cover www.example.com; it is for shop.example.com`],
    ],
    [
      "a CNAME record where nobody makes records",
      [{ ...www, dns: "none", cnameRecord: true }],
      [`${place}cnameRecord: dns none makes no records`],
    ],
    [
      "a domain twice",
      [www, { ...www, domain: "WWW.example.com." }],
      [
        "oss-cname:domains[1] (WWW.example.com.): domain: declared twice, first in oss-cname:domains[0] (www.example.com)",
      ],
    ],
  ];
  for (const [what, domains, expected] of mistakes)
    it(`refuses, naming entry and field: ${what}`, () => assert.deepEqual(problems(domains), expected));

  it("refuses mistakes in defaults and accounts", () => {
    const rest = { defaults: { domain: "www.example.com" }, accounts: { intl: { profil: "intl" } } };
    assert.deepEqual(
      problems([www], rest).map((problem) => problem.split(";")[0]),
      [`oss-cname:defaults: unknown key "domain"`, `oss-cname:accounts.intl: unknown key "profil"`],
    );
  });

  it("says everything at once, in the order of the entries", () => {
    const found = problems([
      { ...www, dsn: 1 },
      { domain: "*.example.com", bucket: "site", dns: "none" },
      { ...www, bucket: 7 },
    ]);
    assert.deepEqual(
      found.map((problem) => problem.replace(/^oss-cname:(\S+) .*?: (\w+).*/, "$1 $2")),
      ["domains[0] unknown", "domains[1] domain", "domains[2] bucket", "domains[2] domain"],
    );
  });

  describe("with files", () => {
    const inFiles = (files: Readonly<Record<string, string>>, rest: Rest = {}, domains?: unknown) => {
      for (const [name, text] of Object.entries(files)) writeFileSync(join(rootDirectory, name), text);
      const names = Object.keys(files);
      return { domains, rest: { domainsFile: names.length === 1 ? names[0] : names, ...rest } };
    };
    const problemsInFiles = (...args: Parameters<typeof inFiles>) => {
      const { domains, rest } = inFiles(...args);
      return problems(domains, rest);
    };
    const csv = "domain,bucket,certificate.certId\nshop.example.com,shop,2-cn-hangzhou\nWWW.example.net,,\n";

    it("takes their entries as it takes its own, and keeps them apart", () => {
      const defaults = { bucket: "site", dns: "manual" };
      const { domains, rest } = inFiles({ "a.yaml": "- domain: a.example.com\n", "b.csv": csv }, { defaults }, [www]);
      const configuration = read(domains, rest);
      assert.deepEqual(configuration.domains, [www]);
      assert.deepEqual(configuration.domainsOfFiles, [
        { ...defaults, domain: "a.example.com" },
        { ...defaults, domain: "shop.example.com", bucket: "shop", certificate: { certId: "2-cn-hangzhou" } },
        { ...defaults, domain: "www.example.net" },
      ]);
    });

    it("takes letsEncrypt as a word, as an option of all and as a column", () => {
      const acme = { acme: { profile: "tlsserver" } };
      const csv = `domain,certificate,certificate.acme.profile\na.example.com,letsEncrypt,\nb.example.com,,tlsserver\n`;
      const { domains, rest } = inFiles(
        { "b.csv": csv },
        { defaults: { bucket: "site", dns: "manual", certificate: acme } },
        [{ domain: "c.example.com" }, { domain: "d.example.com", certificate: "letsEncrypt" }],
      );
      const configuration = read(domains, rest);
      assert.deepEqual(
        [...configuration.domainsOfFiles, ...configuration.domains].map(({ domain, certificate }) => [
          domain,
          certificate,
        ]),
        [
          ["a.example.com", { acme: {} }],
          ["b.example.com", acme],
          ["c.example.com", acme],
          ["d.example.com", { acme: {} }],
        ],
      );
    });

    it("names the file and the line of what is wrong", () => {
      const yaml = [
        "# ours",
        "- domain: a.example.com",
        "  bucket: site",
        "  dns: alidns",
        "  cnameRecord: no",
        "  certificate:",
        "    certid: 1-cn-hangzhou",
        "- { domain: b.example.com, dns: alidns,",
        "    bucket: My_Site }",
      ];
      assert.deepEqual(
        problemsInFiles({ "list.yaml": yaml.join("\n") }).map((problem) => problem.slice(0, 62)),
        [
          'list.yaml:7 (a.example.com): certificate: unknown key "certid"',
          "list.yaml:6 (a.example.com): certificate: must be letsEncrypt,",
          "list.yaml:5 (a.example.com): cnameRecord: must be true or fals",
          'list.yaml:9 (b.example.com): bucket: bucket "My_Site" must be ',
        ],
      );
    });

    it("says what is wrong with defaults and with a certificate at the entry that has it", () => {
      const certificate = { certificateFile: "certs/shop.pem", privateKeyFile: "certs/shop.key" };
      const found = problemsInFiles({ "l.csv": "domain\n\nwww.example.com\n" }, { defaults: { ...www, certificate } });
      assert.deepEqual(found.slice(1), [
        "l.csv:3 (www.example.com): certificate.certificateFile: does not cover www.example.com; it is for shop.example.com",
      ]);
    });

    it("refuses a domain that is declared twice, naming both places", () => {
      const entry = (domain: string) => `- { domain: ${domain}, bucket: site, dns: none }\n`;
      const files = { "a.yaml": entry("a.example.com"), "b.yaml": entry("A.example.com") + entry("www.example.com") };
      assert.deepEqual(problemsInFiles(files, {}, [www]), [
        "b.yaml:1 (A.example.com): domain: declared twice, first in a.yaml:1 (a.example.com)",
        "b.yaml:2 (www.example.com): domain: declared twice, first in oss-cname:domains[0] (www.example.com)",
      ]);
    });

    it("does not take a file that is missing or empty for an empty list", () => {
      const files = {
        "empty.yaml": "\n",
        "none.json": "[]",
        "header.csv": "domain,bucket\n",
        "map.yaml": "domains: []",
      };
      assert.deepEqual(problemsInFiles(files), [
        "empty.yaml: has no domains",
        "none.json: has no domains",
        "header.csv: has no domains",
        "map.yaml: must be a list of domains, each with its options",
      ]);
      const rest = { domainsFile: ["gone.yaml", "list.txt"] };
      assert.deepEqual(problems([], rest), [
        "gone.yaml: cannot be read: ENOENT",
        "list.txt: is .txt, and must be .yaml, .yml, .json or .csv",
      ]);
      for (const domainsFile of [[], "", 7, [7]])
        assert.deepEqual(problems([], { domainsFile }), [
          "oss-cname:domainsFile: must be the path of a file, or a list of paths",
        ]);
    });
  });

  it("refuses configuration of nearly the length that Linux allows, and says where domains may be instead", () => {
    const settings = { "trial:text": "x".repeat(115 * 1024) };
    assert.deepEqual(problems([www], { settings }), []);
    const [problem] = problems([www], { settings: { ...settings, "trial:more": "x".repeat(6 * 1024) } });
    assert.match(
      problem ?? "",
      /^the stack's configuration: it has 121 kB, .*Linux allows 128 kB.*oss-cname:domainsFile/,
    );
  });

  it("does not repeat PEM where a path belongs", () => {
    const key = "-----BEGIN PRIVATE KEY-----\nTOPSECRET\n-----END PRIVATE KEY-----";
    const certificate = { certificateFile: "certs/www.pem", privateKeyFile: key };
    assert.deepEqual(problems([{ ...www, certificate }]), [
      `${place}certificate.privateKeyFile: holds PEM and not a path: give the PEM as privateKey`,
    ]);
  });

  it("never shows a value that may be secret", () => {
    const shown = problems([{ ...www, certificate: { certificate: "PEM", privateKey: 42, privatKey: "hunter2" } }], {
      accounts: { intl: { secretKey: 99, secretKei: "hunter3" } },
    }).join("\n");
    assert.match(shown, /did you mean "privateKey"/);
    assert.match(shown, /did you mean "secretKey"/);
    assert.doesNotMatch(shown, /hunter|42|99/);
  });
});
