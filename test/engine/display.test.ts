import assert from "node:assert/strict";
import { Display } from "../../engine/display";
import type { Step, StepResult } from "../../engine/execute/step";
import { secret, UNKNOWN } from "../../engine/property/value";
import type { Resource } from "../../engine/stack/state";
import { STACK_TYPE } from "../../engine/urn";
import { group, provider, THING, thing, urn } from "./fakes";

type Options = Partial<Omit<ConstructorParameters<typeof Display>[0], "line">>;

describe("Display", () => {
  function open(options: Options = {}) {
    const lines: string[] = [];
    const display = new Display({
      kind: "update",
      dryRun: false,
      diff: false,
      colour: false,
      secrets: [],
      line: (line) => lines.push(line),
      ...options,
    });
    return { display, lines };
  }
  const done = (step: Step, options: Options = {}, result: StepResult = { resource: step.new }) => {
    const { display, lines } = open(options);
    display.done(step, result, 1.26);
    return { lines, ...display.result };
  };
  const update = (olds: Resource["inputs"], news: Resource["inputs"]): Step => ({
    op: "update",
    old: thing("a", { inputs: olds }),
    new: thing("a", { inputs: news }),
  });
  const a = thing("a");

  const LINES: readonly (readonly [step: Step, line: string | undefined, counted: object])[] = [
    [{ op: "create", new: a }, ` + ${THING} a create done (1.3s)`, { create: 1 }],
    [{ op: "update", old: a, new: a }, ` ~ ${THING} a update done (1.3s)`, { update: 1 }],
    [{ op: "same", old: a, new: a }, undefined, { same: 1 }],
    [{ op: "create-replacement", old: a, new: a }, `++ ${THING} a create-replacement done (1.3s)`, {}],
    [{ op: "replace", old: a, new: a }, undefined, { replace: 1 }],
    [{ op: "delete", old: a, deletedWithOther: false }, ` - ${THING} a delete done (1.3s)`, { delete: 1 }],
    [
      { op: "delete", old: thing("a", { retainOnDelete: true }), deletedWithOther: false },
      ` - ${THING} a delete done (1.3s) [retain]`,
      { delete: 1 },
    ],
    [{ op: "delete-replaced", old: a, deletedWithOther: false }, `-- ${THING} a delete-replaced done (1.3s)`, {}],
    [{ op: "discard", old: a, deletedWithOther: false }, ` < ${THING} a discard done (1.3s)`, { discard: 1 }],
    [{ op: "read", old: undefined, new: a }, ` > ${THING} a read done (1.3s)`, {}],
    [{ op: "read-replacement", old: a, new: a }, `>> ${THING} a read-replacement done (1.3s)`, {}],
  ];
  for (const [step, line, counted] of LINES) {
    it(`shows ${step.op} ${line ? "in a line" : "without a line"} and counts ${JSON.stringify(counted)}`, () => {
      const { lines, summary, steps } = done(step);
      assert.deepEqual([lines[0], summary], [line, counted]);
      assert.deepEqual(steps, [{ op: step.op, urn: a.urn }]);
    });
  }

  it("counts a read only when something else was read before", () => {
    const step: Step = { op: "read", old: a, new: a };
    assert.deepEqual(done(step).summary, {});
    assert.deepEqual(done(step, {}, { resource: thing("a", { outputs: { size: 2 } }) }).summary, { read: 1 });
  });

  it("says what a preview would do", () => {
    const { lines } = done({ op: "create", new: a }, { dryRun: true });
    assert.deepEqual(lines, [` + ${THING} a create`]);
  });

  it("leaves out default providers", () => {
    const { lines, steps, summary } = done({ op: "create", new: provider() });
    assert.deepEqual({ lines, steps, summary }, { lines: [], steps: [], summary: {} });
  });

  describe("of a step that starts", () => {
    const started = (step: Step, options: Options = {}) => {
      const { display, lines } = open(options);
      display.started(step);
      return lines;
    };
    it("shows what will take a while", () => {
      assert.deepEqual(started({ op: "create", new: a }), [` + ${THING} a create`]);
    });
    it("shows nothing for components, in previews, or where nothing changes", () => {
      assert.deepEqual(started({ op: "create", new: group("g") }), []);
      assert.deepEqual(started({ op: "create", new: a }, { dryRun: true }), []);
      assert.deepEqual(started({ op: "same", old: a, new: a }), []);
    });
  });

  describe("of a refresh", () => {
    const refreshed: StepResult = { resource: thing("a", { outputs: { size: 2 } }), found: "update" };
    const step: Step = { op: "refresh", old: thing("a", { outputs: { size: 1 } }) };

    it("shows how outputs have changed", () => {
      const { lines, summary, steps } = done(step, { kind: "refresh" }, refreshed);
      assert.deepEqual(lines, [` ~ ${THING} a refresh done (1.3s)`, "      ~ size: 1 => 2"]);
      assert.deepEqual([summary, steps[0]?.op], [{ update: 1 }, "update"]);
    });
    it("does not count what an update finds by it", () => {
      assert.deepEqual(done(step, { kind: "update" }, refreshed).summary, {});
    });
    it("counts what is gone", () => {
      const { summary } = done(step, { kind: "refresh" }, { resource: undefined, found: "delete" });
      assert.deepEqual(summary, { delete: 1 });
    });
  });

  describe("of properties", () => {
    const changes = (olds: Resource["inputs"], news: Resource["inputs"]) =>
      done(update(olds, news))
        .lines.slice(1)
        .map((line) => line.trim());

    it("shows only what has changed, place by place", () => {
      const olds = { same: 1, map: { x: 1, y: 1 }, list: [1, 2], gone: true };
      const news = { same: 1, map: { x: 2, y: 1 }, list: [1, 3, 4], added: "x" };
      assert.deepEqual(changes(olds, news), [
        "~ map.x: 1 => 2",
        "~ list[1]: 2 => 3",
        "+ list[2]: 4",
        "- gone: true",
        '+ added: "x"',
      ]);
    });
    it("names secrets and unknown values", () => {
      assert.deepEqual(changes({ a: secret(1), b: [1] }, { a: secret(2), b: UNKNOWN }), [
        "~ a: [secret] => [secret]",
        "~ b: [1] => [unknown]",
      ]);
    });
    it("leaves out the provider's code", () => {
      assert.deepEqual(changes({ __provider: "1" }, { __provider: "2" }), []);
    });
    it("shows which of them force a replacement", () => {
      const { lines } = done({
        op: "create-replacement",
        old: thing("a", { inputs: { size: 1 } }),
        new: thing("a", { inputs: { size: 2 } }),
        keys: ["size", "provider"],
      });
      assert.deepEqual(lines.slice(1), [
        "      ~ size: 1 => 2 (forces replacement)",
        "      provider (forces replacement)",
      ]);
    });
    it("shows those of all resources if asked to", () => {
      const { lines } = done({ op: "create", new: a }, { diff: true });
      assert.deepEqual(lines.slice(1), ['      + name: "a"']);
    });
  });

  describe("of a failure", () => {
    it("shows the step and the error", () => {
      const { display, lines } = open();
      display.failed({ op: "create", new: a }, new Error("refused\nfor good"), 0.04);
      assert.deepEqual(lines, [` + ${THING} a create failed (0.0s)`, "error: a: refused", "    for good"]);
      assert.deepEqual(display.result.diagnostics, [{ severity: "error", message: "refused\nfor good", urn: a.urn }]);
    });
    it("of a refresh shows it as no change", () => {
      const { display, lines } = open();
      display.failed({ op: "refresh", old: a }, new Error("no"), 0);
      assert.equal(lines[0], `   ${THING} a refresh failed (0.0s)`);
    });
  });

  describe("of a message", () => {
    it("does not name the stack", () => {
      const { display, lines } = open();
      display.report("warning", "careful", urn("p-dev", STACK_TYPE));
      display.report("info", "hello");
      assert.deepEqual(lines, ["warning: careful", "info: hello"]);
    });
  });

  describe("of secrets in the configuration", () => {
    const { display, lines } = open({ secrets: ["hunter2", "hunter2-long", 'a"b', "ok", "true"] });
    const HIDDEN: Readonly<Record<string, string>> = {
      "it is hunter2": "it is [secret]",
      "it is hunter2-long": "it is [secret]",
      'a"b, as JSON a\\"b': "[secret], as JSON [secret]",
      "ok, it is true": "ok, it is true",
    };
    for (const [text, shown] of Object.entries(HIDDEN)) {
      it(`shows ${JSON.stringify(text)} as ${JSON.stringify(shown)}`, () => {
        display.report("info", text);
        assert.equal(lines.at(-1), `info: ${shown}`);
        assert.equal(display.result.diagnostics.at(-1)?.message, shown);
      });
    }
  });

  it("shows the stack's outputs, and how they have changed", () => {
    const { display, lines } = open();
    display.outputs({ same: 1, changed: { x: 2 }, hidden: secret(1) }, { same: 1, changed: { x: 1 }, gone: 1 });
    assert.deepEqual(lines, [
      "Outputs:",
      "    same: 1",
      "  ~ changed.x: 1 => 2",
      "  - gone: 1",
      "  + hidden: [secret]",
    ]);
  });

  describe("at the end", () => {
    const close = (steps: readonly Step[], options: Options = {}) => {
      const { display, lines } = open(options);
      for (const step of steps) display.done(step, { resource: step.new }, 0);
      lines.length = 0;
      display.close(2.1);
      return { lines, hasChanges: display.hasChanges };
    };
    const steps: readonly Step[] = [
      { op: "same", old: a, new: a },
      { op: "delete", old: a, deletedWithOther: false },
      { op: "create", new: a },
      { op: "create", new: a },
    ];

    it("counts what was done", () => {
      assert.deepEqual(close(steps), {
        lines: ["Resources:", "    + 2 created", "    - 1 deleted", "    1 unchanged", "Duration: 3s"],
        hasChanges: true,
      });
    });
    it("counts what a preview would do", () => {
      assert.deepEqual(close(steps, { dryRun: true }).lines, [
        "Resources:",
        "    + 2 to create",
        "    - 1 to delete",
        "    1 unchanged",
      ]);
    });
    it("says that nothing was done", () => {
      assert.deepEqual(close([]), { lines: ["Resources:", "    none", "Duration: 3s"], hasChanges: false });
    });
    it("takes neither what is the same nor what is discarded for a change", () => {
      const quiet: readonly Step[] = [
        { op: "same", old: a, new: a },
        { op: "discard", old: a, deletedWithOther: false },
      ];
      assert.equal(close(quiet).hasChanges, false);
    });
  });
});
