// Runs whole programs on the local engine and on the Pulumi CLI, side by side.
import assert from "node:assert";
import type { EngineOptions } from "../../engine/engine";
import { type Command, type Engine, hasPulumi, type Outcome, Sandbox, type Scenario } from "../support/sandbox";

interface Act {
  readonly command: Command;
  readonly scenario: Scenario;
  readonly options?: Partial<EngineOptions>;
  /** The status that both must end with. Default: 0. */
  readonly status?: number;
  readonly meanwhile?: (sandbox: Sandbox) => void | Promise<void>;
}

const up = (
  resources: Scenario["resources"],
  rest: Omit<Scenario, "resources"> = {},
  options: Act["options"] = {},
): Act => ({
  command: "up",
  scenario: { resources: resources ?? [], ...rest },
  options,
});
/** Without a preview first, for speed. */
const quick = (
  resources: Scenario["resources"],
  rest: Omit<Scenario, "resources"> = {},
  options: Act["options"] = {},
): Act => up(resources, rest, { skipPreview: true, ...options });
const again = (act: Act, command: Command, options: Act["options"] = {}): Act => ({ ...act, command, options });
const failing = (act: Act, status = 1): Act => ({ ...act, status });
const having = (meanwhile: (sandbox: Sandbox) => void | Promise<void>, act: Act): Act => ({ ...act, meanwhile });

const a = { name: "a", size: 1 };
const b = { name: "b", size: 1, from: "$a.arn" };
const tree = [
  { kind: "group", name: "g" },
  { kind: "group", name: "h", opts: { parent: "g" }, outputs: { arn: "$in.arn" } },
  { name: "in", opts: { parent: "h" } },
  { name: "child", opts: { parent: "in" } },
  { name: "after", opts: { dependsOn: ["g"] } },
] as const;
const account = { kind: "account", name: "other", "cloud:where": "elsewhere", "cloud:key": { secret: "k" } } as const;

/**
 * A stack's life, act by act. Both engines play it, and after each act must agree on status, provider calls and state.
 */
