import { accessRemedy } from "../acs3/call";
import { ActionableError } from "../actionableError";

interface CasErrorDetails {
  readonly code?: string;
  readonly status?: number;
  readonly operation?: string;
  readonly maybeDone?: boolean;
  /** Default: what is known about the code. */
  readonly remedy?: string;
}

/** A call that Certificate Management Service refused, or that did not reach it. */
export class CasError extends ActionableError {
  override readonly name = "CasError";
  /** Code of the service; empty when it did not reply. */
  readonly code: string;
  /** HTTP status; undefined when it did not reply. */
  readonly status: number | undefined;
  /** Whether the call may have taken effect, although no reply said so. */
  readonly maybeDone: boolean;

  constructor(facts: string, { code = "", status, operation = "", maybeDone = false, remedy }: CasErrorDetails = {}) {
    super(facts, remedy ?? remedyOf(code, operation));
    this.code = code;
    this.status = status;
    this.maybeDone = maybeDone || (status !== undefined && status >= 500) || code === "BadResponse";
  }
}

/** Whether the service answered with one of these codes; without codes, whether a call to it failed. */
export function isCasError(error: unknown, ...codes: string[]): error is CasError {
  return error instanceof CasError && (codes.length === 0 || codes.includes(error.code));
}

function remedyOf(code: string, operation: string): string | undefined {
  return accessRemedy(code, `yundun-cert:${operation}`) ?? certificateRemedy(code);
}

function certificateRemedy(code: string): string | undefined {
  if (code === "NameRepeat")
    return "see what has this name in Certificate Management Service, and delete it there unless it is needed.";
  if (/Quota|Limit/i.test(code)) return "delete certificates that nothing uses from Certificate Management Service.";
  return code === "BadResponse" ? "check oss-cname:casEndpoint, and the proxy if there is one." : undefined;
}
