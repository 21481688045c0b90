import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { BucketCname, CnameCertificate, CnameToken, CustomDomain, none, OssAccount } from "../../provider";
import { runProgram } from "../support/programRun";

const www = { bucket: "site", domain: "www.example.com" };
const certified = { ...www, certId: "1-cn-hangzhou" };

describe("a domain that a program declares twice", () => {
  const rejects = async (program: () => unknown, message: RegExp) => {
    const { error } = await runProgram(program);
    assert.ok(pulumi.RunError.isInstance(error), `it ended with ${error}`);
    assert.match(error.message, message);
  };
  const passes = async (program: () => unknown) => {
    const { error } = await runProgram(program);
    assert.equal(error, undefined);
  };

  const kinds: Record<string, (name: string, args: typeof www) => unknown> = {
    CustomDomain: (name, args) => new CustomDomain(name, { ...args, dns: none }),
    CnameToken: (name, args) => new CnameToken(name, args),
    BucketCname: (name, args) => new BucketCname(name, args),
    CnameCertificate: (name, args) => new CnameCertificate(name, { ...certified, ...args }),
  };
  for (const [kind, declare] of Object.entries(kinds))
    for (const [title, second] of [
      ["", www],
      [", on another bucket", { ...www, bucket: "other" }],
      [", in other letters", { ...www, domain: "WWW.example.com." }],
    ] as const)
      it(`is refused with the names of both ${kind} resources${title}`, () =>
        rejects(
          () => {
            declare("first", www);
            declare("second", second);
          },
          new RegExp(`^${kind} second declares www.*, but ${kind} first of this program declares it already`, "i"),
        ));

  it("is refused beside the CustomDomain that has it", () =>
    rejects(() => {
      new CustomDomain("all", { ...www, dns: none });
      new BucketCname("alone", www);
    }, /^BucketCname alone declares .* BucketCname all of/));

  it("is refused when it is an output, before the second resource is registered", async () => {
    const { registrations } = await runProgram(() => {
      new BucketCname("first", { ...www, domain: pulumi.output(www.domain) });
      new BucketCname("second", { ...www, domain: pulumi.secret(www.domain) });
    });
    const bindings = registrations.filter(({ type }) => type.endsWith("BucketCname"));
    assert.deepEqual(
      bindings.map(({ name }) => name),
      ["first"],
    );
  });

  it("is refused in one account, also where a component hands it on", () =>
    rejects(() => {
      const provider = new OssAccount("intl", { region: "ap-southeast-1" });
      const parent = new pulumi.ComponentResource("test:index:Site", "site", {}, { providers: [provider] });
      new BucketCname("first", www, { provider });
      new BucketCname("second", www, { parent });
    }, /BucketCname second/));

  it("is not mistaken for another domain, another kind, or another account", () =>
    passes(() => {
      const provider = new OssAccount("intl", { region: "ap-southeast-1" });
      for (const [name, declare] of Object.entries(kinds).slice(1)) declare(name, www);
      new BucketCname("other", { ...www, domain: "other.example.com" });
      new BucketCname("intl", www, { provider });
      new CustomDomain("intl", { ...www, domain: "other.example.com", dns: none }, { provider });
    }));

  it("is not mistaken for one that is read", () =>
    passes(() => {
      new BucketCname("www", www);
      BucketCname.get("read", www.domain, www);
      CnameToken.get("read", "site/www.example.com", www);
      new CnameToken("www", www);
    }));

  it("is not mistaken for a resource with a new name", () =>
    passes(() => new BucketCname("new", www, { aliases: [{ name: "old" }] })));

  it("is not mistaken for the same program that runs again in this process", async () => {
    const program = () => new CustomDomain("www", { ...www, dns: none });
    await passes(program);
    await passes(program);
  });

  it("is not looked for without a stack, where unit tests make resources", () => {
    assert.equal(pulumi.runtime.getStackResource(), undefined);
    const { uniqueDomains } = require("../../provider/programState").programState;
    const declaration = { kind: "BucketCname", name: "www", account: undefined };
    for (let time = 0; time < 2; time++) assert.equal(uniqueDomains.claim(declaration, www.domain), www.domain);
  });
});
