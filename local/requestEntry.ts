import type { CertificateConfiguration } from "../provider/oss/xml";

/** A request that reached a service, as the log keeps it. */
export interface RequestEntry {
  /** When the whole request had arrived, as an ISO date. */
  readonly time: string;
  readonly requestId: string;
  readonly service: "oss" | "alidns" | "cas" | "acme";
  readonly operation: string;
  readonly bucket: string | null;
  /**
   * For OSS the domain to bind, or the one by which an object was reached; for Alidns the zone; for the CA the first
   * name of an order.
   */
  readonly domain: string | null;
  /** Of an object. */
  readonly key?: string | undefined;
  readonly signatureVersion: "v1" | "v4" | "acs3" | "jws" | null;
  /** null while in progress, 0 when the connection was cut. */
  status: number | null;
  /** null after a success. */
  code: string | null;
  /** The certificate that PutCname or Certificate Management was sent. */
  readonly certificate?: CertificateDigests | undefined;
  /** The parameters of an Alidns request. */
  readonly recordId?: string | undefined;
  readonly rr?: string | undefined;
  readonly type?: string | undefined;
  readonly value?: string | undefined;
  /** What else the CA was asked for by `newOrder`. */
  readonly order?: { readonly profile?: unknown; readonly replaces?: unknown } | undefined;
}

/** A certificate configuration with SHA-256 digests, in hex, in place of its PEM texts. */
export interface CertificateDigests extends Omit<CertificateConfiguration, "certificate" | "privateKey"> {
  readonly certificateDigest?: string | undefined;
  readonly privateKeyDigest?: string | undefined;
}
