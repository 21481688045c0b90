import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Cloud, startCloud } from "../../local/cloud";
import { type Authority, createAuthority } from "../certificates";
import { configFor, type Program, Stack } from "../stack";

describe("CnameCertificate", () => {
  let cloud: Cloud;
  let stack: Stack;
  let authority: Authority;
  const site = { bucket: "site", domain: "www.example.com" };
  const bound: Program = { token: ["cnameToken", site], binding: ["bucketCname", site] };
  const puts = () => cloud.requests().filter(({ operation }) => operation === "PutCname");

  before(async () => {
    authority = await createAuthority();
  });
  beforeEach(async () => {
    cloud = await startCloud({ buckets: ["site", "other"] });
    stack = new Stack(configFor(cloud));
    cloud.control("POST", "/-/changes", { change: "moveBinding", domain: site.domain, bucket: "site" });
    await stack.up(bound);
  });
  afterEach(async () => {
    stack.remove();
    await cloud.close();
  });

  const files = async (names: string[]) => {
    const { chain, privateKey } = await authority.issue({ names });
    writeFileSync(join(stack.directory, "chain.pem"), chain);
    writeFileSync(join(stack.directory, "key.pem"), privateKey);
    return { ...site, certificateFile: "chain.pem", privateKeyFile: "key.pem" };
  };

  it("uploads a pair, rotates it by compare-and-swap, and takes it off", async () => {
    const program: Program = { ...bound, certificate: ["cnameCertificate", await files(["*.example.com"])] };
    await stack.up(program);
    assert.equal(puts().length, 1);
    const first = cloud.state().bindings[0];
    assert.equal(stack.output("certificate", "certId"), first?.certId);
    assert.deepEqual(await stack.up(program), { token: "same", binding: "same", certificate: "same" });
    await files(["*.example.com"]);
    assert.equal((await stack.up(program)).certificate, "update");
    assert.equal(puts().at(-1)?.certificate?.previousCertId, first?.certId);
    assert.deepEqual(await stack.refresh(), []);
    assert.equal((await stack.up(program)).certificate, "same");
    await stack.up(bound);
    assert.equal(puts().at(-1)?.certificate?.deleteCertificate, true);
    assert.equal(cloud.state().bindings[0]?.certId, undefined);
    assert.equal(puts().length, 3);
  });
});
