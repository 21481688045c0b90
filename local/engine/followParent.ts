// Loaded before the Pulumi programs that the engine starts: they would outlive an engine that is killed.
import { Socket } from "node:net";

const lifeline = new Socket({ fd: 3, readable: true, writable: false });
lifeline.on("close", () => process.exit(1)).on("error", () => {});
lifeline.resume().unref();
