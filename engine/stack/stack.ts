import { readFile } from "node:fs/promises";
import { StackFile } from "./backend";
import { bareStackName, loadProject, type Project } from "./project";
import type { Crypter } from "./secrets";
import { StackConfigFile } from "./stackConfig";
import { State } from "./state";

/** Which stack, and where and how it is kept. */
export interface StackOptions {
  /** The directory of Pulumi.yaml, or one below it. */
  readonly cwd: string;
  readonly stack: string;
  /** Where state is kept: a `file://` URL or a directory. Default: PULUMI_BACKEND_URL, then what Pulumi.yaml says. */
  readonly backend?: string | undefined;
  /** Default: PULUMI_CONFIG_PASSPHRASE, then the contents of the file that PULUMI_CONFIG_PASSPHRASE_FILE names. */
  readonly passphrase?: string | undefined;
}

/** One stack on disk, with its state as it was when the stack was opened. */
export interface Stack {
  readonly project: Project;
  readonly name: string;
  readonly file: StackFile;
  readonly configFile: StackConfigFile;
  readonly crypter: Crypter;
  /** Undefined when the stack does not exist. */
  readonly state: State | undefined;
  /** What an update that was killed had done since its state was written; empty where there was none. */
  readonly journal: string;
}

/**
 * Opens a stack, which need not exist yet. Its state is read once, here.
 * @param how with `lock`, the stack is locked before its state is read; the caller unlocks it
 */
export async function openStack(options: StackOptions, how: { readonly lock?: boolean } = {}): Promise<Stack> {
  const project = await loadProject(options.cwd);
  const backend = options.backend ?? (process.env.PULUMI_BACKEND_URL || project.backend);
  if (!backend) throw new Error("no backend: set PULUMI_BACKEND_URL to file://<directory>");
  const name = bareStackName(options.stack, project.name);
  const file = new StackFile({ backend, project: project.name, stack: name, cwd: options.cwd });
  const configFile = await StackConfigFile.load(project, name);
  const passphrase = options.passphrase ?? (await passphraseOf(process.env));
  if (passphrase === undefined)
    throw new Error("passphrase must be set with PULUMI_CONFIG_PASSPHRASE or PULUMI_CONFIG_PASSPHRASE_FILE");
  const exists = await file.exists();
  // A lock would make directories for a stack that does not exist.
  if (exists && how.lock) await file.lock();
  try {
    const state = exists ? new State(await file.read(), file.path) : undefined;
    const journal = exists ? await file.readJournal() : "";
    const crypter = await configFile.crypter(passphrase, state?.salt);
    return { project, name, file, configFile, crypter, state, journal };
  } catch (error) {
    await file.unlock();
    throw error;
  }
}

/** The passphrase that an environment has, as the CLI takes it. */
export async function passphraseOf(env: Readonly<Record<string, string | undefined>>): Promise<string | undefined> {
  const { PULUMI_CONFIG_PASSPHRASE: passphrase, PULUMI_CONFIG_PASSPHRASE_FILE: file } = env;
  if (passphrase !== undefined || !file) return passphrase;
  const text = await readFile(file, "utf8").catch((error) => {
    throw new Error(`the file of PULUMI_CONFIG_PASSPHRASE_FILE cannot be read: ${error.message}`);
  });
  return text.trim();
}
