import assert from "node:assert/strict";
import { createPrivateKey } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ProviderHost } from "../../../../engine/execute/providerHost";
import type { PropertyMap } from "../../../../engine/property/value";
import { providerText } from "../../../../provider/resources/dynamicResource";
import { type Authority, createAuthority, type Issued } from "../../../support/certificates";

const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
const DAY_MS = 86_400_000;

/** All in one process that knows neither credentials nor region: whatever it sent would be an error. */
describe("check of a CnameCertificate", () => {
  const directory = mkdtempSync(join(__dirname, "..", "..", "..", "..", "program-"));
  const printed: string[] = [];
  const keys: string[] = [];
  let host: ProviderHost;
  let authority: Authority;
  let good: Issued & { readonly chain: string };
  let other: Issued & { readonly chain: string };

  before(async () => {
    authority = await createAuthority();
    good = await authority.issue({ names: ["www.example.com"], keyType: "rsa" });
    other = await authority.issue({ names: ["www.example.com"] });
    keys.push(good.privateKey, other.privateKey);
    host = await ProviderHost.start({ cwd: directory, project: "test", output: (line) => printed.push(line) });
    await host.configure({});
  });
  after(async () => {
    await host.stop();
    rmSync(directory, { recursive: true });
  });

  const check = (inputs: PropertyMap, olds: PropertyMap = {}) =>
    host.check(olds, {
      bucket: "site",
      domain: "www.example.com",
      ...inputs,
      __provider: providerText("cnameCertificate"),
    });
  const inFiles = (certificate: string, privateKey: string) => {
    writeFileSync(join(directory, "chain.pem"), certificate);
    writeFileSync(join(directory, "key.pem"), privateKey);
    return { certificateFile: "chain.pem", privateKeyFile: "key.pem" };
  };
  /** Lines of any key, and with them all that is worth stealing. */
  const assertNoKey = (text: string) => {
    for (const line of keys.flatMap((key) => key.split("\n")))
      if (line !== "" && !line.startsWith("-----")) assert.ok(!text.includes(line), `a private key is in ${text}`);
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

  it("accepts a pair as texts and as files, RSA and EC, and digests its chain", async () => {
    for (const { chain, privateKey } of [good, other]) {
      const texts = await check({ certificate: chain, privateKey });
      const files = await check(inFiles(chain, privateKey));
      assert.deepEqual([...texts.failures, ...files.failures], []);
      assert.match(String(texts.inputs.chainDigest), /^[0-9a-f]{64}$/);
      assert.equal(texts.inputs.chainDigest, files.inputs.chainDigest);
      assert.deepEqual(Object.keys(files.inputs).sort(), [
        "__provider",
        "bucket",
        "certificateFile",
        "chainDigest",
        "domain",
        "privateKeyFile",
      ]);
    }
  });

  it("refuses a key that is not the leaf's, and a chain that does not begin with the leaf", async () => {
    await refuses(good.chain, other.privateKey, "privateKey", /does not belong/);
    const reversed = `${authority.intermediate.certificate}\n${good.certificate}`;
    await refuses(reversed, good.privateKey, "certificate", /position 2 of 2/);
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

  it("refuses what is not valid yet or no more", async () => {
    const future = await issue(1, 90);
    await refuses(future.chain, future.privateKey, "certificate", /not valid before/);
    const past = await issue(-90, -1);
    await refuses(past.chain, past.privateKey, "certificate", /expired at .*: give the renewed one.*aliases/);
  });

  it("takes an expired certificate that is in the state, in a replacement too", async () => {
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

  it("refuses half a pair, and two ways at once", async () => {
    const reasons = async (inputs: PropertyMap) => {
      const { failures } = await check(inputs);
      assertNoKey(JSON.stringify(failures));
      return failures.map(({ reason }) => reason);
    };
    const { chain: certificate, privateKey } = good;
    const { certificateFile, privateKeyFile } = inFiles(certificate, privateKey);
    assert.match((await reasons({ privateKey })).join(), /^certificate is missing/);
    assert.match((await reasons({ certificate })).join(), /^privateKey is missing/);
    assert.match((await reasons({ privateKeyFile })).join(), /^certificateFile is missing/);
    assert.match((await reasons({ certificateFile })).join(), /^privateKeyFile is missing/);
    assert.match((await reasons({})).join(), /^give certId, or/);
    assert.match(
      (await reasons({ certId: "1-cn-hangzhou", certificate, privateKey })).join(),
      /^certId and certificate exclude/,
    );
    assert.match(
      (await reasons({ certId: "1-cn-hangzhou", privateKeyFile })).join(),
      /^certId and privateKeyFile exclude/,
    );
    assert.match((await reasons({ certificate, privateKeyFile })).join(), /^certificate and privateKeyFile exclude/);
    assert.match((await reasons({ certificate: "", privateKey })).join(), /^certificate /);
  });

  it("refuses keys in disguise and keys that OSS does not take", async () => {
    const disguised = good.privateKey.replaceAll("PRIVATE KEY", "CERTIFICATE");
    await refuses(good.chain, disguised, "privateKey", /under a CERTIFICATE header/);
    await refuses(disguised, good.privateKey, "certificate", /private key under a CERTIFICATE header/);
    await refuses(`${good.chain}\n${good.privateKey}`, good.privateKey, "certificate", /contains a private key/);
    await refuses(good.chain, encrypted("pkcs8"), "privateKey", /passphrase/);
    await refuses(good.chain, encrypted("pkcs1"), "privateKey", /passphrase/);
    await refuses(good.chain, "nonsense", "privateKey", /no private key/);
    await refuses("", good.privateKey, "certificate", /no certificate/);
    await refuses("nonsense", good.privateKey, "certificate", /no certificate/);
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

  it("refuses warning days that are no number", async () => {
    const failures = async (expiryWarningDays: unknown) =>
      (await check({ certId: "1-cn-hangzhou", expiryWarningDays: expiryWarningDays as number })).failures;
    assert.equal((await failures("30"))[0]?.property, "expiryWarningDays");
    assert.equal((await failures(-1)).length, 1);
    assert.deepEqual(await failures(0), []);
  });

  it("lets pass what is not known yet, and judges what is", async () => {
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
      assert.equal(inputs.chainDigest, UNKNOWN);
      const olds = {
        bucket: "site",
        domain: "www.example.com",
        chainDigest: "x",
        certId: "1-cn-hangzhou",
        status: "Enabled",
      };
      const diff = await host.diff(
        "www.example.com",
        { ...olds, __provider: providerText("cnameCertificate") },
        inputs,
      );
      assert.deepEqual([diff.changes, diff.replaces], ["some", []]);
    }
    const { failures } = await check({ certificate, privateKey: UNKNOWN, domain: "www.example.org" });
    assert.match(failures[0]?.reason ?? "", /does not cover/);
  });

  it("prints nothing", () => {
    assert.deepEqual(printed, []);
  });
});
