import assert from "node:assert/strict";
import { createPrivateKey, generateKeyPairSync, type KeyObject } from "node:crypto";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readAccountKey } from "../../../provider/config/acmeAccount";
import { ACME_ACCOUNT_KEY, SETTINGS, Settings } from "../../../provider/config/settings";
import { Canaries } from "../../support/canaries";

describe("key of the account at a CA", () => {
  const keys = [1, 2, 3].map(() => generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey);
  const [stack, environment, filed] = keys.map(pemOf) as [string, string, string];
  let folder: string;
  let file: string;
  const before = process.env.OSS_CNAME_ACME_ACCOUNT_KEY;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "acme-"));
    file = join(folder, "acme.key");
    writeFileSync(file, filed, { mode: 0o600 });
    delete process.env.OSS_CNAME_ACME_ACCOUNT_KEY;
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
    if (before !== undefined) process.env.OSS_CNAME_ACME_ACCOUNT_KEY = before;
  });

  const read = (config: Readonly<Record<string, string>> = {}) =>
    readAccountKey(new Settings({ get: (key) => config[key] }));
  const KEY_FILE = "oss-cname:acmeAccountKeyFile";

  it("is the stack's, else that of the file, else that of the environment", () => {
    process.env.OSS_CNAME_ACME_ACCOUNT_KEY = environment;
    assert.equal(pemOf(read({ [ACME_ACCOUNT_KEY]: stack, [KEY_FILE]: file })), stack);
    assert.equal(pemOf(read({ [KEY_FILE]: file })), filed);
    assert.equal(pemOf(read()), environment);
    delete process.env.OSS_CNAME_ACME_ACCOUNT_KEY;
    assert.throws(() => read(), /no key of an account.* Next: make and register one with `oss-cname acme-account/);
  });

  it("is PEM of many lines, of one line, or a JWK", () => {
    const jwk = JSON.stringify(createPrivateKey(stack).export({ format: "jwk" }));
    for (const text of [stack, stack.replaceAll("\n", "\\n"), jwk, ` ${jwk}\n`])
      assert.equal(pemOf(read({ [ACME_ACCOUNT_KEY]: text })), stack);
  });

  it("is not copied to an OssAccount, which keeps its settings in the state", () => {
    assert.ok(!SETTINGS.includes(ACME_ACCOUNT_KEY));
  });

  (process.platform === "win32" ? it.skip : it)("is not read from a file that others can read", () => {
    for (const mode of [0o640, 0o604, 0o644]) {
      chmodSync(file, mode);
      assert.throws(() => read({ [KEY_FILE]: file }), /acme\.key can be read by others .* mode 600/);
    }
  });

  it("is missed where its file is", () => {
    assert.throws(() => read({ [KEY_FILE]: join(folder, "none.key") }), /none\.key cannot be read: ENOENT/);
  });

  it("is refused where it cannot sign for an account, and is never repeated", () => {
    const other = pemOf(generateKeyPairSync("ec", { namedCurve: "P-384" }).privateKey);
    const short = pemOf(generateKeyPairSync("rsa", { modulusLength: 1024 }).privateKey);
    const broken = stack.replace("MIG", "MIX");
    const { d = "", ...rest } = createPrivateKey(stack).export({ format: "jwk" });
    const cut = JSON.stringify({ d, ...rest }).slice(0, -5);
    const texts = { other, short, broken, cut, twisted: JSON.stringify({ d, ...rest, kty: "X" }) };
    for (const [name, text] of Object.entries(texts))
      for (const config of [{ [ACME_ACCOUNT_KEY]: text }, { [KEY_FILE]: file }]) {
        writeFileSync(file, text);
        assert.throws(
          () => read(config),
          (error: Error) => {
            assert.match(error.message, /(is not a private key|must be a P-256 key).* Next: make and register/, name);
            const shown = `${error.stack}${JSON.stringify(error)}${String(error.cause)}`;
            new Canaries({ text, d }).assertAbsent({ shown });
            return true;
          },
        );
      }
  });
});

function pemOf(key: KeyObject): string {
  return key.export({ type: "pkcs8", format: "pem" }).toString();
}
