// Loaded into every process of a run (node --require): leaves the most memory that it ever held, in bytes, in a file of
// its own.
import { writeFileSync } from "node:fs";
import { join } from "node:path";

const directory = process.env.BENCH_MEMORY;
// The process may be ended by a signal: so it says so all the time.
const save = () => {
  if (directory) writeFileSync(join(directory, String(process.pid)), String(process.resourceUsage().maxRSS * 1024));
};
setInterval(save, 100).unref();
process.on("exit", save);
