import { chmodSync } from "node:fs";
import { join } from "node:path";
import { build, type PluginBuild } from "esbuild";

const root = join(__dirname, "..", "..");

/** What the SDK loads to serialize functions, to list packages and to run the CLI, and a plugin never needs. */
const UNUSED = ["typescript", "@npmcli/arborist", "@pulumi/pulumi/automation"];

/** Writes the plugin, with all that it needs as one executable file, into a directory, and gives its path. */
export async function bundle(directory: string): Promise<string> {
  const outfile = join(directory, "pulumi-resource-oss-cname");
  await build({
    entryPoints: [join(root, "bin", "native", "main.js")],
    outfile,
    bundle: true,
    platform: "node",
    target: "node20",
    minify: true,
    // The SDK looks at some, and people at those in stack traces.
    keepNames: true,
    legalComments: "eof",
    banner: { js: "#!/usr/bin/env node" },
    alias: { "pulumi-oss-cname": root },
    plugins: [{ name: "leave out", setup: leaveOut }],
    logLevel: "warning",
  });
  chmodSync(outfile, 0o755);
  return outfile;
}

/** Puts an empty object in the place of what is not used. */
function leaveOut({ onResolve, onLoad, resolve }: PluginBuild): void {
  const namespace = "unused";
  onResolve({ filter: /./ }, async ({ path, importer, resolveDir, kind, pluginData }) => {
    if (pluginData === namespace || !importer.includes(join("@pulumi", "pulumi"))) return undefined;
    const name = path.startsWith(".")
      ? (await resolve(path, { importer, resolveDir, kind, pluginData: namespace })).path
      : path;
    return UNUSED.some((unused) => name === unused || name.includes(join("node_modules", unused, "/")))
      ? { path: name, namespace }
      : undefined;
  });
  onLoad({ filter: /./, namespace }, () => ({ contents: "module.exports = {};" }));
}

/** `npm run bundle` */
if (require.main === module) bundle(join(root, "plugin")).then(console.log);
