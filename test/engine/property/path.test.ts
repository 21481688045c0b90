import assert from "node:assert/strict";
import { keepIgnored, parsePath } from "../../../engine/property/path";
import { type PropertyMap, secret } from "../../../engine/property/value";

const PATHS: Readonly<Record<string, readonly (string | number)[]>> = {
  a: ["a"],
  "a.b": ["a", "b"],
  "a[0].b": ["a", 0, "b"],
  'a["c.d"]': ["a", "c.d"],
  'a["say \\"hi\\""]': ["a", 'say "hi"'],
  "*": ["*"],
  "a[*].b": ["a", "*", "b"],
  "": [],
  "[": [],
};

interface Case {
  readonly title: string;
  readonly paths: readonly string[];
  readonly olds: PropertyMap;
  readonly news: PropertyMap;
  readonly kept: PropertyMap;
}

const CASES: readonly Case[] = [
  {
    title: "restores a changed value",
    paths: ["size"],
    olds: { size: 1, other: 1 },
    news: { size: 2, other: 2 },
    kept: { size: 1, other: 2 },
  },
  {
    title: "restores a removed value",
    paths: ["size"],
    olds: { size: 1 },
    news: {},
    kept: { size: 1 },
  },
  {
    title: "removes an added value",
    paths: ["size"],
    olds: {},
    news: { size: 2 },
    kept: {},
  },
  {
    title: "ignores a path into nothing",
    paths: ["nothing.deep", "[", ""],
    olds: { a: 1 },
    news: { a: 2 },
    kept: { a: 2 },
  },
  {
    title: "restores an element of an array",
    paths: ["list[0]"],
    olds: { list: [1, 2] },
    news: { list: [3, 4] },
    kept: { list: [1, 4] },
  },
  {
    title: "keeps the length of an array",
    paths: ["list[*]"],
    olds: { list: [1, 2, 3] },
    news: { list: [4, 5] },
    kept: { list: [1, 2] },
  },
  {
    title: "leaves an added element of an array",
    paths: ["list[1]"],
    olds: { list: [1] },
    news: { list: [1, 2] },
    kept: { list: [1, 2] },
  },
  {
    title: "restores a property of every element",
    paths: ["list[*].x"],
    olds: { list: [{ x: 1, y: 1 }, { y: 2 }] },
    news: { list: [{ x: 3, y: 3 }, { x: 4 }, 5] },
    kept: { list: [{ x: 1, y: 3 }, {}, 5] },
  },
  {
    title: "restores every property, removed and added ones too",
    paths: ["*"],
    olds: { a: 1, removed: 1 },
    news: { a: 2, added: 2 },
    kept: { a: 1, removed: 1 },
  },
  {
    title: "restores what is inside every property",
    paths: ["map.*.x"],
    olds: { map: { one: { x: 1 }, two: { x: 2 } } },
    news: { map: { one: { x: 3 }, two: { x: 4, y: 5 }, more: { x: 6 } } },
    kept: { map: { one: { x: 1 }, two: { x: 2, y: 5 }, more: { x: 6 } } },
  },
  {
    title: "looks into secrets, and keeps an old value secret that was inside one",
    paths: ["map.x"],
    olds: { map: secret({ x: 1 }) },
    news: { map: { x: 2 } },
    kept: { map: { x: secret(1) } },
  },
  {
    title: "does not mark a value twice when a secret encloses it already",
    paths: ["map.x"],
    olds: { map: secret({ x: 1 }) },
    news: { map: secret({ x: 2 }) },
    kept: { map: secret({ x: 1 }) },
  },
];

describe("parsePath", () => {
  for (const [path, parts] of Object.entries(PATHS)) {
    it(`splits ${path || "an empty path"}`, () => {
      assert.deepEqual(parsePath(path), parts);
    });
  }
});

describe("keepIgnored", () => {
  for (const { title, paths, olds, news, kept } of CASES) {
    it(title, () => {
      assert.deepEqual(keepIgnored(news, olds, paths), kept);
    });
  }

  it("leaves its arguments as they are", () => {
    const [olds, news] = [{ a: { b: 1 } }, { a: { b: 2 } }];
    keepIgnored(news, olds, ["a.b"]);
    assert.deepEqual([olds, news], [{ a: { b: 1 } }, { a: { b: 2 } }]);
  });
});
