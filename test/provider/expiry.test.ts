import assert from "node:assert/strict";
import { daysLeft } from "../../provider/expiry";

describe("daysLeft", () => {
  const now = Date.parse("2026-03-01T00:00:00.000Z");

  it("counts whole days", () => {
    assert.equal(daysLeft("2026-03-02T00:00:00.000Z", now), 1);
    assert.equal(daysLeft("2026-03-01T23:59:59.999Z", now), 0);
    assert.equal(daysLeft(new Date(now + 86_400_000), now), 1);
  });

  it("is negative once the date has passed", () => {
    assert.equal(daysLeft("2026-02-28T23:59:59.999Z", now), -1);
  });

  it("is undefined for what is not a date", () => {
    for (const end of [undefined, "", "soon", new Date("soon")]) assert.equal(daysLeft(end, now), undefined);
  });
});
