import assert from "node:assert/strict";
import { isHandedOver } from "../../../../provider/resources/alidnsRecord/handOver";

const ADOPTION = { changedAt: 1000, adoptedAt: 5000 };
const DAY_MS = 24 * 3600_000;

describe("isHandedOver", () => {
  const cases: [title: string, record: { ttl: number; changedAt: number }, expected: boolean][] = [
    ["a record as it was adopted", { ttl: 600, changedAt: 1000 }, false],
    ["one that was changed soon after, and is as it was", { ttl: 600, changedAt: 6000 }, true],
    ["one that its owner has given another TTL", { ttl: 3600, changedAt: 6000 }, false],
    ["one that was changed long after", { ttl: 600, changedAt: 5000 + DAY_MS }, false],
    ["one whose TTL is off by one second", { ttl: 601, changedAt: 0 }, true],
  ];
  for (const [title, record, expected] of cases)
    it(`is ${expected} for ${title}`, () =>
      assert.equal(isHandedOver(record, { ttl: 600, adoption: ADOPTION }), expected));

  for (const [ttl, touched] of [
    [600, 601],
    [1, 2],
    [86399, 86400],
    [86400, 86399],
  ] as const)
    it(`knows a TTL of ${ttl} by ${touched} alone, as earlier versions left it`, () => {
      assert.equal(isHandedOver({ ttl: touched, changedAt: 0 }, { ttl }), true);
      assert.equal(isHandedOver({ ttl, changedAt: 9000 }, { ttl }), false);
    });
});
