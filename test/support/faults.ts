import type { Fault } from "../../local";
import type { Trial } from "./trial";

type Service = "oss" | "alidns";

/** Something that goes wrong with a request. */
export interface TrialFault {
  readonly name: string;
  /** What an error that comes of it must say. */
  readonly says: RegExp;
  /** What the emulator does. */
  readonly emulator?: (service: Service) => Omit<Fault, "operation">;
  /** Nobody listens where the request goes. */
  readonly isRefused?: boolean;
  /** How long the client waits, in place of the usual time. */
  readonly limitMs?: number;
  /** It is also tried with all requests that follow. */
  readonly mayLast?: boolean;
  /** Changes what stays so until the end of the operation. */
  readonly begin?: (on: Trial) => void;
  /** Ends that. */
  readonly end?: (on: Trial) => void;
}

const LIMIT_MS = 25;
const LATE_MS = 60;
const NOT_OURS = /BadResponse|BadErrorResponse|a reply that is not one of Alibaba Cloud DNS/;
const HTML = "<html><body>Sign in to the network</body></html>";

function reply(
  status: number,
  code: string,
  more: Omit<Fault, "operation"> = {},
): Pick<TrialFault, "name" | "says" | "emulator"> {
  const how = [more.after ? "although done" : "", more.inHeader ? "in a header" : ""].filter(Boolean).join(", ");
  return {
    name: [`${status} ${code}`, how].filter(Boolean).join(" "),
    says: new RegExp(`HTTP ${status}`),
    emulator: () => ({ status, code, ...more }),
  };
}

export const FAULTS: readonly TrialFault[] = [
  { name: "connection refused", says: /ECONNREFUSED/, isRefused: true, mayLast: true },
  {
    name: "reset before it was taken",
    says: /ECONNRESET|UND_ERR_SOCKET/,
    emulator: () => ({ reset: true }),
    mayLast: true,
  },
  {
    name: "reply lost",
    says: /ECONNRESET|UND_ERR_SOCKET/,
    emulator: () => ({ reset: true, after: true }),
    mayLast: true,
  },
  {
    name: "time-out before it was taken",
    says: /TIMEOUT/,
    limitMs: LIMIT_MS,
    emulator: () => ({ reset: true, delayMs: LATE_MS }),
  },
  {
    name: "time-out after it was taken",
    says: /TIMEOUT/,
    limitMs: LIMIT_MS,
    emulator: () => ({ after: true, delayMs: LATE_MS }),
  },
  { name: "slow body", says: /TIMEOUT/, limitMs: LIMIT_MS, emulator: () => ({ bodyDelayMs: LATE_MS }) },
  { name: "truncated body", says: NOT_OURS, emulator: () => ({ cutBody: true }) },
  {
    name: "another root",
    says: NOT_OURS,
    emulator: (service) => ({ ...otherRoot(service), fromProxy: true }),
  },
  {
    name: "another root although done",
    says: NOT_OURS,
    emulator: (service) => ({ ...otherRoot(service), after: true }),
  },
  {
    name: "page of a proxy",
    says: NOT_OURS,
    emulator: () => ({ body: HTML, fromProxy: true }),
    mayLast: true,
  },
  {
    name: "502 of a proxy",
    says: /HTTP 502/,
    emulator: () => ({ status: 502, body: HTML, fromProxy: true }),
  },
  {
    name: "502 of a proxy although done",
    says: /HTTP 502/,
    emulator: () => ({ status: 502, body: HTML, fromProxy: true, after: true }),
  },
  {
    name: "empty body although done",
    says: NOT_OURS,
    emulator: () => ({ body: "", after: true }),
  },
  {
    name: "empty body of a proxy",
    says: NOT_OURS,
    emulator: () => ({ body: "", fromProxy: true }),
  },
  { name: "500 without a body", says: /HTTP 500/, emulator: () => ({ status: 500, body: "" }) },
  { ...reply(500, "InternalError"), mayLast: true },
  reply(500, "InternalError", { after: true }),
  reply(500, "InternalError", { inHeader: true }),
  reply(502, "BadGateway"),
  { ...reply(503, "ServiceUnavailable"), mayLast: true },
  reply(503, "ServiceUnavailable", { after: true }),
  reply(503, "QpsLimitExceeded", { inHeader: true }),
  reply(504, "GatewayTimeout"),
  reply(504, "GatewayTimeout", { after: true }),
  { ...reply(429, "Throttling.User"), mayLast: true },
  {
    name: "clock 20 minutes off",
    says: /TimeTooSkewed|TimeStamp/,
    begin: (on) => {
      on.skewMs = 20 * 60_000;
    },
    end: (on) => {
      on.skewMs = 0;
    },
  },
  {
    name: "security token expired",
    says: /SecurityToken/,
    begin: (on) => on.expireCredentials(true),
    end: (on) => on.expireCredentials(false),
  },
];

function otherRoot(service: Service): Omit<Fault, "operation"> {
  return { body: service === "oss" ? "<Other><Key>1</Key></Other>" : '["Other"]' };
}

/** Lets a fault meet a request of the next operation, or that one and all that come after it. */
export function meetWith(on: Trial, fault: TrialFault, number: number, isLasting: boolean, nowhere: string): void {
  on.wire.meet = (current, request, send) => {
    if (current < number || (current > number && !isLasting)) return send(request);
    fault.begin?.(on);
    const service = request.origin === on.cloud.oss ? "oss" : "alidns";
    if (fault.emulator) on.cloud.fail({ operation: "*", ...fault.emulator(service) });
    const { isRefused, limitMs } = fault;
    return send({ ...request, ...(isRefused && { origin: nowhere }), ...(limitMs && { timeoutMs: limitMs }) });
  };
}
