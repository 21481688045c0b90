import { connect } from "node:http2";

/**
 * Ends this provider process when its engine is gone, killed perhaps: it must not go on and bind what nobody waits for,
 * and the SDK would print into a broken pipe for ever.
 */
export function endWithEngine(engine = engineAddress()): void {
  for (const stream of [process.stdout, process.stderr]) stream.on("error", end);
  if (engine === undefined) return;
  let wasOpen = false;
  const hold = () => {
    // An engine that stops waits for the end of all lines, two minutes for one on which nobody speaks its protocol.
    const line = connect(`http://${engine}`);
    line.unref();
    line.on("connect", () => {
      wasOpen = true;
    });
    let refused = false;
    line.on("error", (error: NodeJS.ErrnoException) => {
      refused = error.code === "ECONNREFUSED";
    });
    // A line may end at any time: only a refusal tells that the engine is gone, or that there is none at this address.
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
