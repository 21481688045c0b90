import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { configSchema } from "../provider/program/schema";

/** Writes the JSON schema of stack configurations, which editors use and the package exports. */
const file = join(__dirname, "..", "..", "provider", "program", "config.schema.json");
writeFileSync(file, `${JSON.stringify(configSchema(), null, 2)}\n`);
