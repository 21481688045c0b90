import { alidns, CustomDomain } from "pulumi-oss-cname";

const www = new CustomDomain("www", { bucket: "site", domain: "www.example.com", dns: alidns() });

export const { url, status, cnameTarget } = www;
