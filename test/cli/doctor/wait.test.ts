import assert from "node:assert/strict";
import { waitUntilFine } from "../../../cli/doctor/wait";
import type { Diagnosis } from "../../../provider/internal";
import { FakeClock } from "../../support/fakeClock";

describe("waitUntilFine", () => {
  const diagnosis = (domain: string, state: "right" | "wrong" | "unknown"): Diagnosis => ({
    domain,
    bucket: "site",
    findings: [{ check: "binding", state, text: "" }],
  });
  /** Waits for domains, each of which is wrong for so many looks, and then right or unknown. */
  async function wait(
    seconds: number,
    wrongFor: Readonly<Record<string, number>>,
    then: "right" | "unknown" = "right",
  ) {
    const slept: number[] = [];
    const looks: string[][] = [];
    const look = async (open: ReadonlySet<string> = new Set(Object.keys(wrongFor))) => {
      looks.push([...open]);
      return [...open].map((domain) => diagnosis(domain, looks.length > (wrongFor[domain] ?? 0) ? then : "wrong"));
    };
    const found = await waitUntilFine(look, new FakeClock((milliseconds) => slept.push(milliseconds)), seconds);
    return {
      slept,
      looks,
      states: Object.fromEntries(found.map(({ domain, findings }) => [domain, findings[0]?.state])),
    };
  }

  it("looks once unless there is time", async () => {
    assert.deepEqual(await wait(0, { a: 1 }), { slept: [], looks: [["a"]], states: { a: "wrong" } });
  });

  it("looks again every ten seconds, at what is wrong", async () => {
    assert.deepEqual(await wait(60, { a: 2, b: 0, c: 1 }), {
      slept: [10_000, 10_000],
      looks: [["a", "b", "c"], ["a", "c"], ["a"]],
      states: { a: "right", b: "right", c: "right" },
    });
  });

  it("looks for a last time when the time is over", async () => {
    assert.deepEqual(await wait(15, { a: 9, b: 0 }), {
      slept: [10_000, 5000],
      looks: [["a", "b"], ["a"], ["a"]],
      states: { a: "wrong", b: "right" },
    });
  });

  it("does not wait for what is unknown", async () => {
    assert.deepEqual((await wait(60, { a: 0 }, "unknown")).slept, []);
  });
});
