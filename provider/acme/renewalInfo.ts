import { createHash } from "node:crypto";
import type { AcmeClient } from "./client";
import { readX509 } from "./x509";

/** When a CA recommends to renew a certificate (RFC 9773). */
export interface RenewalInfo {
  readonly start: Date;
  readonly end: Date;
  /** Where the CA says why, as after an incident. */
  readonly explanationUrl?: string;
}

/** By `renewalId`. `undefined` where the CA has no such information. Tried once, for a few seconds. */
export async function fetchRenewalInfo(client: AcmeClient, id: string): Promise<RenewalInfo | undefined> {
  const { renewalInfo } = await client.directory({ isBrief: true });
  if (renewalInfo === undefined) return undefined;
  const reply = await client.get("renewalInfo", `${renewalInfo.replace(/\/$/, "")}/${id}`);
  const { suggestedWindow, explanationURL } = reply?.json ?? {};
  const { start, end } = (suggestedWindow ?? {}) as Record<string, unknown>;
  const window = { start: new Date(String(start)), end: new Date(String(end)) };
  // What a window cannot be says nothing.
  if (!(window.start <= window.end)) return undefined;
  return { ...window, ...(typeof explanationURL === "string" && { explanationUrl: explanationURL }) };
}

/** A moment in the window, the same in every process: all certificates of a CA are renewed evenly over theirs. */
export function renewalMoment({ start, end }: RenewalInfo, id: string): Date {
  const fraction = createHash("sha256").update(id).digest().readUInt32BE() / 2 ** 32;
  return new Date(start.getTime() + fraction * (end.getTime() - start.getTime()));
}

/** How a CA knows a certificate: its authority's key identifier and its serial number. */
export function renewalId(chainPem: string): string {
  const { authorityKeyId, serialNumber } = readX509(chainPem);
  if (authorityKeyId === undefined) throw new Error("the certificate does not name the key of its authority");
  return `${authorityKeyId.toString("base64url")}.${serialNumber.toString("base64url")}`;
}
