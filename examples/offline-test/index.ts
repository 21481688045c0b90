import { alidns, CustomDomain } from "pulumi-oss-cname";

// An ordinary program: nothing in it knows that it is being tested.
const www = new CustomDomain("www", { bucket: "site", domain: "www.example.com", dns: alidns() });

export const { url, status, cnameTarget } = www;
