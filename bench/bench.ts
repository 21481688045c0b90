/**
 * `npm run bench`: what this package costs, as ratios to what cannot be had for less. Nothing is asserted: the figures
 * are of one machine at one moment, and compare only with figures of the same run.
 */
import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { Pool } from "undici";
import { stringify } from "yaml";
import { ProviderHost } from "../engine/execute/providerHost";
import { initializeStack, startCloud } from "../local";
import { OssClient } from "../provider/oss/client";
import { operations } from "../provider/oss/operations";
import { signV4 } from "../provider/oss/sign";
import { table } from "../provider/table";

const DOMAINS = [1, 10, 100, 300];
/** As many as OSS binds to one bucket. */
const DOMAINS_PER_BUCKET = 100;
const REQUESTS = 1000;
const STARTS = 5;

const run = promisify(execFile);
const mib = (bytes: number) => (bytes / 2 ** 20).toFixed(0);
const seconds = (ms: number) => (ms / 1000).toFixed(2);
const times = (ratio: number) => `${ratio.toFixed(2)}x`;
const median = (values: number[]) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

async function timed(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return performance.now() - started;
}

interface Run {
  readonly ms: number;
  /** The most that each process held, added up. */
  readonly memory: number;
  readonly requests: number;
}

interface Fleet {
  readonly unchanged: Run;
  readonly refreshed: Run;
  /** Of the state file. */
  readonly stateBytes: number;
}

/** A stack of so many bound domains, declared in configuration: adopted by a first `up`, then left as it is. */
async function fleet(count: number): Promise<Fleet> {
  const buckets = Array.from({ length: Math.ceil(count / DOMAINS_PER_BUCKET) }, (_, index) => `bucket-${index}`);
  const cloud = await startCloud({ buckets });
  // Below this package, so that the program finds it by its name.
  const cwd = mkdtempSync(join(__dirname, "..", "bench-"));
  const scratch = mkdtempSync(join(tmpdir(), "bench-"));
  const env = {
    ...process.env,
    PULUMI_BACKEND_URL: `file://${scratch}`,
    PULUMI_CONFIG_PASSPHRASE: "bench",
  };
  try {
    const domains = Array.from({ length: count }, (_, index) => ({
      domain: `d${index}.example.com`,
      bucket: buckets[Math.floor(index / DOMAINS_PER_BUCKET)] ?? "",
      dns: "none",
    }));
    for (const { domain, bucket } of domains) cloud.inConsole.moveBinding(domain, bucket);
    const config = {
      ...cloud.config,
      "oss-cname:domains": domains,
    };
    writeFileSync(join(cwd, "Pulumi.yaml"), "name: bench\nruntime: nodejs\nmain: index.js\n");
    writeFileSync(join(cwd, "Pulumi.bench.yaml"), stringify({ config }));
    writeFileSync(join(cwd, "index.js"), 'module.exports = require("pulumi-oss-cname/program");\n');
    await initializeStack({ cwd, stack: "bench", backend: env.PULUMI_BACKEND_URL, passphrase: "bench" });

    const engine = async (...args: string[]): Promise<Run> => {
      const memory = join(scratch, args.join(" "));
      mkdirSync(memory);
      cloud.forgetRequests();
      const preload = `--require=${join(__dirname, "peakMemory.js")}`;
      const command = [
        join(__dirname, "../../cli/oss-cname.js"),
        "engine",
        ...args,
        "--stack",
        "bench",
        "--skip-preview",
      ];
      const ms = await timed(() =>
        run(process.execPath, command, { cwd, env: { ...env, BENCH_MEMORY: memory, NODE_OPTIONS: preload } }),
      );
      const peaks = readdirSync(memory).map((name) => Number(readFileSync(join(memory, name), "utf8")));
      return { ms, memory: peaks.reduce((sum, peak) => sum + peak, 0), requests: cloud.requests().length };
    };
    await engine("up");
    const unchanged = await engine("up", "--expect-no-changes");
    const { size } = statSync(join(scratch, ".pulumi/stacks/bench/bench.json"));
    return { unchanged, refreshed: await engine("refresh"), stateBytes: size };
  } finally {
    rmSync(cwd, { recursive: true });
    rmSync(scratch, { recursive: true });
    await cloud.close();
  }
}

