import type { Certificate } from "./certificates";
import type { DnsRecord } from "./dns/zones";

/** Account id of buckets and credentials without an owner of their own. */
export const OWN_ACCOUNT = "1234567890123456";

export interface Credential {
  readonly accessKeyId: string;
  readonly accessKeySecret: string;
  /** Required in every request with this key. */
  readonly securityToken?: string | undefined;
  /** An ISO date from which on the key is refused. */
  readonly expiration?: string | undefined;
  /** Account id. */
  readonly owner: string;
}

export interface Bucket {
  readonly name: string;
  /** Account id. */
  readonly owner: string;
  readonly region: string;
}

export interface Binding {
  readonly domain: string;
  readonly bucket: string;
  readonly status: "Enabled" | "Disabled";
  readonly certId?: string | undefined;
  /** As an ISO date. */
  readonly lastModified: string;
}

export interface Token {
  readonly bucket: string;
  readonly domain: string;
  readonly token: string;
  /** As an ISO date. */
  readonly expireTime: string;
}

export const OBJECT_ACLS = ["default", "private", "public-read", "public-read-write"] as const;

export type ObjectAcl = (typeof OBJECT_ACLS)[number];

export interface StoredObject {
  readonly bucket: string;
  readonly key: string;
  readonly acl: ObjectAcl;
  readonly contentType: string;
  /** Text. */
  readonly content: string;
}

export interface WorldState {
  readonly buckets: readonly Bucket[];
  readonly objects: readonly StoredObject[];
  readonly bindings: readonly Binding[];
  /** Only those still valid. */
  readonly tokens: readonly Token[];
  readonly certificates: readonly Certificate[];
  readonly zones: readonly string[];
  readonly records: readonly DnsRecord[];
}
