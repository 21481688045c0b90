import assert from "node:assert/strict";
import { containsSecrets, SECRET, SIGNATURE, secret } from "../../../engine/property/value";
import { Crypter } from "../../../engine/stack/secrets";

const PASSPHRASE = "correct horse";

describe("Crypter", () => {
  let crypter: Crypter;
  before(async () => {
    crypter = await Crypter.create(PASSPHRASE);
  });

  it("decrypts what it has encrypted", () => {
    const text = "hunter2 密码\n";
    const ciphertext = crypter.encrypt(text);
    assert.match(ciphertext, /^v1:\S+:\S+$/);
    assert.equal(crypter.decrypt(ciphertext), text);
  });

  it("encrypts differently each time", () => {
    assert.notEqual(crypter.encrypt("x"), crypter.encrypt("x"));
  });

  it("opens again with the same passphrase", async () => {
    const again = await Crypter.open(PASSPHRASE, crypter.salt);
    assert.equal(again.decrypt(crypter.encrypt("x")), "x");
  });

  it("refuses another passphrase, and says how to give the right one", async () => {
    await assert.rejects(
      Crypter.open("wrong", crypter.salt),
      /^Error: incorrect passphrase: set PULUMI_CONFIG_PASSPHRASE/,
    );
  });

  for (const salt of ["v2:AAAA:v1:x:y", "nonsense"]) {
    it(`refuses the salt ${salt}`, async () => {
      await assert.rejects(Crypter.open(PASSPHRASE, salt), /unknown form of encryption salt/);
    });
  }

  it("refuses a ciphertext of another form", () => {
    assert.throws(() => crypter.decrypt("v2:x:y"), /not in a form that this engine knows/);
  });

  it("refuses a ciphertext that was changed", () => {
    const [version, nonce, data = ""] = crypter.encrypt("x").split(":");
    const bytes = Buffer.from(data, "base64");
    bytes[0] = (bytes[0] ?? 0) ^ 1;
    assert.throws(() => crypter.decrypt(`${version}:${nonce}:${bytes.toString("base64")}`));
  });

  it("seals secrets at any depth, and unseals them", () => {
    const properties = { open: 1, hidden: secret({ a: "x" }), list: [{ b: secret("y") }] };
    const sealed = crypter.seal(properties);
    assert.doesNotMatch(JSON.stringify(sealed), /"[xy]"/);
    assert.ok(containsSecrets(sealed));
    assert.deepEqual(crypter.unseal(sealed), properties);
  });

  it("seals the same secret to the same ciphertext, so that saving a state again changes nothing", () => {
    const properties = { hidden: secret("x") };
    assert.deepEqual(crypter.seal(properties), crypter.seal(properties));
  });

  it("unseals a state that was exported in plain text", () => {
    const exported = { hidden: { [SIGNATURE]: SECRET, plaintext: '"x"' } };
    assert.deepEqual(crypter.unseal(exported), { hidden: secret("x") });
  });
});
