import { alidns, CustomDomain } from "pulumi-oss-cname";

// Creates the token, both DNS records and the binding, in the right order.
const www = new CustomDomain("www", { bucket: "site", domain: "www.example.com", dns: alidns() });

export const { url, status, cnameTarget } = www;
