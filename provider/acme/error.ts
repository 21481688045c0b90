import { ActionableError } from "../actionableError";
import { printable } from "../redact";

/** What a CA says of a failure (RFC 8555, 6.7). */
export interface Problem {
  /** Without `urn:ietf:params:acme:error:`; empty where the reply is none of a CA. */
  readonly type: string;
  readonly detail: string;
  readonly subproblems: readonly { readonly name: string; readonly type: string; readonly detail: string }[];
}

interface AcmeErrorDetails {
  readonly problem?: Problem;
  readonly status?: number;
  /** How long the CA asks us to wait. */
  readonly retryAfterMs?: number | undefined;
  readonly remedy?: string | undefined;
}

/** A request that a CA refused, or that did not reach it. */
export class AcmeError extends ActionableError {
  override readonly name = "AcmeError";
  /** Of the problem, without its prefix; empty without one. */
  readonly type: string;
  /** HTTP status; undefined where no reply came, and for a challenge that failed. */
  readonly status: number | undefined;
  readonly retryAfterMs: number | undefined;

  constructor(facts: string, { problem, status, retryAfterMs, remedy }: AcmeErrorDetails = {}) {
    super(facts, remedy ?? remedyOf(problem, status));
    this.type = problem?.type ?? "";
    this.status = status;
    this.retryAfterMs = retryAfterMs;
  }
}

export function isAcmeError(error: unknown, ...types: string[]): error is AcmeError {
  return error instanceof AcmeError && (types.length === 0 || types.includes(error.type));
}

/** The problem document that a reply or a challenge has. */
export function readProblem(value: unknown): Problem {
  const { type, detail, subproblems } = (value ?? {}) as Record<string, unknown>;
  const given = Array.isArray(subproblems) ? subproblems.slice(0, MOST_SUBPROBLEMS) : [];
  return {
    type: shortType(type),
    detail: text(detail),
    subproblems: given.map((each) => ({
      name: text(each?.identifier?.value),
      type: shortType(each?.type),
      detail: text(each?.detail),
    })),
  };
}

/** A problem as part of a sentence: `unauthorized: No TXT record found; www.example.com: …`. */
export function described({ type, detail, subproblems }: Problem): string {
  const parts = subproblems.map((each) => `${each.name}: ${each.type || "no type"}: ${each.detail}`);
  return [[type || "no problem type", detail].filter((part) => part !== "").join(": "), ...parts].join("; ");
}

const MOST_SUBPROBLEMS = 20;

function shortType(type: unknown): string {
  return text(type).replace(/^urn:ietf:params:acme:error:/, "");
}

function text(value: unknown): string {
  return typeof value === "string" ? printable(value).slice(0, 1000) : "";
}

const WRONG_ANSWER =
  "see what the CA found in place of our answer: another record, a cache, or another server for the name";

const REMEDIES: Readonly<Record<string, string>> = {
  accountDoesNotExist: "make and register an account key with `oss-cname acme-account`",
  externalAccountRequired:
    "register the account with the key id and HMAC key that the CA gives you: `oss-cname acme-account --eab-kid`",
  userActionRequired: "agree to the new terms of service of the CA with `oss-cname acme-account --agree-to-terms`",
  caa: "add the CA to the CAA records of the domain, or remove them",
  rejectedIdentifier: "this CA issues no certificate for that name: take the name out, or another CA",
  invalidProfile: "choose a profile that this CA has, or none",
  badSignatureAlgorithm: "use an account key of type P-256, which `oss-cname acme-account` makes",
  rateLimited: "wait until the time that the CA names; one certificate for several names needs fewer orders",
  dns: "see whether the zone's name servers can be reached from the internet, and run `pulumi up` again",
  connection: "see whether the domain can be reached over http from the internet, or prove it by dns-01",
  serverInternal: "run `pulumi up` again later: what is proven stays proven",
  unauthorized: WRONG_ANSWER,
  incorrectResponse: WRONG_ANSWER,
};

/** A request is refused as unauthorized because of the account, a challenge because of what was found. */
function remedyOf(problem: Problem | undefined, status: number | undefined): string | undefined {
  if (problem?.type === "unauthorized" && status !== undefined)
    return "see whether the account at the CA is still active; `oss-cname acme-account` registers another";
  const types = [problem?.type, ...(problem?.subproblems ?? []).map(({ type }) => type)];
  return types.map((type) => REMEDIES[type ?? ""]).find((remedy) => remedy !== undefined);
}
