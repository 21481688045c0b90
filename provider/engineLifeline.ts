import { connect } from "node:net";
import { splitHostPort } from "./dns/serverAddress";

/**
 * Ends this provider process when its engine is gone, killed perhaps: it must not go on and bind what nobody waits for,
 * and the SDK would print into a broken pipe for ever. Pulumi starts a provider with the engine's address as its first
 * argument.
 */
export function endWithEngine(engineAddress = process.argv[2]): void {
  for (const stream of [process.stdout, process.stderr]) stream.on("error", end);
  if (engineAddress === undefined || !/^[^/]+:\d+$/.test(engineAddress)) return;
  const { host, port } = splitHostPort(engineAddress);
  let wasOpen = false;
  const hold = () => {
    const line = connect(port, host).unref().resume();
    line.on("connect", () => {
      wasOpen = true;
    });
    let refused = false;
    line.on("error", (error: NodeJS.ErrnoException) => {
      refused = error.code === "ECONNREFUSED";
    });
    // A gRPC server closes or resets a line on which nobody speaks: only a refusal tells that the engine is gone, or
    // that there is none at this address.
    line.on("close", () => {
      if (!refused) setTimeout(hold, REOPEN_MS).unref();
      else if (wasOpen) end();
    });
  };
  hold();
}

const REOPEN_MS = 1000;

function end(): void {
  process.kill(process.pid, "SIGKILL");
}
