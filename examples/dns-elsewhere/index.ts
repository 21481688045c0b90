import * as cloudflare from "@pulumi/cloudflare";
import * as pulumi from "@pulumi/pulumi";
import { CustomDomain, records } from "pulumi-oss-cname";

const zoneId = new pulumi.Config().require("zoneId");

// Called twice for a domain: for its TXT and its CNAME record. `opts` keep them in order.
const dns = records(
  ({ resourceName, name, type, value, ttl }, opts) =>
    new cloudflare.DnsRecord(resourceName, { zoneId, name, type, content: value, ttl }, opts),
);

const www = new CustomDomain("www", { bucket: "site", domain: "www.example.com", dns });

export const { url } = www;
