import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { configSchema } from "../provider/program/schema";
import { pluginSchema } from "./pluginSchema/schema";

/** Writes the JSON schema of stack configurations, which editors use and the package exports, and that of the plugin. */
for (const [path, schema] of [
  ["provider/program/config.schema.json", configSchema()],
  ["native/schema.json", pluginSchema()],
] as const)
  writeFileSync(join(__dirname, "..", "..", path), `${JSON.stringify(schema, null, 2)}\n`);
