import { alidns, CustomDomain, OssAccount } from "pulumi-oss-cname";

// The bucket's account. Without `provider`, resources use the stack's account.
const intl = new OssAccount("intl", { region: "ap-southeast-1", profile: "intl" });

const www = new CustomDomain(
  "www",
  { bucket: "site-intl", domain: "www.example.com", dns: alidns() },
  { provider: intl },
);

export const { url, cnameTarget } = www;
