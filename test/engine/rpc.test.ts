import assert from "node:assert/strict";
import { secret, UNKNOWN } from "../../engine/property/value";
import { fromStruct, toStruct } from "../../engine/rpc";

describe("a protobuf struct", () => {
  it("carries property values unchanged", () => {
    const map = {
      text: "x",
      number: 1.5,
      yes: true,
      nothing: null,
      list: [1, { a: [] }],
      hidden: secret(1),
      later: UNKNOWN,
    };
    assert.deepEqual(fromStruct(toStruct(map)), map);
  });

  it("is an empty map when it is missing", () => {
    assert.deepEqual(fromStruct(undefined), {});
  });
});
