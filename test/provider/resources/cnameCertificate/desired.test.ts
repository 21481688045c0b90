import assert from "node:assert/strict";
import { createPrivateKey } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { PropertyMap } from "../../../../engine/property/value";
import { providerText } from "../../../../provider/resources/dynamicResource";
import { Run } from "../../../../provider/run";
import { keyLines } from "../../../support/certificateScene";
import { type Authority, createAuthority, type IssuedChain } from "../../../support/certificates";
import { Provider } from "../../../support/provider";

const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
const DAY_MS = 86_400_000;

/** All in one run that knows neither credentials nor region: whatever it sent would be an error. */
describe("check of a CnameCertificate", () => {
  const directory = mkdtempSync(join(tmpdir(), "oss-cname-"));
  const printed: string[] = [];
  const keys: string[] = [];
  let provider: Provider;
  let authority: Authority;
  let good: IssuedChain;
  let other: IssuedChain;

  before(async () => {
    authority = await createAuthority();
    good = await authority.issue({ names: ["www.example.com"], keyType: "rsa" });
    other = await authority.issue({ names: ["www.example.com"] });
    keys.push(good.privateKey, other.privateKey);
    provider = new Provider(new Run({ print: (line) => printed.push(line) }));
  });
  after(() => {
    rmSync(directory, { recursive: true });
    assert.deepEqual(printed, []);
  });

  const check = (inputs: PropertyMap, olds: PropertyMap = {}) =>
    provider.check(olds, {
      bucket: "site",
      domain: "www.example.com",
      // Without it the domain would be looked at.
      force: true,
      ...inputs,
      __provider: providerText("cnameCertificate"),
    });
  const inFiles = (certificate: string, privateKey: string) => {
    const [certificateFile, privateKeyFile] = [join(directory, "chain.pem"), join(directory, "key.pem")];
    writeFileSync(certificateFile, certificate);
    writeFileSync(privateKeyFile, privateKey);
    return { certificateFile, privateKeyFile };
  };
  /** Lines of any key, and with them all that is worth stealing. */
  const assertNoKey = (text: string) => {
    for (const line of keys.flatMap(keyLines)) assert.ok(!text.includes(line), `a private key is in ${text}`);
  };
  /** Refused as texts and as files, with one failure, which names the property in question. */
  const refuses = async (
    certificate: string,
    privateKey: string,
    property: string,
    reason: RegExp,
    domain?: string,
  ) => {
    keys.push(privateKey);
    for (const suffix of ["", "File"]) {
      const pair = suffix === "" ? { certificate, privateKey } : inFiles(certificate, privateKey);
      const { failures } = await check({ ...pair, ...(domain && { domain }) });
      assert.deepEqual(
        failures.map((failure) => failure.property),
        [""],
        "Pulumi prints the value of the property that a failure is about",
      );
      assert.ok(failures[0]?.reason.startsWith(`${property}${suffix} `), failures[0]?.reason);
      assert.match(failures[0]?.reason ?? "", reason);
      assertNoKey(JSON.stringify(failures));
    }
  };
  const issue = (from: number, to: number, names = ["www.example.com"]) =>
    authority.issue({
      names,
      validFrom: new Date(Date.now() + from * DAY_MS),
      validTo: new Date(Date.now() + to * DAY_MS),
    });
  const encrypted = (type: "pkcs1" | "pkcs8") =>
    createPrivateKey(good.privateKey)
      .export({ type, format: "pem", cipher: "aes-256-cbc", passphrase: "secret" } as never)
      .toString();

  for (const keyType of ["rsa", "ec"] as const)
    describe(`of a pair with an ${keyType.toUpperCase()} key`, () => {
      const pair = () => (keyType === "rsa" ? good : other);

      it("accepts texts and files, and digests the chain of both alike", async () => {
        const { chain, privateKey } = pair();
        const texts = await check({ certificate: chain, privateKey });
        const files = await check(inFiles(chain, privateKey));
        assert.deepEqual([...texts.failures, ...files.failures], []);
        assert.match(String(texts.inputs.chainDigest), /^[0-9a-f]{64}$/);
        assert.equal(texts.inputs.chainDigest, files.inputs.chainDigest);
      });

      it("adds nothing else to the inputs", async () => {
        const { inputs } = await check(inFiles(pair().chain, pair().privateKey));
        const expected = [
          "__provider",
          "bucket",
          "certificateFile",
          "chainDigest",
          "domain",
          "force",
          "privateKeyFile",
          "validTo",
        ];
        assert.deepEqual(Object.keys(inputs).sort(), expected);
      });
    });

  it("refuses a key that does not belong to the leaf", () =>
    refuses(good.chain, other.privateKey, "privateKey", /does not belong/));

  it("refuses a chain that does not begin with the leaf", () => {
    const reversed = `${authority.intermediate.certificate}\n${good.certificate}`;
    return refuses(reversed, good.privateKey, "certificate", /position 2 of 2/);
  });

  it("refuses a certificate for other hosts: a wildcard covers one label", async () => {
    const wildcard = await authority.issue({ names: ["*.example.com"] });
    await refuses(
      wildcard.chain,
      wildcard.privateKey,
      "certificate",
      /does not cover a\.b\.example\.com.*\*\.example\.com/,
      "a.b.example.com",
    );
    await refuses(wildcard.chain, wildcard.privateKey, "certificate", /does not cover example\.com/, "example.com");
    const pair = { certificate: wildcard.chain, privateKey: wildcard.privateKey };
    assert.deepEqual((await check({ ...pair, domain: "WWW.Example.com." })).failures, []);
  });

  it("refuses a certificate that is not valid yet", async () => {
    const { chain, privateKey } = await issue(1, 90);
    await refuses(chain, privateKey, "certificate", /not valid before/);
  });

  it("refuses an expired certificate, with a way out", async () => {
    const { chain, privateKey } = await issue(-90, -1);
    await refuses(chain, privateKey, "certificate", /expired at .*: give the renewed one.*aliases/);
  });

  it("accepts an expired certificate that is in the state, in a replacement too", async () => {
    const { chain, privateKey } = await issue(-90, -2);
    const pair = { certificate: chain, privateKey };
    const { inputs, failures } = await check(pair);
    assert.equal(failures.length, 1);
    assert.deepEqual((await check(pair, inputs)).failures, []);
    // Pulumi checks a replacement a second time, without the old inputs.
    assert.deepEqual((await check(pair)).failures, []);
    const renewed = await issue(-90, -1);
    assert.equal(
      (await check({ certificate: renewed.chain, privateKey: renewed.privateKey }, inputs)).failures.length,
      1,
    );
  });

  describe("of arguments that do not go together", () => {
    type Arguments = () => PropertyMap;
    const text = () => ({ certificate: good.chain, privateKey: good.privateKey });
    const file = () => inFiles(good.chain, good.privateKey);
    const cases: [title: string, inputs: Arguments, reason: RegExp][] = [
      ["a key alone", () => ({ privateKey: good.privateKey }), /^certificate is missing/],
      ["a chain alone", () => ({ certificate: good.chain }), /^privateKey is missing/],
      ["a key file alone", () => ({ privateKeyFile: file().privateKeyFile }), /^certificateFile is missing/],
      ["a chain file alone", () => ({ certificateFile: file().certificateFile }), /^privateKeyFile is missing/],
      ["nothing", () => ({}), /^give certId, or/],
      ["CertId and texts", () => ({ ...text(), certId: "1-cn-hangzhou" }), /^certId and certificate exclude/],
      ["CertId and files", () => ({ ...file(), certId: "1-cn-hangzhou" }), /^certId and certificateFile exclude/],
      [
        "a text and a file",
        () => ({ certificate: good.chain, privateKeyFile: file().privateKeyFile }),
        /^certificate and privateKeyFile exclude/,
      ],
      ["an empty chain", () => ({ ...text(), certificate: "" }), /^certificate /],
    ];
    for (const [title, inputs, reason] of cases)
      it(`refuses ${title}`, async () => {
        const { failures } = await check(inputs());
        assertNoKey(JSON.stringify(failures));
        assert.match(failures.map((failure) => failure.reason).join(), reason);
      });
  });

  describe("of PEM texts", () => {
    const disguised = () => good.privateKey.replaceAll("PRIVATE KEY", "CERTIFICATE");
    type Half = "certificate" | "privateKey";
    const cases: [title: string, half: Half, text: () => string, reason: RegExp][] = [
      ["a key under another header", "privateKey", disguised, /under a CERTIFICATE header/],
      ["such a key as certificate", "certificate", disguised, /private key under a CERTIFICATE header/],
      ["a key in the chain", "certificate", () => `${good.chain}\n${good.privateKey}`, /contains a private key/],
      ["a key with a passphrase (PKCS #8)", "privateKey", () => encrypted("pkcs8"), /passphrase/],
      ["a key with a passphrase (PKCS #1)", "privateKey", () => encrypted("pkcs1"), /passphrase/],
      ["nonsense as key", "privateKey", () => "nonsense", /no private key/],
      ["nonsense as certificate", "certificate", () => "nonsense", /no certificate/],
      ["an empty certificate", "certificate", () => "", /no certificate/],
    ];
    for (const [title, half, text, reason] of cases)
      it(`refuses ${title}`, () =>
        refuses(
          half === "certificate" ? text() : good.chain,
          half === "privateKey" ? text() : good.privateKey,
          half,
          reason,
        ));
  });

  it("refuses a key where a path belongs, without repeating it", async () => {
    for (const privateKeyFile of [other.privateKey, other.privateKey.replace(/-----.*-----|\n/g, "")]) {
      const { failures } = await check({ ...inFiles(good.chain, good.privateKey), privateKeyFile });
      assert.match(failures[0]?.reason ?? "", /^privateKeyFile holds PEM/);
      assert.equal(failures[0]?.property, "");
      assertNoKey(JSON.stringify(failures));
    }
  });

  it("names a file that cannot be read, and the property", async () => {
    const pair = inFiles(good.chain, good.privateKey);
    const reason = async (inputs: PropertyMap) =>
      (await check(inputs)).failures.map((failure) => failure.reason).join();
    assert.match(
      await reason({ ...pair, certificateFile: "gone.pem" }),
      /^certificateFile \/.*\/gone\.pem cannot be read: ENOENT$/,
    );
    assert.match(
      await reason({ ...pair, privateKeyFile: "gone.pem" }),
      /^privateKeyFile \/.*\/gone\.pem cannot be read: ENOENT$/,
    );
    assert.match(await reason({ ...pair, privateKeyFile: "." }), /^privateKeyFile \/.* is not a regular file$/);
  });

  it("refuses a CertId of the wrong form", async () => {
    for (const certId of [
      "12345",
      "cn-hangzhou",
      "12345_cn",
      "12345-CN-HANGZHOU",
      `${"1".repeat(60)}-cn-hangzhou`,
      12345,
    ]) {
      const { failures } = await check({ certId });
      assert.match(failures.map(({ reason }) => reason).join(), /^certId /, String(certId));
    }
    for (const certId of ["12345-cn-hangzhou", "1-ap-southeast-1"])
      assert.deepEqual((await check({ certId })).failures, []);
  });

  it("refuses warning days other than a number of days", async () => {
    const failures = async (expiryWarningDays: unknown) =>
      (await check({ certId: "1-cn-hangzhou", expiryWarningDays: expiryWarningDays as number })).failures;
    assert.equal((await failures("30"))[0]?.property, "expiryWarningDays");
    assert.equal((await failures(-1)).length, 1);
    assert.deepEqual(await failures(0), []);
  });

  it("lets values pass that are not known yet, and judges the others", async () => {
    const { chain: certificate, privateKey } = good;
    const passes = async (inputs: PropertyMap) => {
      const checked = await check(inputs);
      assert.deepEqual(checked.failures, []);
      return checked.inputs;
    };
    await passes({ certId: UNKNOWN });
    await passes({ certificate, privateKey: UNKNOWN });
    await passes({ certificate, privateKey, domain: UNKNOWN, bucket: UNKNOWN });
    for (const pair of [
      { certificate: UNKNOWN, privateKey: UNKNOWN },
      { certificateFile: UNKNOWN, privateKeyFile: UNKNOWN },
    ]) {
      const inputs = await passes(pair);
      assert.deepEqual([inputs.chainDigest, inputs.validTo], [UNKNOWN, UNKNOWN]);
      const olds = {
        bucket: "site",
        domain: "www.example.com",
        chainDigest: "x",
        certId: "1-cn-hangzhou",
        status: "Enabled",
      };
      const diff = await provider.diff(
        "www.example.com",
        { ...olds, __provider: providerText("cnameCertificate") },
        inputs,
      );
      assert.deepEqual([diff.changes, diff.replaces], ["some", []]);
    }
    const { failures } = await check({ certificate, privateKey: UNKNOWN, domain: "www.example.org" });
    assert.match(failures[0]?.reason ?? "", /does not cover/);
  });
});
