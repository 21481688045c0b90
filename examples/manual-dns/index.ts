import { CustomDomain, manual } from "pulumi-oss-cname";

// `up` prints the records to create, and continues when they exist.
const www = new CustomDomain("www", { bucket: "site", domain: "www.example.com", dns: manual() });
const shop = new CustomDomain("shop", { bucket: "site", domain: "shop.example.com", dns: manual() });

export const records = { www: www.records, shop: shop.records };
export const status = { www: www.status, shop: shop.status };