const lives: Readonly<Record<string, readonly Act[]>> = {
  "create, same, update, delete": [
    up([a, b]),
    again(up([a, b]), "preview", { expectNoChanges: true }),
    quick([{ ...a, size: 2 }, b]),
    quick([{ ...a, size: 2 }]),
    failing(again(up([]), "preview", { expectNoChanges: true }), 7),
    quick([]),
  ],
  "replacement in the default order, with dependents": [
    quick([a, { ...b, from: "$a.id" }, { name: "c", from: "$b.arn" }]),
    again(
      up([
        { ...a, kindOf: 1 },
        { ...b, from: "$a.id" },
        { name: "c", from: "$b.arn" },
      ]),
      "preview",
    ),
    quick([
      { ...a, kindOf: 1 },
      { ...b, from: "$a.id" },
      { name: "c", from: "$b.arn" },
    ]),
    quick([
      { ...a, kindOf: 2, fails: "delete" },
      { ...b, from: "$a.id" },
    ]),
    failing(
      quick([
        { ...a, kindOf: 3, fails: "delete" },
        { ...b, from: "$a.id" },
      ]),
    ),
    failing({ command: "destroy", scenario: {} }),
  ],
  "components, parents, dependsOn": [
    quick([...tree]),
    quick([...tree]),
    quick([tree[0], tree[1], tree[2]]),
    { command: "destroy", scenario: {} },
  ],
  "secrets in inputs, outputs, lists and stack outputs": [
    having(
      (sandbox) => sandbox.config("password", "hunter2", true),
      quick(
        [
          {
            name: "a",
            password: { config: "password" },
            list: ["x", { secret: "y" }],
            map: { open: 1, hidden: { secret: 2 } },
          },
          { name: "d", password: "plain", opts: { additionalSecretOutputs: ["derived", "nothing"] } },
        ],
        {
          outputs: {
            derived: "$a.derived",
            hidden: "$a.password",
            d: "$d.derived",
            both: { x: "$a.list", y: 1 },
            none: null,
          },
        },
      ),
    ),
    quick(
      [
        { name: "a", password: { secret: "other" }, list: ["x", "y"], map: { open: 1, hidden: 2 } },
        { name: "d", password: "plain" },
      ],
      { outputs: { derived: "$a.derived", d: "$d.derived" } },
    ),
    { command: "refresh", scenario: {}, options: { skipPreview: true } },
  ],
  "an explicit provider, changed and taken away; the default provider changed": [
    having(
      (sandbox) => sandbox.config("cloud:where", "here"),
      quick([a, account, { name: "x", opts: { provider: "other" } }]),
    ),
    quick([a, { ...account, "cloud:where": "moved" }, { name: "x", size: 3, opts: { provider: "other" } }]),
    having(
      (sandbox) => sandbox.config("cloud:where", "there"),
      quick([
        { ...a, size: 2 },
        { name: "x", size: 3 },
      ]),
    ),
    { command: "destroy", scenario: {} },
  ],
  "a provider configured by another resource": [
    up([a, { kind: "account", name: "late", "cloud:where": "$a.arn" }, { name: "x", opts: { provider: "late" } }]),
    again(
      up([
        { ...a, size: 2 },
        { kind: "account", name: "late", "cloud:where": "$a.arn" },
        { name: "x", size: 2, opts: { provider: "late" } },
      ]),
      "preview",
    ),
    quick([
      { ...a, size: 2 },
      { kind: "account", name: "late", "cloud:where": "$a.arn" },
      { name: "x", size: 2, opts: { provider: "late" } },
    ]),
  ],
  "refresh: drift, gone, changed inputs": [
    quick([a, b, { name: "c", size: 1, opts: { dependsOn: ["a"] } }, { name: "d" }]),
    having(
      (sandbox) => {
        sandbox.drift("b-0", { size: 7 });
        sandbox.drift("a-0", undefined);
        sandbox.drift("d-0", { inputs: { size: 9 } });
      },
      { command: "refresh", scenario: {} },
    ),
    again(up([a, b, { name: "c", size: 1, opts: { dependsOn: ["a"] } }, { name: "d" }]), "preview"),
    quick([a, b, { name: "c", size: 1, opts: { dependsOn: ["a"] } }, { name: "d" }]),
    { command: "refresh", scenario: {}, options: { expectNoChanges: true, skipPreview: true } },
  ],
  "up --refresh makes again what is gone": [
    quick([a, b]),
    having((sandbox) => sandbox.drift("a-0", undefined), quick([a, b], {}, { refresh: true })),
    failing(
      having(
        (sandbox) => sandbox.drift("b-0", { size: 5 }),
        again(up([a, b]), "preview", { refresh: true, expectNoChanges: true }),
      ),
      7,
    ),
  ],
  "destroy --refresh does not delete what is gone": [
    quick([a, b, { name: "c", opts: { protect: true } }]),
    having(
      (sandbox) => {
        sandbox.drift("a-0", undefined);
        sandbox.drift("c-0", undefined);
      },
      { command: "destroy", scenario: {}, options: { refresh: true } },
    ),
  ],
  "a read that fails stops no other": [
    quick([a, { name: "f", fails: "read" }]),
    failing(
      having((sandbox) => sandbox.drift("a-0", { size: 4 }), {
        command: "refresh",
        scenario: {},
        options: { skipPreview: true },
      }),
    ),
  ],
  "a refresh whose diff fails takes over what was read": [
    quick([a, { name: "f", fails: "diff" }]),
    failing(
      having((sandbox) => sandbox.drift("f-0", { size: 4 }), {
        command: "refresh",
        scenario: {},
        options: { skipPreview: true },
      }),
    ),
  ],
  "get, and then managing what was read": [
    quick([a]),
    quick([a, { name: "seen", id: "a-0", opts: {} }], { outputs: { arn: "$seen.arn" } }),
    quick([a, { name: "seen", id: "a-0", opts: {} }], { outputs: { arn: "$seen.arn" } }),
    quick([a, { name: "seen", size: 2 }]),
    quick([
      { name: "a", id: "seen-0" },
      { name: "seen", size: 2 },
    ]),
    { command: "destroy", scenario: {} },
  ],
  "get with what is not known yet, and of what has changed": [
    quick([a, { name: "seen", id: "$a.id", from: "$a.arn", list: ["$a.arn", "x"] }]),
    again(
      up([
        { ...a, kindOf: 1 },
        { name: "seen", id: "a-0", from: "$a.arn", list: ["$a.arn", "x"] },
      ]),
      "preview",
    ),
    having(
      (sandbox) => sandbox.drift("a-0", { note: "by hand" }),
      again(up([a, { name: "seen", id: "$a.id" }]), "preview", { refresh: true, expectNoChanges: true }),
    ),
    quick([a, { name: "seen", size: 1 }, { name: "w", opts: { deletedWith: "seen" } }]),
    quick([a, { name: "seen", id: "a-0" }, { name: "w", opts: { deletedWith: "seen" } }]),
  ],
  deletedWith: [
    quick([a, { name: "w", opts: { deletedWith: "a" } }, { name: "x", opts: { parent: "w" } }]),
    quick([
      { ...a, kindOf: 1 },
      { name: "w", opts: { deletedWith: "a" } },
    ]),
    { command: "destroy", scenario: {} },
  ],
  ignoreChanges: [
    quick([
      {
        name: "a",
        size: 1,
        list: [1, 2],
        map: { x: 1, y: 1 },
        opts: { ignoreChanges: ["size", "list[0]", "map.x", "extra"] },
      },
    ]),
    quick([
      {
        name: "a",
        size: 2,
        list: [3, 2],
        map: { x: 2, y: 2 },
        extra: 1,
        opts: { ignoreChanges: ["size", "list[0]", "map.x", "extra"] },
      },
    ]),
    quick([{ name: "a", size: 2, list: [3], map: { x: 2, y: 2 } }]),
  ],
  "ignoreChanges with wildcards, over secrets and in a component": [
    quick([
      { name: "a", list: [{ x: 1, y: 1 }, { y: 2 }], map: { one: { secret: { x: 1 } }, two: { x: 2 } } },
      { name: "b", size: 1, list: [1, 2, 3], map: { secret: { x: 1 } } },
      { kind: "group", name: "g", size: 1 },
    ]),
    up([
      {
        ...{
          name: "a",
          list: [{ x: 3, y: 3 }, { x: 4 }, 5],
          map: { one: { x: 3 }, two: { x: 4, y: 5 }, more: { x: 1 } },
        },
        opts: { ignoreChanges: ["list[*].x", "map.*.x", "nothing.deep", "["] },
      },
      {
        ...{ name: "b", size: { secret: 2 }, list: [4, 5], map: { x: 2 }, extra: 1 },
        opts: { ignoreChanges: ["list[*]", "map.*"] },
      },
      { kind: "group", name: "g", size: 2, opts: { ignoreChanges: ["size"] } },
    ]),
    quick([
      { name: "b", size: 3, from: "changed", opts: { ignoreChanges: ["*"] } },
      { kind: "group", name: "g", size: { secret: 2 }, more: null },
    ]),
    quick([{ kind: "group", name: "g", size: 2 }]),
  ],
  protect: [
    quick([{ ...a, opts: { protect: true } }]),
    failing(up([])),
    failing(quick([])),
    failing(quick([{ ...a, kindOf: 1, opts: { protect: true } }])),
    failing({ command: "destroy", scenario: {} }),
    failing({ command: "destroy", scenario: {}, options: { skipPreview: true } }),
    { command: "refresh", scenario: {}, options: { expectNoChanges: true, skipPreview: true } },
    quick([a], {}, { expectNoChanges: true }),
    quick([{ ...a, opts: { protect: true } }], {}, { expectNoChanges: true }),
    quick([{ ...a, kindOf: 1 }]),
    quick([{ ...a, kindOf: 2, opts: { protect: true } }]),
    having((sandbox) => sandbox.drift("a-2", undefined), { command: "refresh", scenario: {} }),
    { command: "destroy", scenario: {} },
  ],
  "protect in a component, and of a provider": [
    quick([
      { kind: "group", name: "g", opts: { protect: true } },
      { name: "in", opts: { parent: "g" } },
    ]),
    failing(quick([])),
    quick([
      { kind: "group", name: "g", opts: { protect: true } },
      { name: "in", opts: { parent: "g", protect: false } },
    ]),
    failing(quick([])),
    quick([
      { ...account, opts: { protect: true } },
      { kind: "group", name: "g" },
    ]),
    failing(quick([])),
  ],
  retainOnDelete: [
    quick([{ ...a, opts: { retainOnDelete: true } }]),
    up([{ ...a, kindOf: 1, opts: { retainOnDelete: true } }]),
    quick([{ ...a, kindOf: 2 }]),
    quick([{ ...a, kindOf: 3, opts: { retainOnDelete: true } }]),
    quick([{ ...a, kindOf: 3 }], {}, { expectNoChanges: true }),
    quick([{ ...a, kindOf: 3, opts: { retainOnDelete: true } }], {}, { expectNoChanges: true }),
    up([]),
    quick([{ ...a, opts: { retainOnDelete: true, protect: true } }]),
    failing(quick([])),
    quick([{ ...a, opts: { retainOnDelete: true } }]),
    { command: "destroy", scenario: {} },
  ],
  "retainOnDelete in a component": [
    quick([
      { kind: "group", name: "g", opts: { retainOnDelete: true } },
      { name: "in", opts: { parent: "g" } },
      { name: "out", opts: { parent: "g", retainOnDelete: false } },
      { name: "child", opts: { parent: "in" } },
    ]),
    { command: "destroy", scenario: {} },
  ],
  "customTimeouts, and defaults that check made": [
    quick([{ name: "a", opts: { customTimeouts: { create: "1h30m", update: "0s", delete: "30s" } } }]),
    quick([{ name: "a", kindOf: 1, label: "mine" }]),
    quick([{ name: "a", kindOf: 2 }]),
  ],
  "a diff that leaves it open": [
    quick([{ name: "a", diff: "unknown", size: 1 }]),
    quick([{ name: "a", diff: "unknown", size: 1 }]),
    quick([{ name: "a", diff: "unknown", size: { secret: 1 }, from: null }]),
    quick([{ name: "a", diff: "unknown", size: 2, opts: { ignoreChanges: ["label"] } }]),
    having((sandbox) => sandbox.drift("a-0", { inputs: { label: "another" } }), { command: "refresh", scenario: {} }),
  ],
  "check failures change nothing": [
    quick([a, b]),
    failing(
      up([
        { ...a, size: 2 },
        { ...b, size: -1 },
      ]),
    ),
    failing(
      quick([
        { ...a, size: 2 },
        { ...b, size: -1 },
      ]),
    ),
  ],
  "a failed create among parallel ones": [
    failing(
      quick([
        { name: "p", waitsFor: ["q-0"] },
        { name: "q" },
        { name: "f", fails: "create" },
        { name: "late", from: "$p.arn" },
      ]),
    ),
    quick([{ name: "p" }, { name: "q" }, { name: "f" }, { name: "late", from: "$p.arn" }]),
  ],
  "partial failure, and the update after it": [
    failing(
      quick([
        { name: "u", unfinished: "create" },
        { name: "v", from: "$u.arn" },
      ]),
    ),
    failing(again(up([{ name: "u", unfinished: "create" }]), "preview", { expectNoChanges: true }), 7),
    failing(quick([{ name: "u", unfinished: "update" }])),
    quick([{ name: "u", size: 3 }]),
    failing(quick([{ name: "u", size: 4, unfinished: "update", unfinishedId: "other" }])),
    { command: "refresh", scenario: {}, options: { skipPreview: true } },
    quick([{ name: "u", size: 3 }]),
  ],
  "a failed update, a failed delete": [
    quick([a, { ...b, fails: "delete" }]),
    failing(
      quick([
        { ...a, size: 2, fails: "update" },
        { ...b, fails: "delete" },
      ]),
    ),
    failing(quick([a])),
    failing({ command: "destroy", scenario: {} }),
  ],
  "a program that throws or exits with 1 deletes nothing": [
    quick([a, b], { outputs: { one: 1, two: "$a.arn" } }),
    failing(up([{ ...a, size: 2 }], { end: "throw" })),
    failing(quick([{ ...a, size: 2 }], { end: "throw", outputs: { one: 2 } })),
    failing(quick([{ ...a, size: 3 }], { end: "exit", outputs: { one: 3 } })),
    failing(again(up([], { end: "throw" }), "preview")),
  ],
  "stack outputs after a failure keep what was not said again": [
    quick([a], { outputs: { one: 1, two: 2 } }),
    failing(quick([{ ...a, size: 2, fails: "update" }], { outputs: { one: 5 } })),
  ],
  "a resource that is an input and an output": [
    quick([a, { name: "holder", held: "$a" }], { outputs: { a: "$a", all: ["$a", "$holder"] } }),
    again(up([a, { name: "holder", held: "$a" }], { outputs: { a: "$a", all: ["$a", "$holder"] } }), "preview", {
      expectNoChanges: true,
    }),
    quick(
      [
        { ...a, kindOf: 1 },
        { name: "holder", held: "$a" },
      ],
      { outputs: { a: "$a" } },
    ),
  ],
  "two resources of one name": [failing(up([a, a]))],
};

