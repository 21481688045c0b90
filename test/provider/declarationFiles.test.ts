import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** The TypeScript 3.8 that Pulumi compiles a program with when the user has none. */
interface OldTypeScript {
  readonly version: string;
  readonly ScriptTarget: { readonly ES2020: number };
  createSourceFile(
    name: string,
    text: string,
    target: number,
  ): { readonly parseDiagnostics: { messageText: unknown }[] };
}

describe("our declaration files", () => {
  it("are read by the old TypeScript that Pulumi brings along", () => {
    const pulumi = dirname(require.resolve("@pulumi/pulumi/package.json"));
    const typescript: OldTypeScript = require(join(pulumi, "vendor", "typescript@3.8.3", "typescript.js"));
    assert.match(typescript.version, /^3\.8/);
    const directory = join(__dirname, "..", "..", "provider");
    const files = readdirSync(directory, { recursive: true, encoding: "utf8" }).filter((file) =>
      file.endsWith(".d.ts"),
    );
    assert.ok(files.includes("index.d.ts"));
    for (const file of files) {
      const text = readFileSync(join(directory, file), "utf8");
      const { parseDiagnostics } = typescript.createSourceFile(file, text, typescript.ScriptTarget.ES2020);
      assert.deepEqual(
        parseDiagnostics.map(({ messageText }) => messageText),
        [],
        file,
      );
    }
  });
});
