import type { RequestEntry } from "./requestEntry";

const FIELDS = {
  /** An operation of a service, such as `PutCname` or `newOrder`; `*` for any. */
  operation: "non-empty string",
  bucket: "non-empty string",
  domain: "non-empty string",
  /** 500 when there is only a code. */
  status: "status from 200 to 599",
  /** InternalError when there is only a status. */
  code: "non-empty string",
  message: "non-empty string",
  ec: "non-empty string",
  /** The number of requests that meet the fault; 1 when left out. */
  times: "number of 0 or more",
  /** The share of the requests that match which meet the fault, at random; 1 when left out. */
  share: "number from 0 to 1",
  /** What the random choice starts from: the same seed chooses the same requests. 0 when left out. */
  seed: "number of 0 or more",
  delayMs: "number of 0 or more",
  /** The header Retry-After of the reply, in seconds. */
  retryAfter: "number of 0 or more",
  /** Cuts the connection instead of replying. */
  reset: "boolean",
  /** Carries the operation out first, so that only its reply is replaced or lost. */
  after: "boolean",
  /** Stands in place of the body of the reply, which is a success unless there is a status or a code. */
  body: "string",
  /** The reply comes from something on the way, and has no header of the service. */
  fromProxy: "boolean",
  /** The error comes in the header `x-oss-err`, without a body. */
  inHeader: "boolean",
  /** Ends the reply in the middle of its body. */
  cutBody: "boolean",
  /** Keeps the second half of the body back for so long. */
  bodyDelayMs: "number of 0 or more",
} as const;

type Target = Pick<RequestEntry, "operation" | "bucket" | "domain">;
type Kind = (typeof FIELDS)[keyof typeof FIELDS];
type Value<K extends Kind> = K extends "non-empty string" | "string" ? string : K extends "boolean" ? boolean : number;

/**
 * What happens to the next matching requests. Without `status`, `code`, `body` and `reset` they are carried out, and
 * only their replies are delayed or damaged.
 */
export type Fault = { readonly [Name in keyof typeof FIELDS]?: Value<(typeof FIELDS)[Name]> } & {
  readonly operation: string;
};

const CHECKS: Readonly<Record<Kind, (value: unknown) => boolean>> = {
  string: (value) => typeof value === "string",
  "non-empty string": (value) => typeof value === "string" && value !== "",
  "number from 0 to 1": (value) => typeof value === "number" && value >= 0 && value <= 1,
  "number of 0 or more": (value) => typeof value === "number" && Number.isFinite(value) && value >= 0,
  boolean: (value) => typeof value === "boolean",
  "status from 200 to 599": (value) => Number.isInteger(value) && Number(value) >= 200 && Number(value) <= 599,
};

/** Throws when the operation is missing, a field is unknown or a value is invalid. */
export function checkFault(fault: object): asserts fault is Fault {
  if (!("operation" in fault)) throw new Error("operation is missing");
  for (const [name, value] of Object.entries(fault)) {
    if (!Object.hasOwn(FIELDS, name)) throw new Error(`a fault has no field ${name}`);
    const kind = FIELDS[name as keyof typeof FIELDS];
    if (!CHECKS[kind](value)) throw new Error(`${name} of a fault must be a ${kind}`);
  }
}

/** Returns the first fault that matches the request, and counts it as used. */
export function takeFault(faults: Fault[], { operation, bucket, domain }: Target): Fault | undefined {
  const matches = (wanted: string | undefined, actual: string | null) => wanted === undefined || wanted === actual;
  for (const [index, fault] of faults.entries()) {
    const isMeant = ["*", operation].includes(fault.operation);
    if (!isMeant || !matches(fault.bucket, bucket) || !matches(fault.domain, domain)) continue;
    const { times = 1, share = 1, seed = 0 } = fault;
    // A linear congruential generator (Numerical Recipes).
    const next = (seed * 1_664_525 + 1_013_904_223) % 2 ** 32;
    const isHit = next < share * 2 ** 32;
    const left = isHit ? times - 1 : times;
    faults.splice(index, 1, ...(left > 0 ? [{ ...fault, times: left, seed: next }] : []));
    if (isHit) return fault;
  }
  return undefined;
}
