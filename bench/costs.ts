import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { promisify } from "node:util";
import { Pool } from "undici";
import { ProviderHost } from "../engine/execute/providerHost";
import { OssClient } from "../provider/oss/client";
import { operations } from "../provider/oss/operations";
import { signV4 } from "../provider/oss/sign";
import { bundlePlugin } from "../test/support/plugin";
import { median, type Row, timed, times } from "./figures";

const REQUESTS = 1000;
const STARTS = 5;

const run = promisify(execFile);

/** What a request and a process cost, against what cannot be had for less. */
export async function costs(): Promise<Row[]> {
  const { provider, plugin, node } = await startCosts();
  const { ours, bare, signature } = await requestCosts();
  const ms = (value: number) => `${value.toFixed(0)} ms`;
  const us = (value: number) => `${(1000 * value).toFixed(0)} µs`;
  return [
    ["provider process, start to end", ms(provider), `bare node ${ms(node)}`, times(provider / node)],
    ["plugin process, start to end", ms(plugin), `provider process ${ms(provider)}`, times(plugin / provider)],
    ["signed ListCname", us(ours), `bare undici ${us(bare)}`, times(ours / bare)],
    ["V4 signature", us(signature), `signed ListCname ${us(ours)}`, times(signature / ours)],
  ];
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

/** Milliseconds until a provider process, and one of the plugin, answers and has ended again, and of a node that does nothing. */
async function startCosts(): Promise<{ provider: number; plugin: number; node: number }> {
  const bundled = await bundlePlugin();
  const rounds: [number, number, number][] = [];
  for (let round = 0; round < STARTS; round++)
    rounds.push([
      await timed(async () => {
        const host = await ProviderHost.start({
          cwd: __dirname,
          project: "bench",
          engine: "127.0.0.1:1",
          output: () => {},
        });
        await host.stop();
      }),
      await timed(async () => {
        const child = spawn(process.execPath, [bundled.path], { stdio: ["ignore", "pipe", "ignore"] });
        await once(child.stdout, "data");
        child.kill();
        await once(child, "close");
      }),
      await timed(() => run(process.execPath, ["-e", "0"])),
    ]);
  bundled.remove();
  const of = (index: 0 | 1 | 2) => median(rounds.map((round) => round[index]));
  return { provider: of(0), plugin: of(1), node: of(2) };
}
