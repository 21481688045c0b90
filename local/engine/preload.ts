// Loaded first in the Pulumi programs that the engine starts.
import { Socket } from "node:net";
import util from "node:util";

// They would outlive an engine that is killed: they end when this pipe from it does.
const lifeline = new Socket({ fd: 3, readable: true, writable: false });
lifeline.on("close", () => process.exit(1)).on("error", () => {});
lifeline.resume().unref();

// The SDK prints what a program throws in colour, over which Node 20 spins for half a minute (markNodeModules, on a path such as
// node_modules/@pulumi/resource.ts).
util.inspect = new Proxy(util.inspect, {
  apply: (inspect, self, [value, options, ...rest]: unknown[]) => {
    const plain = value instanceof Error && typeof options === "object" ? { ...options, colors: false } : options;
    return Reflect.apply(inspect, self, [value, plain, ...rest]);
  },
});
