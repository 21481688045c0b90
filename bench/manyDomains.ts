import { startCloud } from "../local";
import type { Engine } from "../test/support/pulumiRun";
import { megabytes, type Row } from "./figures";
import { LATENCY_MS, NothingStack, rowAgainstFloor } from "./floor";
import { MeasuredStack } from "./measuredStack";
import { createPairs } from "./pairs";

const BUCKETS = 10;
/** As many as OSS binds to one bucket. */
const DOMAINS_PER_BUCKET = 100;
const DOMAINS = BUCKETS * DOMAINS_PER_BUCKET;

/** A thousand domains with one certificate as one `CustomDomains` for each bucket. */
export async function manyDomains(engine: Engine): Promise<Row[]> {
  const buckets = Array.from({ length: BUCKETS }, (_, index) => `bucket-${index}`);
  const cloud = await startCloud({ buckets, latencyMs: LATENCY_MS, switches: { bindsUnverified: true } });
  const pair = await createPairs();
  const program = `
    const { CustomDomains, none } = require("pulumi-oss-cname");
    const certificate = { certificateFile: "chain.pem", privateKeyFile: "key.pem" };
    for (let number = 0; number < ${BUCKETS}; number++) {
      const bucket = \`bucket-\${number}\`;
      const domains = Array.from({ length: ${DOMAINS_PER_BUCKET} }, (_, index) => \`d\${index}-\${number}.example.com\`);
      new CustomDomains(bucket, { bucket, domains, dns: none, verification: "none", certificate });
    }`;
  const stack = await MeasuredStack.create(engine, { cloud, files: { "index.js": program, ...(await pair()) } });
  try {
    const up = await stack.measure("up");
    const { resources } = stack;
    const nothing = await NothingStack.create(engine, { resources });
    try {
      const nothingUp = await nothing.up();
      const unchanged = await stack.measure("up", "--expect-no-changes");
      const nothingUnchanged = await nothing.unchanged();
      const rows = [
        rowAgainstFloor(`up of ${DOMAINS} domains (${resources} resources)`, up, nothingUp),
        rowAgainstFloor("unchanged up", unchanged, nothingUnchanged),
        rowAgainstFloor("refresh", await stack.measure("refresh"), nothingUnchanged),
      ];
      stack.write(await pair());
      rows.push(rowAgainstFloor("rotation", await stack.measure("up"), await nothing.update()));
      rows.push(rowAgainstFloor("destroy", await stack.measure("destroy"), await nothing.destroy()));
      return [
        ...rows,
        ["state", megabytes(up.stateBytes), "", ""],
        ["largest process", megabytes(Math.max(up.memory, unchanged.memory)), "", ""],
      ];
    } finally {
      nothing.close();
    }
  } finally {
    stack.close();
    await cloud.close();
  }
}
