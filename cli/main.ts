import { Command } from "commander";
import { emulate } from "./emulate";
import { engine } from "./engine";

const program = new Command("oss-cname").description("Own domains on Alibaba Cloud OSS buckets").showHelpAfterError();

program.addCommand(emulate);
program.addCommand(engine);

program.parseAsync().catch((error: Error) => {
  process.stderr.write(`oss-cname: ${error.message}\n`);
  process.exitCode = 1;
});
