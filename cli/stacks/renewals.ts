import { readFile } from "node:fs/promises";
import type { Renewal, Renewals } from "../../provider/internal";

/** The option of commands that know of renewals. */
export const STATE_OPTION = [
  "--state <file...>",
  "what `pulumi stack export` printed: certificates that it renews are told apart, with the time",
] as const satisfies readonly [string, string];

/** Reads the states of stacks, as exported. Fails if one is not a state. */
export async function readRenewals(files: readonly string[] = []): Promise<Renewals> {
  const renewals = new Map<string, Renewal>();
  for (const file of files)
    for (const resource of resourcesOf(await parsed(file), file)) {
      const { type, outputs } = record(resource);
      const { certId, renewAt, renewalProblem } = record(outputs);
      if (!/:AcmeCertificate$/.test(String(type)) || typeof certId !== "string" || typeof renewAt !== "string")
        continue;
      // Without a certificate both say so.
      if (Number.isNaN(Date.parse(renewAt))) continue;
      const problem = typeof renewalProblem === "string" && renewalProblem !== "" ? renewalProblem : null;
      renewals.set(certId, { at: renewAt, problem });
    }
  return renewals;
}

async function parsed(file: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(file, "utf8"));
  } catch (error) {
    throw new Error(`${file} could not be read as the state of a stack: ${(error as Error).message}`);
  }
}

function resourcesOf(state: unknown, file: string): readonly unknown[] {
  const { resources } = record(record(state).deployment);
  if (Array.isArray(resources)) return resources;
  // A stack without resources.
  if (resources === undefined && "deployment" in record(state)) return [];
  throw new Error(`${file} is not the state of a stack: write it with \`pulumi stack export --file ${file}\``);
}

function record(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}
