import assert from "node:assert/strict";
import {
  containsSecrets,
  containsUnknowns,
  equal,
  isMap,
  type PropertyValue,
  SIGNATURE,
  secret,
  UNKNOWN,
  unsupportedValue,
} from "../../../engine/property/value";

const ASSET = { [SIGNATURE]: "c44067f5952c0a294b673a41bacd8c17", text: "x" };
const ARCHIVE = { [SIGNATURE]: "0def7320c3a5731c473e5ecbe6d01bc7", path: "." };

const EQUAL: readonly (readonly [a: PropertyValue, b: PropertyValue])[] = [
  [1, 1],
  [null, null],
  [
    [1, { a: 2 }],
    [1, { a: 2 }],
  ],
  [
    { a: 1, b: 2 },
    { b: 2, a: 1 },
  ],
  [{ a: null }, {}],
  [secret("x"), secret("x")],
];
const DIFFERENT: readonly (readonly [a: PropertyValue, b: PropertyValue])[] = [
  [1, "1"],
  [0, null],
  [[1], [1, 2]],
  [[1], { 0: 1 }],
  [{ a: 1 }, { a: 1, b: 2 }],
  [secret("x"), "x"],
];

describe("equal", () => {
  for (const [a, b] of EQUAL) {
    it(`takes ${JSON.stringify(a)} and ${JSON.stringify(b)} for the same`, () => {
      assert.ok(equal(a, b) && equal(b, a));
    });
  }
  for (const [a, b] of DIFFERENT) {
    it(`tells ${JSON.stringify(a)} from ${JSON.stringify(b)}`, () => {
      assert.ok(!equal(a, b) && !equal(b, a));
    });
  }
});

describe("a property value", () => {
  it("is a map only without a signature", () => {
    assert.deepEqual([{}, secret(1), [], null, "x", undefined].map(isMap), [true, false, false, false, false, false]);
  });

  it("contains secrets at any depth", () => {
    assert.ok(containsSecrets([{ a: secret(1) }]));
    assert.ok(!containsSecrets([{ a: 1 }]));
  });

  it("contains unknown values at any depth, in secrets too", () => {
    assert.ok(containsUnknowns({ a: [secret(UNKNOWN)] }));
    assert.ok(!containsUnknowns({ a: ["x"] }));
  });

  it("names what this engine cannot handle in it", () => {
    assert.equal(unsupportedValue({ a: [secret(ASSET)] }), "an asset");
    assert.equal(unsupportedValue({ a: { b: ARCHIVE } }), "an archive");
    assert.equal(unsupportedValue({ a: [secret("x")] }), undefined);
  });
});
