import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import type { Cloud } from "../../local";
import { bundle } from "../../scripts/bundle";
import { type Engine, engines, livingOn } from "./pulumiRun";

/** The Pulumi CLI, where it is on PATH: nothing else runs programs in other languages. */
export const pulumiCli: Engine | undefined = engines.find(({ program }) => program !== undefined);

/** The bundled plugin, in a directory of its own. */
export interface BundledPlugin {
  readonly path: string;
  /** Variables with which Pulumi finds the plugin on PATH. */
  readonly env: Readonly<Record<string, string>>;
  remove(): void;
}

export async function bundlePlugin(): Promise<BundledPlugin> {
  const directory = mkdtempSync(join(tmpdir(), "oss-cname-plugin-"));
  return {
    path: await bundle(directory),
    env: { PATH: [directory, process.env.PATH].join(delimiter) },
    remove: () => rmSync(directory, { recursive: true, force: true }),
  };
}

/** Configuration of a stack that lives on a local cloud, for the plugin: Pulumi hands it one namespace. */
export function livingOnWithPlugin(cloud: Cloud): ReturnType<typeof livingOn> {
  const { config, secrets } = livingOn(cloud);
  const ours = <Value>(all: Readonly<Record<string, Value>>): Record<string, Value> =>
    Object.fromEntries(Object.entries(all).map(([key, value]) => [key.replace(/^alicloud:/, "oss-cname:"), value]));
  return { config: ours(config), secrets: ours(secrets) };
}
