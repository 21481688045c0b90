import type * as pulumi from "@pulumi/pulumi";
import type { Run } from "../run";

/**
 * A resource's operations, as Pulumi calls them in a provider process. All resources of one process share one `Run`.
 *
 * create and update are one flow: look at what exists, make what is missing, return what was made so. read and previews
 * never write.
 */
export abstract class Lifecycle {
  protected readonly run: Run;

  constructor(run: Run) {
    this.run = run;
  }

  /** Rejects where a setting is invalid, before anything is sent. */
  async configure({ config }: pulumi.dynamic.ConfigureRequest): Promise<void> {
    this.run.configure(config);
  }
}

/** What `read` finds. An empty id says that the object is gone. */
export interface Found<Inputs, Outputs> {
  readonly id: string;
  readonly props?: Outputs;
  /** What to declare, where `read` was given nothing but an id. */
  readonly inputs?: Inputs;
}

/** As Pulumi asks for it, but that Pulumi takes the inputs that `read` returns for outputs. */
export interface ResourceProvider<Inputs, Outputs>
  extends Omit<pulumi.dynamic.ResourceProvider<Inputs, Outputs>, "read"> {
  read?(id: string, props?: Outputs): Promise<Found<Partial<Inputs>, Outputs>>;
}

/**
 * What a door may ask of any resource's lifecycle. `Pulumi` asks it in a provider process for dynamic resources, which
 * knows neither timeouts nor previews, and in the plugin.
 */
export interface AnyLifecycle {
  check(olds: Properties, news: Properties): Promise<{ inputs: Properties; failures: CheckFailure[] }>;
  diff(id: string, olds: Properties, news: Properties): Promise<{ changes: boolean; replaces?: string[] }>;
  /** `timeoutSeconds`: what the user gives it by `customTimeouts`. */
  create(inputs: Properties, timeoutSeconds?: number): Promise<{ id: string; outs: Properties }>;
  /** `props`: none where only the id is known. An empty id says that it is gone. */
  read?(id: string, props?: Properties): Promise<{ id?: string; props?: Properties; inputs?: Properties }>;
  update?(id: string, olds: Properties, news: Properties, timeoutSeconds?: number): Promise<{ outs: Properties }>;
  delete?(id: string, props: Properties): Promise<void>;
  /** The outputs that a `create`, or an `update` of `olds`, would have: `UNKNOWN` where only the service can tell. */
  preview?(inputs: Properties, olds?: Properties): Properties;
  /** What to warn the user of, when inputs have been checked, and when there are outputs. */
  warnings?(inputs: Properties, outs?: Properties): string[];
  /** What the user has still to do about DNS. A component around the resource tells of it by itself. */
  toDo?(inputs: Properties, outs: Properties): string[];
  /** The outputs for programs, beside those that are for the lifecycle alone. */
  shown?(outs: Properties): Properties;
}

type Properties = Readonly<Record<string, unknown>>;

/** What Pulumi puts in place of a value that is not known yet, whatever its type (pulumi/pulumi#6310). */
export const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

/** True for a value that will be known only when another resource has been made: previews are full of them. */
export function isUnknown(value: unknown): boolean {
  return value === UNKNOWN;
}

/** True where a checked input differs from what the state holds. An input that is not known yet counts as changed. */
export function isChanged(before: unknown, now: unknown): boolean {
  return isUnknown(now) || JSON.stringify(before ?? null) !== JSON.stringify(now ?? null);
}

/** A user's mistake, as `check` reports it: nothing has been sent. */
export interface CheckFailure {
  readonly property: string;
  readonly reason: string;
}

/** A property, its value, and what may be wrong with it. */
type Check = readonly [string, unknown, (value: never) => string | undefined];

/** What is wrong with values that are given and known. */
export function failuresOf(checks: readonly Check[]): CheckFailure[] {
  return checks.flatMap(([property, value, problemOf]) => {
    const reason = value === undefined || isUnknown(value) ? undefined : problemOf(value as never);
    return reason === undefined ? [] : [{ property, reason }];
  });
}

/**
 * Drops fields without a value. A single `undefined` in anything that a provider returns makes Pulumi forget the object
 * that was just created.
 */
export function plain<T extends object>(value: T): T {
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, field]) => field !== undefined)
      .map(([key, field]) => [
        key,
        field !== null && typeof field === "object" && !Array.isArray(field) ? plain(field) : field,
      ]),
  ) as T;
}

/**
 * An object that exists although the operation on it failed: Pulumi keeps it in the state with these outputs and calls
 * `update` in the next `up`.
 */
export class PartialFailure extends Error {
  override readonly name = "PartialFailure";
  readonly reasons: string[];
  readonly properties: object;

  /** `inputs` as Pulumi gave them: the provider's text is among them, and must be kept with the outputs. */
  constructor(
    readonly id: string,
    inputs: object,
    outputs: object,
    cause: Error,
  ) {
    super(cause.message, { cause });
    this.reasons = [cause.message];
    this.properties = { ...outputs, __provider: (inputs as { readonly __provider?: string }).__provider };
  }
}
