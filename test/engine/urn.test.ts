import assert from "node:assert/strict";
import { isDynamic, isProvider, isStack, makeUrn, nameOf, providerReference, providerUrn } from "../../engine/urn";

const STACK = "urn:pulumi:dev::proj::pulumi:pulumi:Stack::proj-dev";
const GROUP = "urn:pulumi:dev::proj::test:index:Group::g";
const CHILD = "urn:pulumi:dev::proj::test:index:Group$pulumi-nodejs:dynamic/test:Thing::a";

describe("a URN", () => {
  const make = (type: string, name: string, parent: string | undefined) =>
    makeUrn({ stack: "dev", project: "proj", parent, type, name });

  it("has the type and the name of its resource", () => {
    assert.equal(make("test:index:Group", "g", undefined), GROUP);
  });

  it("does not show that the stack is the parent", () => {
    assert.equal(make("test:index:Group", "g", STACK), GROUP);
  });

  it("has the types of all other parents", () => {
    assert.equal(make("pulumi-nodejs:dynamic/test:Thing", "a", GROUP), CHILD);
    assert.equal(make("x:y:Z", "b", CHILD).split("::")[2], "test:index:Group$pulumi-nodejs:dynamic/test:Thing$x:y:Z");
  });

  it("gives back the name, whatever is in it", () => {
    assert.equal(nameOf(CHILD), "a");
    assert.equal(nameOf(make("t", "a::b", undefined)), "a::b");
  });

  it("tells the stack from its resources", () => {
    assert.deepEqual([STACK, GROUP, CHILD, ""].map(isStack), [true, false, false, false]);
  });
});

describe("a resource type", () => {
  it("tells providers", () => {
    const types = ["pulumi:providers:pulumi-nodejs", "pulumi:providers:aws", "pulumi-nodejs:dynamic:Resource"];
    assert.deepEqual(
      types.map((type) => isProvider({ type })),
      [true, true, false],
    );
  });

  it("tells dynamic resources and their providers", () => {
    const types = [
      "pulumi:providers:pulumi-nodejs",
      "pulumi-nodejs:dynamic/oss:CnameToken",
      "pulumi:providers:aws",
      "a:b:C",
    ];
    assert.deepEqual(types.map(isDynamic), [true, true, false, false]);
  });
});

describe("a reference to a provider", () => {
  it("has its URN and its id", () => {
    const urn = "urn:pulumi:dev::proj::pulumi:providers:pulumi-nodejs::default";
    const reference = providerReference({ urn, id: "1-2" });
    assert.equal(reference, `${urn}::1-2`);
    assert.equal(providerUrn(reference), urn);
  });
});
