import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readDomainsFile } from "../../../provider/program/domainsFile";

describe("readDomainsFile", () => {
  let directory: string;
  before(() => {
    directory = mkdtempSync(join(tmpdir(), "oss-cname-"));
  });
  after(() => rmSync(directory, { recursive: true }));

  const read = (name: string, text: string) => {
    const path = join(directory, name);
    writeFileSync(path, text);
    return readDomainsFile(path);
  };
  const problems = (name: string, text: string) =>
    read(name, text).problems.map(({ line, text: problem }) => [line, problem]);

  it("reads the same from YAML, JSON and CSV", () => {
    const entries = [
      {
        domain: "www.example.com",
        bucket: "2020",
        dns: { alidns: { zone: "example.com", ttl: 60 } },
        certificate: { certId: "1-cn-hangzhou", force: true, expiryWarningDays: 14 },
        takeover: { bucket: "old" },
        cnameTarget: 'a "b", c',
      },
      { domain: "shop.example.com", dns: "none", cnameRecord: false, dnsTimeoutSeconds: 1.5 },
    ];
    const csv =
      "domain,bucket,dns,dns.alidns.zone,dns.alidns.ttl,certificate.certId,certificate.force,certificate.expiryWarningDays,takeover.bucket,cnameTarget,cnameRecord,dnsTimeoutSeconds\r\n" +
      'www.example.com,2020,,example.com,60,1-cn-hangzhou,true,14,old,"a ""b"", c",,\r\n\r\n' +
      "shop.example.com ,, none,,,,,,,,FALSE,1.5\r\n";
    const yaml =
      '- domain: www.example.com\n  bucket: "2020"\n  dns: { alidns: { zone: example.com, ttl: 60 } }\n' +
      "  certificate: { certId: 1-cn-hangzhou, force: true, expiryWarningDays: 14 }\n  takeover: { bucket: old }\n" +
      '  cnameTarget: a "b", c\n- { domain: shop.example.com, dns: none, cnameRecord: false, dnsTimeoutSeconds: 1.5 }\n';
    const files = {
      "list.yaml": yaml,
      "LIST.YML": yaml,
      "list.json": JSON.stringify(entries, null, "\t"),
      "bom.csv": `\uFEFF${csv}`,
      "list.csv": csv,
    };
    for (const [name, text] of Object.entries(files)) {
      assert.deepEqual(problems(name, text), [], name);
      assert.deepEqual(read(name, text).entries, entries, name);
    }
  });

  it("knows the line of each entry, option and part of it", () => {
    const yaml = read("list.yaml", "\n- domain: a\n  dns:\n    alidns:\n      zone: z\n-\n  domain: b\n");
    const paths = [[0], [0, "domain"], [0, "dns"], [0, "dns", "alidns", "zone"], [0, "gone", "x"], [1], [1, "domain"]];
    assert.deepEqual(paths.map(yaml.lineOf), [2, 2, 3, 5, 2, 7, 7]);
    const json = read("list.json", '[\n  {"domain": "a",\n   "bucket": "b"},\n  {"domain": "c"}\n]');
    assert.deepEqual([[0], [0, "bucket"], [1]].map(json.lineOf), [2, 3, 4]);
    const csv = read("list.csv", 'domain,bucket\n\na,b\n"c",d\n');
    assert.deepEqual([[0], [1, "bucket"]].map(csv.lineOf), [3, 4]);
  });

  it("follows aliases, as often as there are domains", () => {
    const first = "- { domain: d0.example.com, certificate: &pair { certId: 1-cn-hangzhou } }\n";
    const others = Array.from(
      { length: 999 },
      (_, index) => `- { domain: d${index + 1}.example.com, certificate: *pair }\n`,
    );
    const { entries } = read("list.yaml", first + others.join(""));
    assert.deepEqual(entries[999], { domain: "d999.example.com", certificate: { certId: "1-cn-hangzhou" } });
  });

  it("says in which line a file that was cut or spoiled ends to make sense, and shows nothing of it", () => {
    const json = JSON.stringify(
      [
        { domain: "a", privateKey: "hunter2" },
        { domain: "b", privateKey: "hunter2" },
      ],
      null,
      1,
    );
    const csv = "domain,bucket,cnameRecord\na,b,true\nhunter2,d\n";
    const found = {
      json: problems("cut.json", json.slice(0, -20)),
      yaml: problems("cut.yaml", "- domain: a\n  bucket: 'hunter2\n"),
      twice: problems("twice.yaml", "- domain: a\n  domain: b\n"),
      cells: problems("cut.csv", csv),
      quote: problems("quote.csv", 'domain,bucket\na,"hunter2\n'),
    };
    assert.deepEqual(
      Object.values(found).map(([first]) => first?.[0]),
      [8, 3, 2, 3, undefined],
    );
    assert.deepEqual(found.cells, [[3, "has 2 cells, where the header has 3"]]);
    assert.match(String(found.quote), /is not CSV: CSV_QUOTE_NOT_CLOSED in line 2/);
    assert.doesNotMatch(JSON.stringify(found), /hunter2/);
  });

  it("refuses columns that are no single options, once", () => {
    assert.deepEqual(
      problems("list.csv", "domain,bukket,takeover,domain\na,b,c,d\ne,f,g,h\n").map(([line, text]) => [
        line,
        text?.toString().slice(0, 44),
      ]),
      [
        [1, 'unknown column "bukket"; did you mean "bucke'],
        [1, 'unknown column "takeover"; known: domain, bu'],
        [1, 'column "domain" is there twice'],
      ],
    );
  });
});
