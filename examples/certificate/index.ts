import * as pulumi from "@pulumi/pulumi";
import { alidns, CustomDomain } from "pulumi-oss-cname";

const config = new pulumi.Config();

const www = new CustomDomain("www", {
  bucket: "site",
  domain: "www.example.com",
  dns: alidns(),
  certificate: {
    // Relative to this directory. `up` notices new content.
    certificateFile: config.get("certificateFile") ?? "certs/www.pem",
    privateKeyFile: config.get("privateKeyFile") ?? "certs/www.key",
    expiryWarningDays: 21,
  },
});

export const { url, certificateValidTo } = www;
