import type { RequestEntry } from "./requestEntry";

const FIELDS = {
  /** An operation of OSS or Alidns; `*` for any. */
  operation: "string",
  bucket: "string",
  domain: "string",
  /** 500 when there is only a code. */
  status: "HTTP status",
  /** InternalError when there is only a status. */
  code: "string",
  message: "string",
  ec: "string",
  /** The number of requests that meet the fault; 1 when left out. */
  times: "number",
  delayMs: "number",
  /** Cuts the connection instead of replying. */
  reset: "boolean",
  /** Carries the operation out first, so that only its reply is replaced or lost. */
  after: "boolean",
} as const;

type Kind = (typeof FIELDS)[keyof typeof FIELDS];
type Value<K extends Kind> = K extends "string" ? string : K extends "boolean" ? boolean : number;

/** What happens to the next matching requests. Without `status`, `code` and `reset` they are only delayed. */
export type Fault = { readonly [Name in keyof typeof FIELDS]?: Value<(typeof FIELDS)[Name]> } & {
  readonly operation: string;
};

const CHECKS: Readonly<Record<Kind, (value: unknown) => boolean>> = {
  string: (value) => typeof value === "string" && value !== "",
  number: (value) => typeof value === "number" && Number.isFinite(value) && value >= 0,
  boolean: (value) => typeof value === "boolean",
  "HTTP status": (value) => Number.isInteger(value) && Number(value) >= 200 && Number(value) <= 599,
};

/** Throws at a field that a fault does not have, and at a value of the wrong kind. */
export function checkFault(fault: object): asserts fault is Fault {
  if (!("operation" in fault)) throw new Error("operation is missing");
  for (const [name, value] of Object.entries(fault)) {
    if (!Object.hasOwn(FIELDS, name)) throw new Error(`a fault has no field ${name}`);
    const kind = FIELDS[name as keyof typeof FIELDS];
    if (!CHECKS[kind](value)) throw new Error(`${name} of a fault must be a valid ${kind}`);
  }
}

/** The faults that are still to happen. */
export class Faults {
  #pending: Fault[] = [];

  get pending(): readonly Fault[] {
    return this.#pending;
  }

  add(fault: Fault): void {
    this.#pending.push(fault);
  }

  /** Returns how many there were. */
  clear(): number {
    return this.#pending.splice(0).length;
  }

  /** Returns the first fault that matches the request, and counts it as used. */
  take({ operation, bucket, domain }: Pick<RequestEntry, "operation" | "bucket" | "domain">): Fault | undefined {
    const matches = (wanted: string | undefined, actual: string | null) => wanted === undefined || wanted === actual;
    const index = this.#pending.findIndex(
      (fault) =>
        ["*", operation].includes(fault.operation) && matches(fault.bucket, bucket) && matches(fault.domain, domain),
    );
    const fault = this.#pending[index];
    if (!fault) return undefined;
    const { times = 1 } = fault;
    this.#pending.splice(index, 1, ...(times > 1 ? [{ ...fault, times: times - 1 }] : []));
    return fault;
  }
}
