import assert from "node:assert/strict";
import { chunksOf } from "../../../../provider/resources/customDomains/certificates";

const names = (count: number) => Array.from({ length: count }, (_, index) => `shop-${index}.example.com`);
const keysOf = (chunks: readonly string[][]) => chunks.map((chunk) => new Set(chunk));

describe("names that share certificates", () => {
  it("are one certificate up to a hundred", () => {
    for (const count of [1, 99, 100]) assert.deepEqual(chunksOf(names(count)), [names(count).sort()]);
  });

  it("are never more than a hundred in one, and all of them once", () => {
    for (const count of [101, 240, 1000, 3000]) {
      const chunks = chunksOf(names(count));
      assert.ok(chunks.every(({ length }) => length > 0 && length <= 100));
      assert.ok(chunks.length <= Math.ceil(count / 80));
      assert.deepEqual(chunks.flat().sort(), names(count).sort());
    }
  });

  it("are the same in whatever order they are given", () =>
    assert.deepEqual(chunksOf(names(300)), chunksOf(names(300).reverse())));

  it("change one certificate where one is added", () => {
    const before = keysOf(chunksOf(names(300)));
    const after = chunksOf([...names(300), "new.example.com"]);
    const grown = after.filter((chunk, index) => chunk.some((name) => !before[index]?.has(name)));
    assert.equal(grown.length, 1);
  });

  it("change one certificate where a further one is needed", () => {
    const before = keysOf(chunksOf(names(240)));
    const after = chunksOf(names(241));
    assert.equal(after.length, before.length + 1);
    const grown = after.slice(0, -1).filter((chunk, index) => chunk.some((name) => !before[index]?.has(name)));
    assert.ok(grown.length <= 1, "only the chunk that the new name is in may have grown");
  });
});
