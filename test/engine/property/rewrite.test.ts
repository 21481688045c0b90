import assert from "node:assert/strict";
import {
  completeReferences,
  known,
  markSecrets,
  plain,
  readable,
  revealed,
  rewrite,
} from "../../../engine/property/rewrite";
import { type PropertyMap, SIGNATURE, secret, UNKNOWN } from "../../../engine/property/value";

const reference = (rest: PropertyMap): PropertyMap => ({ [SIGNATURE]: "5cf8f73096256a8f31e491e813e4eb8e", ...rest });

describe("rewrite", () => {
  it("copies what is not changed", () => {
    const map = { a: [1, { b: null }], c: secret("x") };
    const copy = rewrite(map, () => undefined);
    assert.deepEqual(copy, map);
    assert.notEqual(copy.a, map.a);
  });

  it("does not look into what has been changed", () => {
    const changed = rewrite({ a: 1 }, (part) => (part === 1 ? [1, 2] : undefined));
    assert.deepEqual(changed, { a: [1, 2] });
  });

  it("looks into what is handed to `again`", () => {
    const changed = rewrite({ a: [[1]] }, (part, again) => {
      if (part === 1) return 2;
      return Array.isArray(part) ? { items: part.map(again) } : undefined;
    });
    assert.deepEqual(changed, { a: { items: [{ items: [2] }] } });
  });
});

describe("revealed", () => {
  it("unwraps secrets, also those inside others", () => {
    assert.deepEqual(revealed({ a: secret({ b: [secret(1)] }), c: "x" }), { a: { b: [1] }, c: "x" });
  });
});

describe("plain", () => {
  it("unwraps secrets", () => {
    assert.deepEqual(plain({ a: [secret({ b: secret(1) })] }), { a: [{ b: 1 }] });
  });

  it("replaces a reference by its id, or its URN without one", () => {
    const map = { custom: reference({ urn: "urn:x", id: "x-1" }), component: secret(reference({ urn: "urn:y" })) };
    assert.deepEqual(plain(map), { custom: "x-1", component: "urn:y" });
  });
});

describe("completeReferences", () => {
  it("adds the package version that states have", () => {
    const map = { all: [reference({ urn: "urn:x" }), reference({ urn: "urn:y", packageVersion: "1.0" })] };
    const complete = { all: [reference({ urn: "urn:x", packageVersion: "" }), map.all[1] ?? null] };
    assert.deepEqual(completeReferences(map), complete);
  });
});

describe("known", () => {
  it("leaves out unknown values at any depth", () => {
    const map = { a: UNKNOWN, b: [UNKNOWN, 1, { c: UNKNOWN, d: 2 }], e: { f: [UNKNOWN] } };
    assert.deepEqual(known(map), { b: [1, { d: 2 }], e: { f: [] } });
  });
});

describe("readable", () => {
  const map = { a: secret({ b: "x" }), c: [UNKNOWN], d: reference({ urn: "urn:x" }), e: { f: null } };

  it("names secrets, unknown values and references", () => {
    const shown = readable(map, { showSecrets: false });
    assert.deepEqual(shown, { a: "[secret]", c: ["[unknown]"], d: "urn:x", e: { f: null } });
  });

  it("shows secrets when asked to", () => {
    assert.deepEqual(readable(map, { showSecrets: true }).a, { b: "x" });
  });
});

describe("markSecrets", () => {
  const CASES: Readonly<Record<string, readonly [map: PropertyMap, like: PropertyMap, marked: PropertyMap]>> = {
    "marks a value whose name is a secret's": [{ a: 1, b: 2 }, { a: secret(0) }, { a: secret(1), b: 2 }],
    "marks inside maps, key by key": [
      { m: { a: 1, b: 2 } },
      { m: { a: secret(0), b: 0 } },
      { m: { a: secret(1), b: 2 } },
    ],
    "marks an array as a whole": [{ list: [1, 2] }, { list: [0, secret(0)] }, { list: secret([1, 2]) }],
    "adds nothing": [{}, { a: secret(0) }, {}],
    "marks nothing twice": [{ a: secret(1) }, { a: secret(0) }, { a: secret(1) }],
  };
  for (const [title, [map, like, marked]] of Object.entries(CASES)) {
    it(title, () => {
      assert.deepEqual(markSecrets(map, like), marked);
    });
  }
});
