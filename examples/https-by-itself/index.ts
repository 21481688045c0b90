import { alidns, CustomDomain, letsEncrypt } from "pulumi-oss-cname";

// The certificate is ordered by the first `up`, and renewed by the first one after the day that the CA recommends.
const www = new CustomDomain("www", {
  bucket: "site",
  domain: "www.example.com",
  dns: alidns(),
  certificate: letsEncrypt(),
});

export const { url, status, certificateValidTo } = www;
