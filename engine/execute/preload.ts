// Loaded first in the Pulumi programs that the engine starts.
import { readSync } from "node:fs";
import { Socket } from "node:net";
import util from "node:util";
import { isMainThread } from "node:worker_threads";
import { loadLazily } from "./lazyModules";

// A killed engine cannot end its programs: they end themselves, and all they have started, when this pipe closes.
if (isMainThread) {
  Object.assign(process.env, JSON.parse(firstLine(3)));
  const lifeline = new Socket({ fd: 3, readable: true, writable: false });
  lifeline.on("close", () => process.kill(-process.pid, "SIGKILL")).on("error", () => {});
  lifeline.resume().unref();
  // Processes that they fork have no such pipe, and must not load this.
  process.execArgv.splice(-2);
}

// The SDK prints an error of the program in colour, which keeps Node 20 busy for half a minute when a path in its stack
// contains node_modules/@pulumi (markNodeModules).
util.inspect = new Proxy(util.inspect, {
  apply: (inspect, self, [value, options, ...rest]: unknown[]) => {
    const plain = value instanceof Error && typeof options === "object" ? { ...options, colors: false } : options;
    return Reflect.apply(inspect, self, [value, plain, ...rest]);
  },
});

loadLazily(["typescript", "@npmcli/arborist"]);

/** All that the engine writes: variables with secrets, which in a real environment other processes could read. */
function firstLine(fd: number): string {
  const parts: Buffer[] = [];
  const buffer = Buffer.alloc(65_536);
  let length: number;
  do {
    length = readSync(fd, buffer);
    parts.push(Buffer.from(buffer.subarray(0, length)));
  } while (length > 0 && buffer[length - 1] !== 0x0a);
  return Buffer.concat(parts).toString().trim() || "{}";
}
