import assert from "node:assert/strict";
import { type Removal, removalProblem } from "../../../../provider/resources/removalGuard/rule";

const domains = (count: number) => Array.from({ length: count }, (_, index) => `d${index}.example.com`);

describe("removalProblem", () => {
  type Limits = Pick<Removal, "limit" | "allowed">;
  const cases: [before: number, now: number, limits: Limits, isRefused: boolean, title: string][] = [
    [20, 10, {}, false, "ten"],
    [20, 9, {}, true, "more than ten"],
    [200, 180, {}, false, "a tenth"],
    [200, 179, {}, true, "more than a tenth"],
    [12, 0, {}, true, "all of more than ten"],
    [10, 0, {}, false, "all of ten"],
    [0, 20, {}, false, "none of a new stack"],
    [20, 17, { limit: 2 }, true, "more than the limit that is set"],
    [20, 18, { limit: 2 }, false, "no more than the limit that is set"],
    [20, 19, { limit: 0 }, true, "one where none may go"],
    [20, 20, { limit: 0 }, false, "none where none may go"],
    [200, 150, { limit: 50 }, false, "more than a tenth where the limit says so"],
    [20, 5, { allowed: 15 }, false, "as many as this run allows"],
    [20, 4, { allowed: 15 }, true, "more than this run allows"],
    [20, 10, { allowed: 1 }, false, "as many as always where this run allows fewer"],
  ];
  for (const [before, now, limits, isRefused, title] of cases)
    it(`${isRefused ? "refuses" : "lets go"} ${title}`, () => {
      const problem = removalProblem({ before: domains(before), now: domains(before).slice(0, now), ...limits });
      assert.equal(problem !== undefined, isRefused);
    });

  it("counts neither what is new nor the order", () => {
    const before = domains(20);
    assert.equal(removalProblem({ before, now: [...before, "new.example.com"].reverse() }), undefined);
    assert.match(removalProblem({ before, now: ["new.example.com"] }) ?? "", /no longer declares 20 of 20/);
  });

  it("names all that would go, and how to let them go", () => {
    const problem = removalProblem({ before: domains(30), now: domains(30).slice(12) }) ?? "";
    assert.match(problem, new RegExp(`no longer declares 12 of 30: ${domains(12).join(", ")}\\.`));
    assert.match(problem, /at most 10 may go at once.*Nothing was removed\..*OSS_CNAME_ALLOW_REMOVAL=12 pulumi up$/);
  });
});
