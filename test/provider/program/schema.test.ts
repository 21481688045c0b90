import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import Ajv from "ajv";
import { configSchema } from "../../../provider/program/schema";

const path = require.resolve("pulumi-oss-cname/config.schema.json");

describe("config.schema.json", () => {
  it("is up to date: `npm run schema` writes it", () => {
    assert.deepEqual(JSON.parse(readFileSync(path, "utf8")), JSON.parse(JSON.stringify(configSchema())));
  });

  it("describes a stack's file, secrets included, for editors", () => {
    const schema = JSON.parse(readFileSync(path, "utf8"));
    const isValid = new Ajv({ allowUnionTypes: true }).compile(schema);
    const domain = { domain: "www.example.com", bucket: "site", dns: "alidns" };
    const file = (extra: object) => ({
      encryptionsalt: "v1:…",
      config: { "alicloud:region": "cn-hangzhou", "oss-cname:domains": [{ ...domain, ...extra }] },
    });
    assert(isValid(file({})));
    assert(isValid(file({ certificate: { certificate: "PEM", privateKey: { secure: "v1:…" } } })));
    assert(!isValid(file({ certificate: { certificate: "PEM", privateKey: { plain: "…" } } })));
    assert(!isValid(file({ buckt: "site" })));
  });
});