describe("both engines", function () {
  this.timeout(600_000);
  if (!hasPulumi) {
    it.skip("there is no pulumi on PATH: that the local engine does as the CLI does is not proven here");
    return;
  }

  it("hand a stack over and back at any time", async () => {
    const sandbox = await Sandbox.create();
    const quiet = async (scenario: Scenario) => {
      for (const engine of ["local", "pulumi"] as const) {
        const { status, output } = await sandbox.run(engine, "preview", scenario, { expectNoChanges: true });
        assert.equal(status, 0, `${engine}: ${output}`);
      }
    };
    try {
      await sandbox.config("cloud:where", "here");
      await sandbox.config("password", "hunter2", true);
      const first = {
        resources: [a, { ...b, password: { config: "password" } }, ...tree, account],
        outputs: { b: "$b.derived" },
      };
      const run = async (engine: Engine, command: Command, scenario: Scenario) => {
        const outcome = await sandbox.run(engine, command, scenario, { skipPreview: true });
        assert.equal(outcome.status, 0, outcome.output);
        return outcome;
      };
      await run("local", "up", first);
      await quiet(first);
      const set = await sandbox.pulumi("config", "set", "--stack", "dev", "--secret", "password", "hunter3");
      assert.equal(set.status, 0, set.output);
      const second = { ...first, resources: [{ ...a, kindOf: 1 }, ...first.resources.slice(1)] };
      const { calls } = await run("pulumi", "up", second);
      assert.ok(calls.some(([operation, id]) => operation === "delete" && id === "a-0"));
      await quiet(second);
      assert.deepEqual(await sandbox.outputs(true), { b: "<hunter3>" });
      sandbox.drift("b-0", { size: 9 });
      await run("local", "refresh", second);
      assert.equal((await sandbox.run("pulumi", "preview", second, { expectNoChanges: true })).status, 7);
      await run("local", "up", second);
      await quiet(second);
      await run("pulumi", "destroy", {});
      assert.deepEqual(sandbox.world, []);
      const shown = await sandbox.pulumi("stack", "history", "--stack", "dev", "--json", "--show-secrets");
      const [, ours, , theirs] = JSON.parse(shown.output);
      assert.deepEqual(
        [ours.kind, ours.result, ours.resourceChanges.update, theirs.kind],
        ["update", "succeeded", 1, "update"],
      );
      assert.deepEqual(ours.config, theirs.config);
    } finally {
      sandbox.close();
    }
  });

  it("respect each other's lock", async () => {
    const sandbox = await Sandbox.create();
    try {
      const under = sandbox.run(
        "local",
        "up",
        { resources: [{ name: "slow", waitsFor: ["go"] }] },
        { skipPreview: true },
      );
      await sandbox.called("create");
      const refused = await sandbox.pulumi("destroy", "--stack", "dev", "--yes", "--non-interactive");
      assert.equal(refused.status, 1);
      assert.match(refused.output, /currently locked by 1 lock/);
      sandbox.letGo("go");
      assert.equal((await under).status, 0);
    } finally {
      sandbox.close();
    }
  });

  if (!process.env.BOTH_ENGINES) {
    it.skip(
      `${Object.keys(lives).length} lives of a stack, act by act in both: set BOTH_ENGINES=1 to play them, they take minutes`,
    );
    return;
  }
  for (const [name, acts] of Object.entries(lives)) {
    it(name, async () => {
      const [local, pulumi] = [await Sandbox.create(), await Sandbox.create()];
      try {
        for (const [index, { command, scenario, options, meanwhile, status = 0 }] of acts.entries()) {
          await meanwhile?.(local);
          await meanwhile?.(pulumi);
          const [ours, theirs] = await Promise.all([
            local.run("local", command, scenario, options),
            pulumi.run("pulumi", command, scenario, options),
          ]);
          const message = `act ${index + 1}: ${ours.output}\n---\n${theirs.output}`;
          assert.equal(ours.status, status, message);
          assert.deepEqual(comparable(ours, local), comparable(theirs, pulumi), message);
        }
      } finally {
        local.close();
        pulumi.close();
      }
    });
  }
});

/** What must be equal. Operations run side by side, so the order of calls is not. */
function comparable({ status, calls, state, pending }: Outcome, { directory }: Sandbox): object {
  const anywhere = (value: unknown) => JSON.parse(JSON.stringify(value).replaceAll(directory, "<sandbox>"));
  return anywhere({ status, calls: calls.map((call) => JSON.stringify(call)).sort(), state, pending });
}