/** Milliseconds of one request, signed by us and read, and bare; and of the signature alone. */
async function requestCosts(): Promise<{ ours: number; bare: number; signature: number }> {
  const body = "<ListCnameResult><Bucket>site</Bucket><Owner>1</Owner></ListCnameResult>";
  const server = createServer((_request, response) => response.end(body));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const credentials = { accessKeyId: "ak", accessKeySecret: "sk" };
  const client = new OssClient({ endpoint: origin, region: "cn-hangzhou", credentials: async () => credentials });
  const pool = new Pool(origin);
  const ours = () => operations.listCname(client, "site");
  const bare = async () => (await pool.request({ path: "/site/?cname", method: "GET" })).body.text();
  const repeated = (work: () => Promise<unknown>) =>
    timed(async () => {
      for (let index = 0; index < REQUESTS; index++) await work();
    });
  const sign = async () => {
    const request = { method: "GET", bucket: "site", query: "cname", headers: { "content-type": "application/xml" } };
    signV4(request, credentials, { region: "cn-hangzhou", product: "oss" }, new Date());
  };
  try {
    const rounds: [number, number, number][] = [];
    // The first round warms up.
    for (let round = 0; round < 4; round++)
      rounds.push([await repeated(ours), await repeated(bare), await repeated(sign)]);
    const of = (index: 0 | 1 | 2) => median(rounds.slice(1).map((round) => round[index])) / REQUESTS;
    return { ours: of(0), bare: of(1), signature: of(2) };
  } finally {
    await pool.destroy();
    server.closeAllConnections();
    server.close();
  }
}

/** Milliseconds until a provider process answers and has ended again, and of a node that does nothing. */
async function startCosts(): Promise<{ provider: number; node: number }> {
  const rounds: [number, number][] = [];
  for (let round = 0; round < STARTS; round++)
    rounds.push([
      await timed(async () => {
        const host = await ProviderHost.start({ cwd: __dirname, project: "bench", output: () => {} });
        await host.stop();
      }),
      await timed(() => run(process.execPath, ["-e", "0"])),
    ]);
  return { provider: median(rounds.map(([ms]) => ms)), node: median(rounds.map(([, ms]) => ms)) };
}

async function main(): Promise<void> {
  const { provider, node } = await startCosts();
  const { ours, bare, signature } = await requestCosts();
  const fleets = new Map<number, Fleet>();
  for (const count of DOMAINS) fleets.set(count, await fleet(count));

  const rows = [["WHAT", "MEASURED", "AGAINST", "RATIO"]];
  rows.push([
    "provider process, start to end",
    `${provider.toFixed(0)} ms`,
    `bare node ${node.toFixed(0)} ms`,
    times(provider / node),
  ]);
  rows.push([
    "signed ListCname",
    `${(1000 * ours).toFixed(0)} µs`,
    `bare undici ${(1000 * bare).toFixed(0)} µs`,
    times(ours / bare),
  ]);
  rows.push([
    "V4 signature",
    `${(1000 * signature).toFixed(0)} µs`,
    `signed ListCname ${(1000 * ours).toFixed(0)} µs`,
    times(signature / ours),
  ]);
  const small = fleets.get(10);
  for (const [count, { unchanged, refreshed, stateBytes }] of fleets) {
    const against = (of: (fleet: Fleet) => number, show: (value: number) => string, unit: string): [string, string] =>
      small === undefined
        ? ["", ""]
        : [`10: ${show(of(small))} ${unit}`, times(of({ unchanged, refreshed, stateBytes }) / of(small))];
    const named = `${count} domain${count === 1 ? "" : "s"}`;
    rows.push([
      `unchanged up, ${named}`,
      `${seconds(unchanged.ms)} s`,
      ...against((one) => one.unchanged.ms, seconds, "s"),
    ]);
    rows.push(["  peak memory", `${mib(unchanged.memory)} MiB`, ...against((one) => one.unchanged.memory, mib, "MiB")]);
    rows.push(["  requests", String(unchanged.requests), "for a domain", (unchanged.requests / count).toFixed(2)]);
    rows.push(["  state", `${stateBytes} B`, "for a domain", `${Math.round(stateBytes / count)} B`]);
    rows.push([`refresh, ${named}`, `${seconds(refreshed.ms)} s`, ...against((one) => one.refreshed.ms, seconds, "s")]);
    rows.push(["  requests", String(refreshed.requests), "for a domain", (refreshed.requests / count).toFixed(2)]);
  }
  process.stdout.write(table(rows));
  process.stdout.write(`
provider process   what each account costs at the start of a run, in starts of node itself
signed ListCname   what signing, retrying and reading cost beside the request: near 1 is next to nothing
V4 signature       its part of that request
up, refresh        growth against 10 domains: 30x at 300 would be linear, less is what all domains share
peak memory        the most of each process (command, program, provider), added up
requests           for each domain: an unchanged up sends none, a refresh lists each bucket once
`);
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
