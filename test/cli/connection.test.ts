import assert from "node:assert/strict";
import { Readable } from "node:stream";
import { Command } from "commander";
import { configureRun, connect, withConnection } from "../../cli/connection";
import type { Io } from "../../cli/io";

describe("the connection options", () => {
  const screen = { write: () => {} };
  function ioWith(input: string, isTTY = false): Io {
    const stdin = Object.assign(Readable.from([input]), { isTTY });
    return { stdin, stdout: screen, stderr: screen, env: {} };
  }
  /** A command that was given these options. */
  function commandWith(...args: string[]): Command {
    const command = withConnection(new Command())
      .exitOverride()
      .configureOutput({ writeErr: () => {} });
    return command.parse(args, { from: "user" });
  }
  const run = (args: string[], input = "") => configureRun(commandWith(...args), ioWith(input));
  const key = async (args: string[], input = "") => (await run(args, input)).credentials.get();

  it("configure region and endpoint", async () => {
    const { settings } = await run([
      "--region",
      "cn-hangzhou",
      "-e",
      "oss.example.com",
      "--sign-version",
      "v1",
      "--allow-http",
    ]);
    assert.equal(settings.allowHttp, true);
    assert.equal(settings.get("alicloud:region"), "cn-hangzhou");
    assert.equal(settings.get("oss-cname:endpoint"), "oss.example.com");
    assert.equal(settings.choice("oss-cname:signatureVersion"), "v1");
  });

  it("name a profile", async () => {
    const { settings } = await run(["--profile", "ops"]);
    assert.equal(settings.get("alicloud:profile"), "ops");
  });

  it("give the access key", async () => {
    const { accessKeyId, accessKeySecret } = await key(["-i", "ak", "-k", "sk"]);
    assert.deepEqual([accessKeyId, accessKeySecret], ["ak", "sk"]);
  });

  it("read the secret from standard input", async () => {
    const { accessKeySecret } = await key(["--access-key-id", "ak", "--access-key-secret", "-"], "sk\n");
    assert.equal(accessKeySecret, "sk");
  });

  it("read secret and token from standard input, the secret first", async () => {
    const { accessKeySecret, securityToken } = await key(["-t", "-", "-i", "ak", "-k", "-"], "sk\r\ntoken\n");
    assert.deepEqual([accessKeySecret, securityToken], ["sk", "token"]);
  });

  it("fail when a secret is missing on standard input", async () => {
    await assert.rejects(key(["-i", "ak", "-k", "-"], "\n"), /expected a line with a secret/);
    await assert.rejects(key(["-i", "ak", "-k", "-", "-t", "-"], "sk\n"), /expected 2 lines with secrets/);
  });

  it("do not read secrets from a terminal", async () => {
    const command = commandWith("-i", "ak", "-k", "-");
    await assert.rejects(configureRun(command, ioWith("sk\n", true)), /not from the terminal/);
  });

  it("go together: key and secret, token and key", async () => {
    await assert.rejects(run(["-i", "ak"]), /go together/);
    await assert.rejects(run(["-k", "sk"]), /go together/);
    await assert.rejects(run(["-t", "token"]), /--sts-token goes with/);
  });

  it("are checked before anything is sent", async () => {
    await assert.rejects(run(["--region", "oss-cn-hangzhou"]), /must be given as cn-hangzhou/);
    await assert.rejects(run(["-e", "ftp://example.com"]), /must use http or https/);
  });

  it("need a region or an endpoint to connect", async () => {
    for (const args of [
      ["--region", "cn-hangzhou"],
      ["-e", "oss.example.com"],
    ])
      assert.ok(await connect(commandWith(...args), ioWith("")));
  });
});
