import { chmodSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";

const root = join(__dirname, "..", "..");

/** Writes the plugin, with all that it needs as one executable file, into a directory, and gives its path. */
export async function bundle(directory: string): Promise<string> {
  const outfile = join(directory, "pulumi-resource-oss-cname");
  await build({
    entryPoints: [join(root, "bin", "native", "main.js")],
    outfile,
    bundle: true,
    platform: "node",
    target: "node20",
    // Names are kept: the SDK looks at some, and people at those in stack traces.
    minifyWhitespace: true,
    minifySyntax: true,
    legalComments: "none",
    banner: { js: "#!/usr/bin/env node" },
    alias: { "pulumi-oss-cname": root },
    logLevel: "warning",
  });
  chmodSync(outfile, 0o755);
  return outfile;
}

/** `npm run bundle` */
if (require.main === module) bundle(join(root, "plugin")).then(console.log);
