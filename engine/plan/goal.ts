import type { PropertyMap } from "../property/value";

/** What the program wants one resource to be. */
export interface Goal {
  readonly type: string;
  readonly name: string;
  readonly custom: boolean;
  readonly inputs: PropertyMap;
  readonly parent?: string | undefined;
  readonly provider?: string | undefined;
  readonly dependencies: readonly string[];
  readonly propertyDependencies: Readonly<Record<string, readonly string[]>>;
  readonly additionalSecretOutputs: readonly string[];
  readonly ignoreChanges: readonly string[];
  readonly customTimeouts: Readonly<Record<string, number>>;
  readonly deletedWith?: string | undefined;
  /** The SDK hands this down from parents to children. */
  readonly protect: boolean;
  /** Undefined where it is the parent's. */
  readonly retainOnDelete?: boolean | undefined;
}
