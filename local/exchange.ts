import { setTimeout as sleep } from "node:timers/promises";
import { type Fault, takeFault } from "./faults";
import type { HttpReply } from "./http";
import { Refusal } from "./refusal";
import type { RequestEntry } from "./requestEntry";
import type { World } from "./world";

/** Logs a request and carries it out, subject to latency and faults. `refuse` writes an error reply of the service. */
export async function carryOut(
  world: World,
  entry: RequestEntry,
  run: () => HttpReply | Promise<HttpReply>,
  refuse: (refusal: Refusal) => HttpReply,
): Promise<HttpReply | "reset"> {
  world.log.push(entry);
  const settle = (refusal: Refusal) => {
    entry.code = refusal.code;
    return refuse(refusal);
  };
  const attempt = async () => {
    try {
      return await run();
    } catch (error) {
      if (error instanceof Refusal) return settle(error);
      throw error;
    }
  };
  if (world.latencyMs > 0) await sleep(world.latencyMs);
  const fault = takeFault(world.faults, entry);
  let reply: HttpReply | "reset" | undefined = fault?.after ? await attempt() : undefined;
  // Once the client is gone, nobody waits for it.
  if (fault?.delayMs) await sleep(fault.delayMs, undefined, { ref: false });
  if (fault?.reset) reply = "reset";
  else if (fault?.status !== undefined || fault?.code !== undefined) reply = settle(refusalOf(fault));
  else if (fault?.body !== undefined) reply ??= { status: 200 };
  reply ??= await attempt();
  if (fault && reply !== "reset") reply = damaged(reply, fault);
  entry.status = reply === "reset" ? 0 : reply.status;
  return reply;
}

function refusalOf({ status = 500, code = "InternalError", message = "A fault set on the emulator.", ec }: Fault) {
  return new Refusal(status, code, message, ec ? { EC: ec } : {});
}

/** The reply as a fault lets it through. */
function damaged(reply: HttpReply, { body, fromProxy, inHeader, cutBody, bodyDelayMs, retryAfter }: Fault): HttpReply {
  const whole = body ?? reply.body ?? "";
  const added = {
    ...(inHeader && { "x-oss-err": Buffer.from(whole).toString("base64") }),
    ...(retryAfter !== undefined && { "retry-after": String(retryAfter) }),
  };
  return {
    ...reply,
    headers: { ...(fromProxy ? { "content-type": "text/html" } : reply.headers), ...added },
    body: inHeader ? "" : cutBody ? whole.slice(0, whole.length / 2) : whole,
    ...(fromProxy && { fromProxy }),
    bodyDelayMs,
  };
}
