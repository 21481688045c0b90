import assert from "node:assert/strict";
import { deletionOrder } from "../../../engine/plan/deletionOrder";
import type { Resource } from "../../../engine/stack/state";
import { nameOf } from "../../../engine/urn";
import { DEFAULT_PROVIDER, GROUP, group, provider, thing, urn } from "../fakes";

interface Case {
  readonly resources: readonly Resource[];
  /** The names that are deleted. Default: all. */
  readonly deleted?: readonly string[];
  readonly groups: readonly (readonly string[])[];
}

const CASES: Readonly<Record<string, Case>> = {
  "side by side when nothing depends on anything": {
    resources: [thing("a"), thing("b")],
    groups: [["a", "b"]],
  },
  "dependents first": {
    resources: [thing("a"), thing("b", { dependencies: [urn("a")] }), thing("c", { dependencies: [urn("b")] })],
    groups: [["c"], ["b"], ["a"]],
  },
  "what depends by a property first": {
    resources: [thing("a"), thing("b", { propertyDependencies: { x: [urn("a")] } })],
    groups: [["b"], ["a"]],
  },
  "children before their parent": {
    resources: [thing("a"), thing("b", { parent: urn("a") })],
    groups: [["b"], ["a"]],
  },
  "what is deleted with another before that": {
    resources: [thing("a"), thing("b", { deletedWith: urn("a") })],
    groups: [["b"], ["a"]],
  },
  "resources before their provider": {
    resources: [provider(), thing("a", { provider: DEFAULT_PROVIDER })],
    groups: [["a"], ["default"]],
  },
  "dependents of a component before its children, at any depth": {
    resources: [
      group("g"),
      group("inner", { parent: urn("g", GROUP) }),
      thing("child", { parent: urn("inner", GROUP) }),
      thing("after", { dependencies: [urn("g", GROUP)] }),
    ],
    groups: [["after"], ["child"], ["inner"], ["g"]],
  },
  "without regard to what stays": {
    resources: [thing("a"), thing("b", { dependencies: [urn("a")] }), thing("c", { dependencies: [urn("b")] })],
    deleted: ["a", "c"],
    groups: [["a", "c"]],
  },
  "nothing when nothing is deleted": { resources: [thing("a")], deleted: [], groups: [] },
};

describe("deletionOrder deletes", () => {
  for (const [title, { resources, deleted, groups }] of Object.entries(CASES)) {
    it(title, () => {
      const steps = resources
        .filter(({ urn }) => deleted?.includes(nameOf(urn)) ?? true)
        .map((old) => ({ op: "delete" as const, old, deletedWithOther: false }));
      const names = deletionOrder(steps, resources).map((group) => group.map(({ old }) => nameOf(old.urn)));
      assert.deepEqual(names, groups);
    });
  }
});
