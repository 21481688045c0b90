import assert from "node:assert";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadProject } from "../../../engine/stack/project";
import { Crypter } from "../../../engine/stack/secrets";
import { StackConfigFile } from "../../../engine/stack/stackConfig";
import { hasPulumi, pulumi } from "../../support/sandbox";

const passphrase = "correct horse";

/** Values as somebody may write them, and the text that a program gets. */
const read: Readonly<Record<string, string>> = {
  "12": "12",
  "0x10": "16",
  "1.0": "1",
  "1e21": "1e+21",
  "12345678901234567890": "12345678901234567890",
  "123456789012345678901234567890": "1.2345678901234568e+29",
  true: "true",
  yes: "yes",
  null: "",
  '""': "",
  "2024-01-2": "2024-01-02 00:00:00 +0000 UTC",
  '"2024-01-02"': "2024-01-02",
  "|-\n    two\n    lines": "two\nlines",
  "{z: 1, a: [9007199254740993, 1.50, null, '<&>'], 5: five}":
    '{"5":"five","a":[9007199254740993,1.5,null,"\\u003c\\u0026\\u003e"],"z":1}',
  "&one {k: 1}": '{"k":1}',
  "*one": '{"k":1}',
};

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

  it("gives the program the text that the CLI gives", async () => {
    const text = Object.keys(read).map((yaml, index) => `  proj:k${index}: ${yaml}\n`);
    const { values: found } = await values(`config:\n${text.join("")}`);
    const expected = Object.values(read).map((value, index) => [`proj:k${index}`, value]);
    assert.deepEqual(found, Object.fromEntries(expected));
  });

  it("decrypts, knows which keys are secret, and takes keys in all their forms", async () => {
    const secure = crypter.encrypt("s");
    const config = `config:\n  bare: 1\n  a:config:b: 2\n  proj:o: {open: 1, list: [{secure: "${secure}"}]}\n  x:y: {secure: "${secure}"}\n`;
    assert.deepEqual(await values(config), {
      values: { "proj:bare": "1", "a:b": "2", "proj:o": '{"list":["s"],"open":1}', "x:y": "s" },
      secretKeys: new Set(["proj:o", "x:y"]),
      secrets: ["s", "s"],
      sealed: { "proj:bare": "1", "a:b": "2", "proj:o": { open: 1, list: [{ secure }] }, "x:y": { secure } },
    });
  });

  it("takes values and defaults of Pulumi.yaml, and holds the stack to its types", async () => {
    const project =
      "config:\n  short: t3\n  aws:region: {value: eu}\n  n: {type: integer, default: 7}\n  list: {type: array, items: {type: string}, default: [x]}\n";
    assert.deepEqual((await values("config:\n  short: mine\n", project)).values, {
      "proj:short": "mine",
      "aws:region": "eu",
      "proj:n": "7",
      "proj:list": '["x"]',
    });
    await assert.rejects(values("config: {n: many}\n", project), /Pulumi\.dev\.yaml: n must be of type integer/);
    await assert.rejects(values("config: {list: [[]]}\n", project), /list must be of type array/);
    await assert.rejects(values("config: {n: 1}\n", "config:\n  n: {}\n  m: {}\n"), /has no value for m,/);
    const secret = "config:\n  n: {type: string, secret: true}\n";
    await assert.rejects(values("config: {n: open}\n", secret), /n must be encrypted.*--secret/);
    assert.equal((await values(`config: {n: {secure: "${crypter.encrypt("s")}"}}\n`, secret)).values["proj:n"], "s");
  });

  it("refuses what it would read otherwise than the CLI", async () => {
    await assert.rejects(values("config: {t: 2024-01-02T10:00:00Z}\n"), /read as a time by the Pulumi CLI/);
    await assert.rejects(values("config: {a:b:c: 1}\n"), /a:b:c is not a configuration key/);
    await assert.rejects(
      values("config: {pulumi:disable-default-providers: ['*']}\n"),
      /disable-default-providers.*use the Pulumi CLI/,
    );
    await assert.rejects(open("environment: [prod]\n"), /"environment".*use the Pulumi CLI/);
    for (const key of ["requiredPulumiVersion: '>=3'", "plugins: {}", "packages: {}", "options: {refresh: always}"])
      await assert.rejects(open("", key), new RegExp(`"${key.split(":")[0]}".*use the Pulumi CLI`));
  });

  it("writes what the CLI writes, and keeps order and comments", async () => {
    const file = await open(given);
    for (const [args] of written) {
      const [key = "", value = ""] = args.slice(-2);
      file.set(key, value, { path: args.length > 2 });
    }
    assert.throws(() => file.set("o.l[3]", "x", { path: true }), /array index out of range/);
    await file.save();
    assert.equal(readFileSync(file.path, "utf8"), left);
    file.set("o.count", "hunter2", { path: true, secret: crypter });
    await file.save();
    assert.match(readFileSync(file.path, "utf8"), /\n {2}proj:o:\n {4}count:\n {6}secure: v1:\S+\n {4}s: "007"\n/);
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
