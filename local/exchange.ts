import { setTimeout as sleep } from "node:timers/promises";
import { takeFault } from "./faults";
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
  const replaces = fault && (fault.reset || fault.status !== undefined || fault.code !== undefined);
  let reply: HttpReply | "reset" | undefined = fault?.after ? await attempt() : undefined;
  if (fault?.delayMs) await sleep(fault.delayMs);
  if (replaces) {
    const { status = 500, code = "InternalError", message = "A fault set on the emulator.", ec } = fault;
    reply = fault.reset ? "reset" : settle(new Refusal(status, code, message, ec ? { EC: ec } : {}));
  }
  reply ??= await attempt();
  entry.status = reply === "reset" ? 0 : reply.status;
  return reply;
}
