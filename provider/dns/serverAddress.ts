import { isIP } from "node:net";

/** Where a DNS server listens. `address` is an IP address. */
export interface ServerAddress {
  readonly address: string;
  readonly port: number;
}

/** Splits `host`, `host:port` and `[address]:port`; the port is 53 unless given. Throws where it is none of these. */
export function splitHostPort(text: string): { host: string; port: number } {
  if (isIP(text)) return { host: text, port: 53 };
  const [, bracketed, plain, port] = /^(?:\[(.+)\]|([^:[\]]+))(?::(\d{1,5}))?$/.exec(text.trim()) ?? [];
  const host = bracketed ?? plain;
  if (host === undefined || Number(port) > 65535) throw new Error(`"${text}" is not host:port`);
  return { host, port: Number(port ?? 53) };
}
