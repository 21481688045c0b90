import { once } from "node:events";
import { Command } from "commander";
import { bucketNames, wholeNumber } from "../arguments";
import type { Io } from "../io";

interface Options {
  readonly port?: number;
  readonly dnsPort?: number;
  readonly latencyMs?: number;
  readonly bucket?: string[];
  readonly zone?: string[];
  readonly configure?: string;
}

/** `oss-cname emulate`: the emulators as a process of their own. */
export function emulateCommand(io: Io): Command {
  return new Command("emulate")
    .description(
      "Serve a test double of OSS, Alibaba Cloud DNS, Certificate Management, a CA and a name server, on loopback only",
    )
    .option("--port <number>", "port of OSS and of the control API below /-/ (default: a free one)", wholeNumber)
    .option("--dns-port <number>", "UDP and TCP port of the name server (default: a free one)", wholeNumber)
    .option("--latency-ms <number>", "delay of every reply but the name server's (default: 0)", wholeNumber)
    .option("--bucket <name...>", "buckets that exist (default: none)", bucketNames)
    .option("--zone <name...>", "DNS zones that exist (default: example.com)")
    .option("--configure <stack>", "write the addresses and the keys into Pulumi.<stack>.yaml of this project")
    .addHelpText(
      "after",
      "\nPrints one line of JSON with the addresses and the keys, and serves until SIGINT or SIGTERM.\n" +
        "Control requests below /-/ other than GET need the header content-type: application/json.\n" +
        "\nExamples:\n" +
        "  oss-cname emulate --bucket site --zone example.com --port 8080\n" +
        "  oss-cname emulate --bucket site --configure dev",
    )
    .action(async ({ port, dnsPort, latencyMs, bucket, zone, configure }: Options) => {
      const { startCloud } = await import("../../local/cloud.js");
      const options = { port, dnsPort, latencyMs, buckets: bucket, zones: zone };
      const cloud = await startCloud(options).catch((error) => {
        throw withPortAdvice(error);
      });
      const { oss, alidns, cas, acme, dns, region, accessKeyId, accessKeySecret } = cloud;
      const { directory: acmeDirectory, accountKey: acmeAccountKey } = acme;
      try {
        io.stderr.write("oss-cname emulate: a test double, on loopback only: give it no real keys\n");
        if (configure !== undefined) {
          const { configureStack } = await import("../emulate/configureStack.js");
          io.stderr.write(
            `oss-cname emulate: wrote its settings to ${await configureStack(configure, cloud.config)}\n`,
          );
        }
        const addresses = { oss, alidns, cas, acmeDirectory, dns };
        const keys = { accessKeyId, accessKeySecret, acmeAccountKey };
        io.stdout.write(`${JSON.stringify({ ...addresses, region, ...keys })}\n`);
        await Promise.race([once(process, "SIGINT"), once(process, "SIGTERM")]);
      } finally {
        await cloud.close();
      }
    });
}

function withPortAdvice(error: NodeJS.ErrnoException & { address?: string; port?: number }): Error {
  if (error.code !== "EADDRINUSE") return error;
  return new Error(
    `${error.address}:${error.port} is in use: choose another with --port or --dns-port, or give neither`,
    { cause: error },
  );
}
