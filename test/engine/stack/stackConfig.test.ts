import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse } from "yaml";
import { secret } from "../../../engine/property/value";
import { loadProject } from "../../../engine/stack/project";
import { Crypter } from "../../../engine/stack/secrets";
import { providerConfig, StackConfigFile } from "../../../engine/stack/stackConfig";
import { hasPulumi, pulumi } from "../../support/sandbox";

const passphrase = "correct horse";

/** Arguments of `config set`, and the lines that they leave in the file. */
const written: readonly (readonly [args: readonly string[], lines: string])[] = [
  [["a", "2"], '  proj:a: "2" # kept'],
  [["quoted", "8"], "  proj:quoted: '8'"],
  [["region", "hangzhou"], "  proj:region: hangzhou"],
  [["yes", "yes"], '  proj:yes: "yes"'],
  [["time", "12:30:45"], '  proj:time: "12:30:45"'],
  [["date", "2024-01-02"], '  proj:date: "2024-01-02"'],
  [["empty", ""], '  proj:empty: ""'],
  [["json", '[{"domain": "x"}]'], `  proj:json: '[{"domain": "x"}]'`],
  [["colon", "a: b"], "  proj:colon: 'a: b'"],
  [["multi", "l1\nl2\n"], "  proj:multi: |\n    l1\n    l2"],
  [["long", "word ".repeat(40)], `  proj:long: '${"word ".repeat(40)}'`],
  [["aws:region", "eu"], "  aws:region: eu"],
  [["--path", "o.count", "12"], "  proj:o:\n    count: 12"],
  [["--path", "o.s", "007"], '    s: "007"'],
  [["--path", "o.b", "true"], "    b: true"],
  [["--path", "o.l[0].x", "1.5"], '    l:\n      - x: "1.5"'],
  [["--path", 'o["x.y"]', "z"], "    x.y: z"],
  [["--path", "top", "5"], '  proj:top: "5"'],
];
const given = "# mine\nconfig:\n  # about a\n  proj:a: 1 # kept\n  proj:quoted: '7'\n  proj:u: \"u\"\n";
const left = `# mine\nconfig:\n  # about a\n${written[0]?.[1]}\n${written[1]?.[1]}\n  proj:u: "u"\n${written
  .slice(2)
  .map(([, lines]) => `${lines}\n`)
  .join("")}`;

