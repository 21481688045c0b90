/** The plugin: Pulumi starts it with the engine's address, and finds it by the port that it prints. */
import { endWithEngine, engineAddress, Run, SharedLines } from "../provider/plugin";
import { EngineLog } from "./engineLog";
import packageSchema from "./schema.json";
import { serve } from "./serve";
import { currentUrn } from "./service";

const engine = engineAddress();
const shared = engine === undefined ? undefined : new SharedLines(engine);
process.on("exit", () => shared?.remove());

const log = new EngineLog();
if (engine !== undefined) log.connect(engine);
const run = new Run({ shared, print: (line, where) => log.info(line, where), where: currentUrn });
const { version }: { version: string } = require("pulumi-oss-cname/package.json");
const schema = () => JSON.stringify(packageSchema);

serve({ run, log, schema, version }).then(({ port }) => console.log(port));
endWithEngine(engine);
