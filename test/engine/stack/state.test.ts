import assert from "node:assert/strict";
import { secret } from "../../../engine/property/value";
import { Crypter } from "../../../engine/stack/secrets";
import { type Resource, State, stackOutputs, stateText } from "../../../engine/stack/state";

const URN = "urn:pulumi:dev::p::pulumi-nodejs:dynamic/test:Thing::a";
const THING: Resource = {
  protect: true,
  retainOnDelete: true,
  urn: URN,
  custom: true,
  id: "a-0",
  type: "pulumi-nodejs:dynamic/test:Thing",
  inputs: { size: 1, password: secret("hunter2") },
  outputs: { size: 1 },
};

/** Fields in the state of a resource that this engine does not know what to do with. */
const UNSUPPORTED_FIELDS: Readonly<Record<string, unknown>> = {
  taint: true,
  pendingReplacement: true,
  refreshBeforeUpdate: true,
  viewOf: "urn:x",
  hideDiff: [["size"]],
  replaceOnChanges: ["size"],
  replaceWith: ["urn:x"],
  resourceHooks: { x: [] },
};

describe("State", () => {
  let crypter: Crypter;
  before(async () => {
    crypter = await Crypter.create("correct horse");
  });

  const text = (
    resources: readonly Resource[],
    pendingOperations: readonly { type: "creating"; resource: Resource }[] = [],
  ) => stateText({ name: "organization/p/dev", crypter, resources, pendingOperations });
  const parse = (latest: object) => new State(JSON.stringify({ version: 3, checkpoint: { latest } }), "dev.json");
  const withField = (field: string, value: unknown) =>
    parse({ resources: [{ ...THING, inputs: {}, [field]: value }] }).unseal(crypter);

  it("is read as it was written", () => {
    const pending = [{ type: "creating" as const, resource: { ...THING, id: undefined } }];
    const { resources, pendingOperations } = new State(text([THING], pending), "dev.json").unseal(crypter);
    const { id: _, ...withoutId } = THING;
    assert.deepEqual(resources, [THING]);
    assert.deepEqual(pendingOperations, [{ type: "creating", resource: withoutId }]);
  });

  it("has no secret in clear", () => {
    assert.doesNotMatch(text([THING]), /hunter2/);
  });

  it("has the salt of its secrets", () => {
    assert.equal(new State(text([]), "dev.json").salt, crypter.salt);
    assert.equal(parse({}).salt, undefined);
  });

  it("leaves out empty fields, as the CLI does", () => {
    const resource = { ...THING, dependencies: [], delete: false, parent: undefined, outputs: {}, initErrors: [] };
    const [written] = JSON.parse(text([resource])).checkpoint.latest.resources;
    assert.deepEqual(Object.keys(written), ["protect", "retainOnDelete", "urn", "custom", "id", "type", "inputs"]);
  });

  it("has operations only while there are some", () => {
    assert.deepEqual(Object.keys(JSON.parse(text([])).checkpoint.latest), [
      "manifest",
      "secrets_providers",
      "resources",
      "metadata",
    ]);
  });

  it("of a stack that was never updated is empty", () => {
    const state = new State('{"version":3,"checkpoint":{}}', "dev.json");
    assert.deepEqual(state.unseal(crypter), { resources: [], pendingOperations: [] });
  });

  it("drops fields that the next update writes anew", () => {
    const { resources } = parse({ resources: [{ ...THING, inputs: {}, sourcePosition: "x:1" }] }).unseal(crypter);
    assert.ok(resources[0] && !("sourcePosition" in resources[0]));
  });

  it("that is not JSON is refused with its path", () => {
    assert.throws(() => new State('{"version":3,', "dev.json"), /^Error: dev\.json is not JSON .*nothing was changed/);
  });

  it("of another version is refused", () => {
    assert.throws(() => new State('{"version":4}', "dev.json"), /dev\.json is of version 4, not 3.*Pulumi CLI/);
  });

  for (const field of ["snippets", "extensions"]) {
    it(`with ${field} is refused`, () => {
      assert.throws(() => parse({ [field]: [] }), new RegExp(`the state has "${field}".*Pulumi CLI`));
    });
  }

  it("with secrets kept elsewhere is refused", () => {
    assert.throws(() => parse({ secrets_providers: { type: "cloud", state: {} } }), /kept by cloud.*Pulumi CLI/);
  });

  it("with a resource that is not dynamic is refused", () => {
    assert.throws(() => withField("type", "aws:s3:Bucket"), /is not a dynamic resource.*Pulumi CLI/);
  });

  for (const [field, value] of Object.entries(UNSUPPORTED_FIELDS)) {
    it(`with a resource that has ${field} is refused`, () => {
      assert.throws(() => withField(field, value), new RegExp(`${URN} has "${field}" in its state.*Pulumi CLI`));
    });
  }

  it("may have such fields when they are off", () => {
    assert.equal(withField("taint", false).resources.length, 1);
  });
});

describe("stackOutputs", () => {
  it("are those of the root resource", () => {
    const type = "pulumi:pulumi:Stack";
    const root = { ...THING, type, urn: `urn:pulumi:dev::p::${type}::p-dev`, custom: false, outputs: { a: 1 } };
    assert.deepEqual(stackOutputs([THING, root]), { a: 1 });
    assert.deepEqual(stackOutputs([THING]), {});
  });
});
