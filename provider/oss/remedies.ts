import type { OssErrorDetails } from "./error";

/** What a user can do about an answer of OSS, and the RAM policies that allow what this package does. */

const BINDING_ACTIONS = ["CreateCnameToken", "GetCnameToken", "ListCname", "PutCname", "DeleteCname"].map(
  (operation) => `oss:${operation}`,
);

/** What PutCname needs of Certificate Management Service for a certificate. It takes no narrower resource than `*`. */
const CERTIFICATE_ACTIONS = [
  "DescribeSSLCertificatePrivateKey",
  "DescribeSSLCertificatePublicKeyDetail",
  "CreateSSLCertificate",
].map((action) => `yundun-cert:${action}`);

/** The least RAM policy for the domains of a bucket, with or without certificates: a JSON document to paste. */
export function leastRamPolicy(bucket: string, { certificates }: { readonly certificates: boolean }): string {
  const allow = (actions: string[], resource: string) => ({ Effect: "Allow", Action: actions, Resource: resource });
  const bindings = allow(BINDING_ACTIONS, bucketResource(bucket));
  const Statement = certificates ? [bindings, allow(CERTIFICATE_ACTIONS, "*")] : [bindings];
  return JSON.stringify({ Version: "1", Statement }, null, 2);
}

/** The next step after an error reply, where one is known whatever the program is. */
export function ossRemedy(details: OssErrorDetails): string | undefined {
  const { code, ec, endpoint, serverTime } = details;
  if (endpoint) return `the bucket is served at ${endpoint}: set the region or the endpoint to that.`;
  if (ec === "0002-00000007") return REMEDIES.SecurityTokenExpired;
  if (ec === "0002-00000228") return "set the region to the bucket's own; the request was signed for another.";
  if (code === "AccessDenied") return allowRemedy(details);
  if (code === "RequestTimeTooSkewed")
    return `set this machine's clock${serverTime ? ` (the service says it is ${serverTime})` : ""}.`;
  return Object.hasOwn(REMEDIES, code) ? REMEDIES[code] : undefined;
}

/** A RAM user gets the same answer for a bucket of its own account as long as no policy lets it in. */
function allowRemedy({ operation, bucket = "*", key, serviceMessage }: OssErrorDetails): string {
  if (key !== undefined) return challengeRemedy(operation, bucket);
  const certificates =
    operation === "PutCname" ? `; a certificate also needs ${inWords(CERTIFICATE_ACTIONS)} on *` : "";
  const allow = `allow the action oss:${operation} on ${bucketResource(bucket)}${certificates}.`;
  return serviceMessage.includes("does not belong to you")
    ? `find out whose bucket ${bucket} is. If it is another account's, use a key of that account, or have it let yours in by a ` +
        `bucket policy. If it is your account's, and this key a RAM user's or role's, ${allow}`
    : allow;
}

/** Objects are written and read below one prefix only. */
function challengeRemedy(operation: string, bucket: string): string {
  return (
    `allow the action oss:${operation} on ${challengeResource(bucket)}. For public objects oss:PutObjectAcl is needed too, ` +
    "and Block Public Access, of the bucket or the account, must be off."
  );
}

const REMEDIES: Readonly<Record<string, string>> = {
  BadResponse: "check the endpoint, and the proxy if there is one: something in between may answer in place of OSS.",
  CasRenewCertificateConflict: "name the certificate that is there now, or overwrite it by force.",
  CnameAlreadyExists: "unbind the domain from the other bucket of this account that has it.",
  CnameDenied: "unbind the domain where it is bound now, which may be another account.",
  CnameIsForbidden: "use another domain; OSS reserves this one.",
  CnameIsRisk: "use another domain, or ask Alibaba Cloud to clear this one.",
  InDebt: "settle the account's bill.",
  InvalidAccessKeyId: "check that the access key exists, is enabled and belongs to this site of Alibaba Cloud.",
  InvalidSecurityToken: "get new temporary credentials.",
  NonStandardHostForbidden: "check the endpoint; the host does not belong to OSS.",
  NoSuchBucket: "check the bucket's name, its region and whose access key this is.",
  NoSuchCnameInRecord: "file the domain for ICP; buckets in mainland China serve filed domains only.",
  SecondLevelDomainForbidden: "use virtual-host addressing; this endpoint does not take path style.",
  SecurityTokenExpired: "get new temporary credentials; their source gave these again.",
  SignatureDoesNotMatch: "check the access key secret, the region and the signature version.",
  TooManyCnameToken: "wait; a bucket holds 1000 tokens, each expires after 72 hours and none can be deleted.",
};

function challengeResource(bucket: string): string {
  return `${bucketResource(bucket)}/.well-known/acme-challenge/*`;
}

function bucketResource(bucket: string): string {
  return `acs:oss:*:*:${bucket}`;
}

function inWords(names: readonly string[]): string {
  return `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
}
