import { accessRemedy } from "../acs3/call";
import { ActionableError } from "../actionableError";

/** The code of a reply that is not one of the service. */
export const BAD_RESPONSE = "BadResponse";

interface AlidnsErrorDetails {
  readonly code?: string;
  readonly status?: number;
  readonly maybeDone?: boolean;
  readonly isCancelled?: boolean;
  readonly remedy?: string;
}

/** A call that Alibaba Cloud DNS refused, or that did not reach it. */
export class AlidnsError extends ActionableError {
  override readonly name = "AlidnsError";
  /** Code of the service; empty when it did not reply. */
  readonly code: string;
  /** HTTP status; undefined when it did not reply. */
  readonly status: number | undefined;
  /** Whether this or an earlier attempt may have taken effect, although no reply said so. */
  readonly maybeDone: boolean;
  /** Whether the user has ended it: no other will be sent. */
  readonly isCancelled: boolean;

  constructor(
    facts: string,
    { code = "", status, maybeDone = false, isCancelled = false, remedy }: AlidnsErrorDetails = {},
  ) {
    super(facts, remedy);
    this.code = code;
    this.status = status;
    this.isCancelled = isCancelled;
    this.maybeDone = maybeDone || code === BAD_RESPONSE || (status !== undefined && status >= 500);
  }
}

/** Whether Alibaba Cloud DNS answered with one of these codes; without codes, whether a call to it failed. */
export function isAlidnsError(error: unknown, ...codes: string[]): error is AlidnsError {
  return error instanceof AlidnsError && (codes.length === 0 || codes.includes(error.code));
}

/** The next step after a refusal, where one is known. */
export function alidnsRemedy(code: string, operation: string): string | undefined {
  if (/^(InvalidDomainName\.NoExist|IncorrectDomainUser|DomainRecordNotBelongToUser)$/.test(code))
    return "check that the domain is in the account of these credentials; give the zone, or a provider for the account that has it.";
  if (code.startsWith("QuotaExceeded"))
    return "raise the TTL, delete records, or upgrade the plan of this zone, which allows no more.";
  if (code.startsWith("DomainRecordLocked")) return "unlock the record in the console.";
  return accessRemedy(code, `alidns:${operation}`);
}
