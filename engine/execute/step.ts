import type { Resource } from "../stack/state";

/** Pulumi's names for what is done to one resource. The parts of a replacement are counted once, as `replace`. */
export type Op = Step["op"];

/** What is to be done to one resource: `old` is the resource before, `new` as it should become. */
export type Step = Creation | Change | Read | Replacement | Refresh | Deletion;

interface Creation {
  readonly op: "create";
  readonly old?: undefined;
  readonly new: Resource;
}

interface Change {
  readonly op: "same" | "update";
  readonly old: Resource;
  readonly new: Resource;
}

export interface Read {
  readonly op: "read";
  readonly old: Resource | undefined;
  readonly new: Resource;
}

/** The new resource takes the place of another with the same URN. */
export interface Replacement {
  readonly op: "create-replacement" | "read-replacement" | "replace";
  readonly old: Resource;
  readonly new: Resource;
  /** The properties that force the replacement. */
  readonly keys?: readonly string[];
}

interface Refresh {
  readonly op: "refresh";
  readonly old: Resource;
  readonly new?: undefined;
}

/** A resource is deleted, or is forgotten (discarded) because the stack only reads it. */
export interface Deletion {
  readonly op: "delete" | "delete-replaced" | "discard" | "discard-replaced";
  readonly old: Resource;
  readonly new?: undefined;
  /** The object goes away by itself, with that of another resource. */
  readonly deletedWithOther: boolean;
}

/** What a step has done. */
export interface StepResult {
  /** The resource afterwards; undefined when it is gone. */
  readonly resource: Resource | undefined;
  /** What a refresh has found. */
  readonly found?: "same" | "update" | "delete";
  /** Why a refresh has failed, which stops no other step; `resource` is as far as it has been read. */
  readonly failure?: Error;
}

export type Severity = "info" | "warning" | "error";
export type Report = (severity: Severity, message: string, urn?: string) => void;

/** Is told what happens during an operation. */
export interface Events {
  started(step: Step): void;
  done(step: Step, result: StepResult, seconds: number): void;
  failed(step: Step, error: Error, seconds: number): void;
  readonly report: Report;
}

/** The operation was stopped before this was done, or because this failed. */
export class Stopped extends Error {}
