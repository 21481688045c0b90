import { startCloud } from "../local";
import type { Engine } from "../test/support/pulumiRun";
import { megabytes, type Row, times } from "./figures";
import { LATENCY_MS, NothingStack, rowAgainstFloor } from "./floor";
import { MeasuredStack } from "./measuredStack";
import { createPairs } from "./pairs";

/** As many as OSS binds to one bucket. */
const DOMAINS = 100;
/** Each needs the one before. */
const RESOURCES_PER_DOMAIN = 4;

/** Domains with a token, a TXT record, a binding and a certificate each, against as many resources that do nothing. */
export async function singleDomains(engine: Engine): Promise<Row[]> {
  const cloud = await startCloud({ buckets: ["site"], latencyMs: LATENCY_MS });
  const pair = await createPairs();
  const program = `
    const { CustomDomain, alidns } = require("pulumi-oss-cname");
    const certificate = { certificateFile: "chain.pem", privateKeyFile: "key.pem" };
    for (let index = 0; index < ${DOMAINS}; index++) {
      const domain = \`d\${index}.example.com\`;
      new CustomDomain(domain, { bucket: "site", domain, dns: alidns(), cnameRecord: false, certificate });
    }`;
  const stack = await MeasuredStack.create(engine, { cloud, files: { "index.js": program, ...(await pair()) } });
  try {
    // Each beside its floor, so that what else the machine does meanwhile touches both.
    const up = await stack.measure("up");
    const { resources } = stack;
    const nothing = await NothingStack.create(engine, {
      resources: DOMAINS * RESOURCES_PER_DOMAIN,
      chain: RESOURCES_PER_DOMAIN,
    });
    try {
      const nothingUp = await nothing.up();
      const unchanged = await stack.measure("up", "--expect-no-changes");
      const rows = [
        rowAgainstFloor(`up of ${DOMAINS} domains (${resources} resources)`, up, nothingUp),
        rowAgainstFloor("unchanged up", unchanged, await nothing.unchanged()),
      ];
      stack.write(await pair());
      rows.push(rowAgainstFloor("rotation of their certificate", await stack.measure("up"), await nothing.update()));
      rows.push(rowAgainstFloor("destroy", await stack.measure("destroy"), await nothing.destroy()));
      const [state, floor] = [up.stateBytes, nothingUp.stateBytes];
      return [
        ...rows,
        ["state", megabytes(state), `floor ${megabytes(floor)}`, times(state / floor)],
        ["largest process", megabytes(unchanged.memory), "", ""],
      ];
    } finally {
      nothing.close();
    }
  } finally {
    stack.close();
    await cloud.close();
  }
}
