import assert from "node:assert/strict";
import { nearest, unknownName } from "../../provider/unknownName";

describe("nearest", () => {
  const known = ["bucket", "domain", "certificate", "dns"];
  const cases: [typed: string, found: string | undefined][] = [
    ["buckt", "bucket"],
    ["Bucket", "bucket"],
    ["buckets", "bucket"],
    ["certifcate", "certificate"],
    ["certificaet", "certificate"],
    ["cretificaet", undefined],
    ["dn", "dns"],
    ["takeover", undefined],
    ["", undefined],
  ];
  for (const [typed, found] of cases)
    it(`finds ${found ?? "nothing"} for ${JSON.stringify(typed)}`, () => assert.equal(nearest(typed, known), found));

  it("takes the first of two that are as near", () => assert.equal(nearest("ab", ["abc", "abd"]), "abc"));
});

describe("unknownName", () => {
  it("says that nothing is known where nothing is", () =>
    assert.equal(unknownName("account", "intl", []), 'unknown account "intl"; known: none'));
});
