import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { type Cloud, startCloud } from "../../../local";
import { getCnameToken, getCnameTokenOutput, listCnames, listCnamesOutput } from "../../../provider/queries";
import { Run } from "../../../provider/run";
import { type ProgramRun, runProgram } from "../../support/programRun";

const domain = "new.example.com";

describe("queries of a program", () => {
  let cloud: Cloud;
  let config: Record<string, string>;
  before(async () => {
    cloud = await startCloud({ buckets: ["site"] });
    config = cloud.config;
    cloud.inConsole.moveBinding("www.example.com", "site");
    await new Run({ config: { get: (key) => config[key] } }).bucket({ bucket: "site" }).createToken(domain);
  });
  after(() => cloud.close());
  const run = async (program: () => unknown): Promise<ProgramRun> => {
    cloud.forgetRequests();
    return runProgram(program, { config });
  };
  const value = () => cloud.state().tokens[0]?.token;

  it("lists bindings without the XML of the reply", async () => {
    const { outputs } = await run(() => listCnames({ bucket: "site" }));
    assert.deepEqual(Object.keys(outputs as object).sort(), ["bucket", "cnames", "owner"]);
  });

  it("gets a token without the XML of the reply", async () => {
    const { outputs } = await run(() => getCnameToken({ bucket: "site", domain }));
    assert.deepEqual(Object.keys(outputs as object).sort(), ["bucket", "domain", "expireTime", "token", "txtRecord"]);
  });

  it("takes outputs of resources as arguments", async () => {
    const bucket = pulumi.output(Promise.resolve("site"));
    const { outputs } = await run(() => [
      listCnamesOutput({ bucket }).cnames.apply((cnames) => cnames.map((cname) => cname.domain)),
      getCnameTokenOutput({ bucket, domain }).token,
    ]);
    assert.deepEqual(outputs, [["www.example.com"], value()]);
    assert.equal(cloud.requests().length, 2);
  });

  it("sends nothing while an argument is unknown, as in a preview", async () => {
    const Output = pulumi.Output as unknown as new (...parts: unknown[]) => pulumi.Output<string>;
    const isKnown = Promise.resolve(false);
    const isSecret = Promise.resolve(false);
    const bucket = new Output([], Promise.resolve("none"), isKnown, isSecret, Promise.resolve([]));
    await run(() => {
      listCnamesOutput({ bucket });
    });
    assert.deepEqual(cloud.requests(), []);
  });
});
