import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";

/** A resource as a program registered it, names instead of URNs. */
export interface Registration {
  readonly type: string;
  readonly name: string;
  readonly inputs: Record<string, unknown>;
  /** Name and type of the parent, `stack` for none. */
  readonly parent: string;
  readonly dependsOn: string[];
  readonly deletedWith: string;
  /** Name of an explicit provider; empty for the default one. */
  readonly provider: string;
}

export interface ProgramRun {
  readonly registrations: Registration[];
  readonly outputs: Record<string, unknown>;
  readonly output: string;
  readonly status: number;
}

export interface ProgramRunOptions {
  /** Stack configuration: `{"oss-cname:domains": [...]}`. */
  readonly config?: Record<string, unknown>;
  /** Outputs that resources of a type get beside their inputs, by the last part of the type: `{BucketCname: {status: "Pending"}}`. */
  readonly states?: Record<string, object>;
}

/**
 * Runs the text of a program against Pulumi's mocks, in a process of its own, for mocks hold for a whole process. `oss` is this
 * package, `pulumi` is Pulumi's.
 */
export async function runProgram(text: string, options: ProgramRunOptions = {}): Promise<ProgramRun> {
  const child = join(__dirname, "programRunChild.js");
  const asked = promisify(execFile)(process.execPath, [child, JSON.stringify({ text, ...options })]);
  const { stdout, stderr, status } = await asked.then(
    (ended) => ({ ...ended, status: 0 }),
    (failed: { stdout: string; stderr: string; code: number }) => ({ ...failed, status: failed.code }),
  );
  const [printed = "", report] = stdout.split("\nREPORT ");
  return { registrations: [], outputs: {}, ...JSON.parse(report ?? "{}"), output: printed + stderr, status };
}
