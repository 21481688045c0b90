// Needs a process: only npm knows what is packed.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import * as ts from "typescript";
import { repository } from "../support/pulumiRun";

/** Every entry point with something of it, and an error that is found only where its types are. */
const program = `
import { alidns } from "pulumi-oss-cname";
import { bucketCname } from "pulumi-oss-cname/dynamic";
import { domains } from "pulumi-oss-cname/program";
import { type Cloud, startCloud } from "pulumi-oss-cname/local";

export const cloud: Promise<Cloud> = startCloud();
// @ts-expect-error
export const one: number = alidns;
// @ts-expect-error
export const two: number = bucketCname;
// @ts-expect-error
export const three: number = domains;
// @ts-expect-error
export const four: number = startCloud;
`;

const { ModuleKind, ModuleResolutionKind } = ts;
const RESOLUTIONS: Readonly<Record<string, ts.CompilerOptions>> = {
  node: {
    module: ModuleKind.CommonJS,
    moduleResolution: ModuleResolutionKind.Node10,
    ignoreDeprecations: "6.0",
  },
  node16: { module: ModuleKind.Node16, moduleResolution: ModuleResolutionKind.Node16 },
  nodenext: { module: ModuleKind.NodeNext, moduleResolution: ModuleResolutionKind.NodeNext },
  bundler: { module: ModuleKind.ESNext, moduleResolution: ModuleResolutionKind.Bundler },
};

describe("the types of the packed package", function () {
  this.timeout(120_000);
  let project: string;
  const ours = () => join(project, "node_modules", "pulumi-oss-cname");

  before(() => {
    project = mkdtempSync(join(tmpdir(), "oss-cname-"));
    writeFileSync(join(project, "index.ts"), program);
    for (const path of packedFiles()) {
      mkdirSync(dirname(join(ours(), path)), { recursive: true });
      copyFileSync(join(repository, path), join(ours(), path));
    }
    for (const path of installedPackages()) {
      mkdirSync(dirname(join(project, path)), { recursive: true });
      symlinkSync(join(repository, path), join(project, path), "junction");
    }
  });
  after(() => rmSync(project, { recursive: true }));

  for (const [name, options] of Object.entries(RESOLUTIONS))
    it(`resolve under moduleResolution ${name}, with nothing else installed`, () => {
      const compiled = ts.createProgram([join(project, "index.ts")], {
        ...options,
        target: ts.ScriptTarget.ES2022,
        lib: ["lib.es2022.d.ts"],
        types: ["node"],
        strict: true,
        noEmit: true,
        skipLibCheck: false,
        // What is linked must not find what this repository has beside it.
        preserveSymlinks: true,
      });
      // To check the files of other packages too would take half a minute.
      const files = compiled
        .getSourceFiles()
        .filter(({ fileName }) => fileName.startsWith(ours()) || fileName === join(project, "index.ts"));
      assert.ok(files.some(({ fileName }) => fileName.endsWith("local/index.d.ts")));
      const found = [
        ...compiled.getOptionsDiagnostics(),
        ...files.flatMap((file) => [
          ...compiled.getSyntacticDiagnostics(file),
          ...compiled.getSemanticDiagnostics(file),
        ]),
      ];
      assert.equal(ts.formatDiagnostics(found, FORMAT), "");
    });
});

const FORMAT: ts.FormatDiagnosticsHost = {
  getCanonicalFileName: (name) => name,
  getCurrentDirectory: () => repository,
  getNewLine: () => "\n",
};

function packedFiles(): string[] {
  const command = ["pack", "--dry-run", "--json", "--ignore-scripts"];
  const output = execFileSync("npm", command, {
    cwd: repository,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
  });
  const [packed]: { readonly files: { readonly path: string }[] }[] = JSON.parse(output);
  return packed?.files.map(({ path }) => path) ?? [];
}

/** What an installation of this package brings along: of all that is installed here, the packages not for development. */
function installedPackages(): string[] {
  const lock: { packages: Record<string, { dev?: boolean; link?: boolean; devOptional?: boolean }> } = JSON.parse(
    readFileSync(join(repository, "package-lock.json"), "utf8"),
  );
  return Object.entries(lock.packages).flatMap(([path, { dev, link, devOptional }]) =>
    /^node_modules\/(@[^/]+\/)?[^/]+$/.test(path) && !dev && !link && !devOptional ? [path] : [],
  );
}