describe("stack configuration", function () {
  this.timeout(60_000);
  let directory: string;
  let crypter: Crypter;
  before(async () => {
    crypter = await Crypter.create(passphrase);
  });
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "config-"));
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  const open = async (stack: string, project = "") => {
    writeFileSync(join(directory, "Pulumi.yaml"), `name: proj\nruntime: nodejs\n${project}`);
    writeFileSync(join(directory, "Pulumi.dev.yaml"), stack);
    return StackConfigFile.load(await loadProject(directory), "dev");
  };
  const values = async (stack: string, project?: string) => (await open(stack, project)).values(crypter);

  it("gives the program strings, from aliases too", async () => {
    const { values: found } = await values("config:\n  a: &one {k: 1}\n  b: *one\n  c: 1.0\n");
    assert.deepEqual(found, { "proj:a": '{"k":1}', "proj:b": '{"k":1}', "proj:c": "1" });
  });

  it("takes keys in all their forms", async () => {
    const { values: found } = await values("config:\n  bare: 1\n  a:config:b: 2\n  x:y: 3\n");
    assert.deepEqual(found, { "proj:bare": "1", "a:b": "2", "x:y": "3" });
  });

  it("decrypts, and knows which keys are secret", async () => {
    const secure = crypter.encrypt("s");
    const config = `config:\n  open: 1\n  o: {open: 1, list: [{secure: "${secure}"}]}\n  x:y: {secure: "${secure}"}\n`;
    assert.deepEqual(await values(config), {
      values: { "proj:open": "1", "proj:o": '{"list":["s"],"open":1}', "x:y": "s" },
      secretKeys: new Set(["proj:o", "x:y"]),
      secrets: ["s", "s"],
      sealed: { "proj:open": "1", "proj:o": { open: 1, list: [{ secure }] }, "x:y": { secure } },
    });
  });

  it("marks the secrets of the default provider", () => {
    const config = { values: { a: "1", b: "2" }, secretKeys: new Set(["b"]), secrets: ["2"], sealed: {} };
    assert.deepEqual(providerConfig(config), { a: "1", b: secret("2") });
  });

  describe("declared in Pulumi.yaml", () => {
    const project = `config:
  short: t3
  aws:region: {value: eu}
  n: {type: integer, default: 7}
  list: {type: array, items: {type: string}, default: [x]}
`;

    it("has defaults", async () => {
      assert.deepEqual((await values("config:\n  short: mine\n", project)).values, {
        "proj:short": "mine",
        "aws:region": "eu",
        "proj:n": "7",
        "proj:list": '["x"]',
      });
    });

    it("must be of its type", async () => {
      await assert.rejects(values("config: {n: many}\n", project), /Pulumi\.dev\.yaml: n must be of type integer/);
      await assert.rejects(values("config: {list: [[]]}\n", project), /list must be of type array/);
    });

    it("must be set where it has no default", async () => {
      await assert.rejects(values("config: {n: 1}\n", "config:\n  n: {}\n  m: {}\n"), /has no value for m,/);
    });

    it("must be encrypted where it is declared secret", async () => {
      const secretProject = "config:\n  n: {type: string, secret: true}\n";
      await assert.rejects(values("config: {n: open}\n", secretProject), /n must be encrypted.*--secret/);
      const encrypted = `config: {n: {secure: "${crypter.encrypt("s")}"}}\n`;
      assert.equal((await values(encrypted, secretProject)).values["proj:n"], "s");
    });
  });

  const REFUSED: Readonly<Record<string, RegExp>> = {
    "config: {t: 2024-01-02T10:00:00Z}\n": /read as a time by the Pulumi CLI/,
    "config: {a:b:c: 1}\n": /a:b:c is not a configuration key: it should be <namespace>:<name>/,
    "config: {pulumi:disable-default-providers: ['*']}\n": /disable-default-providers.*use the Pulumi CLI/,
    "environment: [prod]\n": /"environment".*use the Pulumi CLI/,
    "secretsprovider: awskms://x\n": /the secrets provider awskms:\/\/x, not passphrase.*use the Pulumi CLI/,
    "config: {a: 1": /Pulumi\.dev\.yaml: /,
  };
  for (const [text, message] of Object.entries(REFUSED)) {
    it(`refuses ${JSON.stringify(text)}`, async () => {
      await assert.rejects(values(text), message);
    });
  }

  it("writes what the CLI writes, and keeps order and comments", async () => {
    const file = await open(given);
    for (const [args] of written) {
      const [key = "", value = ""] = args.slice(-2);
      file.set(key, value, { path: args.length > 2 });
    }
    await file.save();
    assert.equal(readFileSync(file.path, "utf8"), left);
  });

  it("encrypts a secret, inside a structured value too", async () => {
    const file = await open("config:\n  proj:o: {count: 1, s: x}\n");
    file.set("o.count", "hunter2", { path: true, secret: crypter });
    await file.save();
    const text = readFileSync(file.path, "utf8");
    const { config } = parse(text);
    assert.equal(crypter.decrypt(config["proj:o"].count.secure), "hunter2");
    assert.doesNotMatch(text, /hunter2/);
  });

  it("refuses to set an element beyond the end of a list", async () => {
    const file = await open("config:\n  proj:l: [1]\n");
    assert.throws(() => file.set("l[2]", "x", { path: true }), /l\[2\]: array index out of range/);
  });

  if (!hasPulumi) it.skip("there is no pulumi on PATH: that the CLI writes the same is not proven here");
  else
    it("is written so by the CLI", async () => {
      await open(given);
      mkdirSync(join(directory, "state"));
      const run = async (...args: string[]) => {
        const { status, output } = await pulumi(directory, join(directory, "state"), ["--non-interactive", ...args]);
        assert.equal(status, 0, output);
      };
      await run("stack", "init", "dev");
      for (const [args] of written) {
        const [key = "", value = ""] = args.slice(-2);
        await run("config", "set", "--stack", "dev", ...args.slice(0, -2), "--plaintext", "--", key, value);
      }
      const text = readFileSync(join(directory, "Pulumi.dev.yaml"), "utf8");
      assert.equal(text.replace(/^encryptionsalt: .*\n/m, ""), left);
    });
});
