import { once } from "node:events";
import { Command, InvalidArgumentError } from "commander";

interface EmulateOptions {
  readonly port?: number;
  readonly dnsPort?: number;
  readonly latencyMs?: number;
  readonly bucket?: string[];
  readonly zone?: string[];
}

/** `oss-cname emulate`: the local cloud as a process of its own. */
export const emulate = new Command("emulate")
  .description("Serve a test double of OSS, Alibaba Cloud DNS and a name server, on loopback only")
  .option("--port <number>", "port of OSS and of the control API below /-/ (default: a free one)", wholeNumber)
  .option("--dns-port <number>", "UDP and TCP port of the name server (default: a free one)", wholeNumber)
  .option("--latency-ms <number>", "make every reply of OSS and Alibaba Cloud DNS this late", wholeNumber)
  .option("--bucket <name...>", "buckets that exist (default: none)")
  .option("--zone <name...>", "DNS zones that exist (default: example.com)")
  .addHelpText(
    "after",
    "\nPrints one line of JSON with the addresses and the access key, and serves until SIGINT or SIGTERM.\n" +
      "Control requests below /-/ other than GET need the header content-type: application/json.\n" +
      "\nExample:\n  oss-cname emulate --bucket site --zone example.com --port 8080",
  )
  .action(async ({ port, dnsPort, latencyMs, bucket, zone }: EmulateOptions) => {
    const { startCloud } = await import("../../local/cloud.js");
    const cloud = await startCloud({ port, dnsPort, latencyMs, buckets: bucket, zones: zone }).catch((error) => {
      throw explain(error);
    });
    const { oss, alidns, dns, region, accessKeyId, accessKeySecret } = cloud;
    process.stderr.write("oss-cname emulate: a test double, on loopback only: give it no real keys\n");
    process.stdout.write(`${JSON.stringify({ oss, alidns, dns, region, accessKeyId, accessKeySecret })}\n`);
    await Promise.race([once(process, "SIGINT"), once(process, "SIGTERM")]);
    await cloud.close();
  });

function explain(error: NodeJS.ErrnoException & { readonly port?: number }): Error {
  if (error.code !== "EADDRINUSE") return error;
  const { address, port } = error as { address?: string; port?: number };
  return new Error(
    `${address}:${port} is in use: choose another with --port or --dns-port, or leave them out for free ones`,
    { cause: error },
  );
}

function wholeNumber(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError("It must be a whole number.");
  return Number(text);
}
