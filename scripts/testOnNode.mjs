// Runs the tests on other versions of Node.js, which npm fetches from its registry: 22 and 24, or those given.
// What follows the versions is for mocha.
import { execFileSync } from "node:child_process";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const given = process.argv.slice(2);
const count = given.findIndex((text) => !/^\d+(\.\d+)*$/.test(text));
const [versions, forMocha] = count < 0 ? [given, []] : [given.slice(0, count), given.slice(count)];
const run = (command, ...args) =>
  execFileSync(command, args, { cwd: root, stdio: "inherit", shell: process.platform === "win32" });

run(process.execPath, join(root, "scripts", "setup.mjs"));
for (const version of versions.length > 0 ? versions : ["22", "24"]) {
  const withNode = ["--yes", `--package=node@${version}`, "--"];
  run("npx", ...withNode, "node", "--version");
  run("npx", ...withNode, "mocha", ...forMocha);
}
