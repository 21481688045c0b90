import { ActionableError } from "../../provider/actionableError";
import type { Evidence } from "../../provider/diagnosis/evidence";
import { OssError, type OssErrorDetails } from "../../provider/oss/error";
import type { BoundCertificate, BoundDomain, GetCnameTokenResult } from "../../provider/queries/query";

const FINGERPRINT = "0A:1B:2C:3D:4E:5F:60:71:82:93:A4:B5:C6:D7:E8:F9:0A:1B:2C:3D";

export const NOW = Date.parse("2026-03-01T00:00:00.000Z");

export const CERTIFICATE: BoundCertificate = {
  certId: "7-cn-hangzhou",
  type: "CAS",
  status: "Enabled",
  fingerprint: FINGERPRINT,
  creationDate: "2026-01-01T00:00:00.000Z",
  validFrom: "2026-01-01T00:00:00.000Z",
  validTo: "2026-04-30T12:00:00.000Z",
};

export const BINDING: BoundDomain = {
  domain: "www.example.com",
  status: "Enabled",
  lastModified: "2026-01-02T00:00:00.000Z",
  certificate: CERTIFICATE,
};

export const TOKEN: GetCnameTokenResult = {
  bucket: "site",
  domain: "www.example.com",
  token: "00aa",
  expireTime: "2026-03-04T00:00:00.000Z",
  txtRecord: { name: "_dnsauth.www.example.com", type: "TXT", value: "00aa", ttl: 600 },
};

/** Evidence of a domain with which nothing is wrong, but for what a test says. */
export function evidence(but: Partial<Evidence> = {}): Evidence {
  return {
    domain: "www.example.com",
    bucket: "site",
    region: "cn-hangzhou",
    now: NOW,
    keySource: "the environment (ALICLOUD_ACCESS_KEY)",
    oss: { host: "site.oss-cn-hangzhou.aliyuncs.com", serverTime: new Date(NOW) },
    bindings: [BINDING],
    route: {
      targets: ["site.oss-cn-hangzhou.aliyuncs.com"],
      hasAddress: true,
      bucket: "site",
      region: "cn-hangzhou",
    },
    served: { fingerprint: FINGERPRINT, validTo: new Date(CERTIFICATE.validTo) },
    ...but,
  };
}

/** Evidence that a bucket does not list the domain. */
export function unbound(but: Partial<Evidence> = {}): Evidence {
  return evidence({ bindings: [], token: TOKEN, ...but });
}

/** Evidence of an endpoint that does not answer, so that nothing else is known of the account. */
export function unreachable(but: Partial<Evidence> = {}): Evidence {
  const oss = new ActionableError("http://127.0.0.1:1 does not answer: ECONNREFUSED", "check the network");
  return evidence({ oss, bindings: undefined, ...but });
}

export function ossError(code: string, more: Partial<OssErrorDetails> = {}): OssError {
  return new OssError({ operation: "ListCname", bucket: "site", status: 403, code, serviceMessage: "", ...more });
}
