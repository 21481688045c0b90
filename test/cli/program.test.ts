import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { runHere } from "../support/command";

describe("oss-cname", () => {
  it("shows its version", async () => {
    const { version } = JSON.parse(readFileSync(join(__dirname, "../../../package.json"), "utf8"));
    assert.deepEqual(await runHere(["--version"]), { status: 0, stdout: `${version}\n`, stderr: "" });
  });

  it("has examples in the help of every command", async () => {
    const { stdout } = await runHere(["--help"]);
    const names = [...stdout.matchAll(/^ {2}([a-z]+)(?: \[options\]| )/gm)].map(([, name = ""]) => name);
    assert.ok(names.length >= 7, stdout);
    for (const name of names.filter((name) => name !== "help")) {
      const help = await runHere([name, "--help"]);
      assert.equal(help.status, 0);
      assert.match(help.stdout, new RegExp(`\nExamples?:\n(.*\n)*?  oss-cname ${name}`), name);
    }
  });

  it("ends with status 2 when it does not understand", async () => {
    for (const [args, message] of [
      [["lst", "site"], /unknown command/],
      [["list"], /there is no Pulumi\.<stack>\.yaml here: name a bucket/],
      [["token", "www.example.com"], /name the bucket: no stack configuration here declares www\.example\.com/],
      [["list", "site", "shop", "--xml"], /--xml gives one reply: name one bucket/],
      [["list", "site", "--jsn"], /unknown option '--jsn'/],
      [["list", "site", "--json", "--xml"], /cannot be used with/],
      [["list", "site", "--xml", "--no-certificates"], /cannot be used with --no-certificates/],
      [["list", "site", "-i", "ak"], /go together/],
      [["list", "oss://site/images"], /It must be the name of a bucket/],
    ] as const) {
      const { status, stdout, stderr } = await runHere(args);
      assert.deepEqual([args, status, stdout], [args, 2, ""]);
      assert.match(stderr, message);
    }
  });

  it("ends with status 1 and one line when a command fails", async () => {
    const place = ["-e", "http://127.0.0.1:1", "--region", "cn-hangzhou", "-i", "ak", "-k", "sk"];
    const { status, stdout, stderr } = await runHere(["token", "site", "*.example.com", ...place]);
    assert.deepEqual([status, stdout], [1, ""]);
    assert.match(stderr, /^oss-cname: "\*\.example\.com" is a wildcard.*\n$/);
  });
});
