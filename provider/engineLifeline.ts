import { connect } from "node:net";
import { splitHostPort } from "./dns/serverAddress";

/**
 * Ends this provider process when its engine is gone, killed perhaps: it must not go on and bind what nobody waits for,
 * and the SDK would print into a broken pipe for ever.
 */
export function endWithEngine(engine = engineAddress()): void {
  for (const stream of [process.stdout, process.stderr]) stream.on("error", end);
  if (engine === undefined) return;
  const { host, port } = splitHostPort(engine);
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

/** Pulumi starts a provider with the address of the engine, `host:port`, after flags of its own if there are any. */
export function engineAddress(args: readonly string[] = process.argv.slice(2)): string | undefined {
  return args.find((argument) => /^[^/-][^/]*:\d+$/.test(argument));
}

const REOPEN_MS = 1000;

function end(): void {
  process.kill(process.pid, "SIGKILL");
}
