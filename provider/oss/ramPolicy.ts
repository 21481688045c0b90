const BINDING_ACTIONS = ["CreateCnameToken", "GetCnameToken", "ListCname", "PutCname", "DeleteCname"];

/** What PutCname asks of Certificate Management Service for a certificate. It takes no narrower resource. */
const CERTIFICATE_ACTIONS = [
  "DescribeSSLCertificatePrivateKey",
  "DescribeSSLCertificatePublicKeyDetail",
  "CreateSSLCertificate",
];

/** The least RAM policy under which the domains of a bucket can be managed, with or without certificates: a JSON document to paste. */
export function leastRamPolicy(bucket: string, { certificates }: { readonly certificates: boolean }): string {
  const allow = (actions: string[], resource: string) => ({ Effect: "Allow", Action: actions, Resource: resource });
  const Statement = [
    allow(
      BINDING_ACTIONS.map((action) => `oss:${action}`),
      `acs:oss:*:*:${bucket}`,
    ),
  ];
  if (certificates)
    Statement.push(
      allow(
        CERTIFICATE_ACTIONS.map((action) => `yundun-cert:${action}`),
        "*",
      ),
    );
  return JSON.stringify({ Version: "1", Statement }, null, 2);
}
