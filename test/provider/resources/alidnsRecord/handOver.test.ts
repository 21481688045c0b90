import assert from "node:assert/strict";
import { handedOverTtl, isHandedOver } from "../../../../provider/resources/alidnsRecord/handOver";

describe("the mark of a record that is handed over", () => {
  for (const [ttl, marked] of [
    [600, 601],
    [1, 2],
    [86399, 86400],
    [86400, 86399],
  ] as const)
    it(`is ${marked} for a TTL of ${ttl}`, () => assert.equal(handedOverTtl(ttl), marked));

  it("is known by the TTL that the program declares", () => {
    assert.equal(isHandedOver({ ttl: 601 }, 600), true);
    assert.equal(isHandedOver({ ttl: 600 }, 600), false);
    assert.equal(isHandedOver({ ttl: 601 }, 900), false);
  });
});
