// Loaded first in the Pulumi programs that the engine starts.
import { Socket } from "node:net";
import util from "node:util";
import { isMainThread } from "node:worker_threads";

// They would outlive an engine that is killed: they end when this pipe from it does, with what they have started themselves.
if (isMainThread) {
  const lifeline = new Socket({ fd: 3, readable: true, writable: false });
  lifeline.on("close", () => process.kill(-process.pid, "SIGKILL")).on("error", () => {});
  lifeline.resume().unref();
  // Another process has another pipe there: what they fork is not to load this.
  process.execArgv.splice(-2);
}

// The SDK prints what a program throws in colour, over which Node 20 spins for half a minute (markNodeModules, on a path such as
// node_modules/@pulumi/resource.ts).
util.inspect = new Proxy(util.inspect, {
  apply: (inspect, self, [value, options, ...rest]: unknown[]) => {
    const plain = value instanceof Error && typeof options === "object" ? { ...options, colors: false } : options;
    return Reflect.apply(inspect, self, [value, plain, ...rest]);
  },
});
