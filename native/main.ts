/** The plugin: Pulumi starts it with the engine's address, and finds it by the port that it prints. */
import { endWithEngine, Run } from "../provider/plugin";
import { EngineLog } from "./engineLog";
import packageSchema from "./schema.json";
import { serve } from "./serve";
import { currentUrn } from "./service";

const log = new EngineLog();
const run = new Run({ print: (line, where) => log.info(line, where), where: currentUrn });

/** Flags of the engine's own may come before its address; an engine that attaches gives none. */
const [engineAddress] = process.argv.slice(2).filter((argument) => /^[^/-][^/]*:\d+$/.test(argument));
if (engineAddress !== undefined) {
  log.connect(engineAddress);
  endWithEngine(engineAddress);
}
const { version }: { version: string } = require("pulumi-oss-cname/package.json");
const schema = () => JSON.stringify(packageSchema);

serve({ run, log, schema, version }).then(({ port }) => console.log(port));
