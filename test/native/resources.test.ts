import assert from "node:assert/strict";
import { FUNCTIONS } from "../../native/functions";
import { RESOURCES, SECRETS } from "../../native/resources";
import schema from "../../native/schema.json";
import { lifecycles } from "../../provider/resources/lifecycles";
import { Run } from "../../provider/run";

interface Part {
  readonly secret?: boolean;
}

const inPackage = (all: object) => Object.keys(all).map((token) => token.replace("oss-cname:index:", ""));

describe("The plugin's table", () => {
  it("has a lifecycle for each resource, and each lifecycle once", () => {
    assert.deepEqual(Object.values(RESOURCES).sort(), Object.keys(lifecycles(new Run())).sort());
  });

  it("has all resources and functions of the schema", () => {
    const custom = Object.entries(schema.resources).filter(([, spec]) => !("isComponent" in spec && spec.isComponent));
    for (const name of inPackage(Object.fromEntries(custom))) assert.ok(name in RESOURCES, name);
    assert.deepEqual(inPackage(schema.functions).sort(), Object.keys(FUNCTIONS).sort());
  });

  it("keeps secret what the schema says is", () => {
    const objects = [
      ...Object.values(schema.types),
      ...Object.values(schema.resources).flatMap((spec) => [spec, { properties: spec.inputProperties }]),
    ] as { readonly properties?: Readonly<Record<string, Part>> }[];
    const secret = objects.flatMap(({ properties = {} }) =>
      Object.keys(properties).filter((name) => properties[name]?.secret),
    );
    assert.deepEqual([...new Set(secret)].sort(), [...SECRETS].sort());
  });
});
