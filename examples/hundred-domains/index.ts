import { readFileSync } from "node:fs";
import { alidns, CustomDomain } from "pulumi-oss-cname";

const dns = alidns({ zone: "example.com" });

const shops = readFileSync("domains.csv", "utf8")
  .split("\n")
  .filter((line) => line !== "")
  .map((line) => {
    const [domain = "", bucket = ""] = line.split(",");
    // The name of the resource is the domain, so lines can be reordered.
    return new CustomDomain(domain, { bucket, domain, dns });
  });

export const urls = shops.map(({ url }) => url);
