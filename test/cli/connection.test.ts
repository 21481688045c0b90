import assert from "node:assert/strict";
import { Readable } from "node:stream";
import { Command } from "commander";
import { readOptions, withConnection } from "../../cli/connection";
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
  const read = (args: string[], input = "") => readOptions(commandWith(...args), ioWith(input));

  it("are the settings of a stack", async () => {
    const place = ["--region", "cn-hangzhou", "-e", "oss.example.com", "--sign-version", "v1", "--allow-http"];
    assert.deepEqual(await read([...place, "--profile", "ops"]), {
      "alicloud:region": "cn-hangzhou",
      "alicloud:profile": "ops",
      "oss-cname:endpoint": "oss.example.com",
      "oss-cname:signatureVersion": "v1",
      "oss-cname:allowHttp": "true",
    });
    assert.deepEqual(await read([]), {});
  });

  it("give the access key", async () => {
    assert.deepEqual(await read(["-i", "ak", "-k", "sk"]), { "alicloud:accessKey": "ak", "alicloud:secretKey": "sk" });
  });

  it("read the secret from standard input", async () => {
    const values = await read(["--access-key-id", "ak", "--access-key-secret", "-"], "sk\n");
    assert.equal(values["alicloud:secretKey"], "sk");
  });

  it("read secret and token from standard input, the secret first", async () => {
    const values = await read(["-t", "-", "-i", "ak", "-k", "-"], "sk\r\ntoken\n");
    assert.deepEqual([values["alicloud:secretKey"], values["alicloud:securityToken"]], ["sk", "token"]);
  });

  it("fail when a secret is missing on standard input", async () => {
    await assert.rejects(read(["-i", "ak", "-k", "-"], "\n"), /expected a line with a secret/);
    await assert.rejects(read(["-i", "ak", "-k", "-", "-t", "-"], "sk\n"), /expected 2 lines with secrets/);
  });

  it("do not read secrets from a terminal", async () => {
    const command = commandWith("-i", "ak", "-k", "-");
    await assert.rejects(readOptions(command, ioWith("sk\n", true)), /not from the terminal/);
  });

  it("go together: key and secret, token and key", async () => {
    await assert.rejects(read(["-i", "ak"]), /go together/);
    await assert.rejects(read(["-k", "sk"]), /go together/);
    await assert.rejects(read(["-t", "token"]), /--sts-token goes with/);
  });

  it("are checked before anything is sent", async () => {
    await assert.rejects(read(["--region", "oss-cn-hangzhou"]), /must be given as cn-hangzhou/);
    await assert.rejects(read(["-e", "ftp://example.com"]), /must use http or https/);
  });
});
