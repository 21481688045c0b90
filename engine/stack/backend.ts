import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { copyFile, mkdir, open, readdir, readFile, rm, unlink, writeFile } from "node:fs/promises";
import { hostname, userInfo } from "node:os";
import { basename, dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { Unsupported } from "../unsupported";
import { replaceFile } from "./replaceFile";

/** The files of one stack in a file backend of the Pulumi CLI: state, history and locks. */
export class StackFile {
  /** The state file. */
  readonly path: string;
  /** What has changed since the state file was written: see `journal.ts`. */
  readonly #journal: string;
  /** The stack's name in the state file. */
  readonly qualifiedName: string;
  readonly stack: string;
  readonly #root: string;
  readonly #history: string;
  readonly #locks: string;
  readonly #lock: string;

  constructor(options: {
    /** A file:// URL or a directory. */
    readonly backend: string;
    readonly project: string;
    readonly stack: string;
    /** The directory that a relative URL starts from. */
    readonly cwd: string;
  }) {
    const { project, stack } = options;
    this.stack = stack;
    this.qualifiedName = `organization/${project}/${stack}`;
    this.#root = join(backendDirectory(options.backend, options.cwd), ".pulumi");
    this.path = join(this.#root, "stacks", project, `${stack}.json`);
    this.#journal = `${this.path}.journal`;
    this.#history = join(this.#root, "history", project, stack);
    this.#locks = join(this.#root, "locks", "organization", project, stack);
    this.#lock = join(this.#locks, `${randomUUID()}.json`);
  }

  /** Does the stack have a state? @throws when the backend is missing, or is of a kind that this engine does not do */
  async exists(): Promise<boolean> {
    const directory = dirname(this.#root);
    if (!existsSync(directory))
      throw new Error(`the backend's directory ${directory} does not exist: make it, or mount it`);
    const meta = await readFile(join(this.#root, "meta.yaml"), "utf8").catch(ifMissing("version: 1"));
    if (!/^version: 1\s*$/m.test(meta)) throw new Unsupported(`${this.#root} is a state store of another version`);
    if (existsSync(`${this.path}.gz`)) throw new Unsupported(`the state is compressed (${this.path}.gz)`);
    return existsSync(this.path);
  }

  /** The text of the state file. */
  async read(): Promise<string> {
    return readFile(this.path, "utf8").catch((error) => {
      throw new Error(`cannot read the state, ${this.path}: ${error.message}`);
    });
  }

  /** The journal of the state file; empty where there is none. */
  async readJournal(): Promise<string> {
    return readFile(this.#journal, "utf8").catch(ifMissing(""));
  }

  /** Replaces the state file in one step: a crash leaves the old state or the new one. Its journal ends with it. */
  async write(text: string): Promise<void> {
    try {
      await mkdir(dirname(this.path), { recursive: true });
      // The CLI's digest of the old state.
      await rm(`${this.path}.attrs`, { force: true });
      await replaceFile(this.path, text, 0o600);
      await rm(this.#journal, { force: true });
    } catch (error) {
      throw this.#writeError(error);
    }
  }

  /** Adds lines to the journal of the state file. */
  async appendToJournal(lines: string): Promise<void> {
    try {
      const file = await open(this.#journal, "a", 0o600);
      try {
        await file.writeFile(lines);
        await file.sync();
      } finally {
        await file.close();
      }
    } catch (error) {
      throw this.#writeError(error);
    }
  }

  /** Adds an operation to what `pulumi stack history` shows, with a copy of the state after it. */
  async addToHistory(entry: object): Promise<void> {
    // The CLI counts in nanoseconds.
    const path = join(this.#history, `${this.stack}-${Date.now()}000000`);
    await mkdir(this.#history, { recursive: true });
    await writeFile(`${path}.history.json`, JSON.stringify(entry), { mode: 0o600 });
    await copyFile(this.path, `${path}.checkpoint.json`);
  }

  /** Creates the state store, unless it exists. */
  async initialize(): Promise<void> {
    await mkdir(this.#root, { recursive: true });
    await writeFile(join(this.#root, "meta.yaml"), "version: 1\n", { flag: "wx" }).catch(
      (error: NodeJS.ErrnoException) => {
        if (error.code !== "EEXIST") throw error;
      },
    );
  }

  /** Locks the stack against both engines. @throws when it is locked already */
  async lock(): Promise<void> {
    await this.#refuseOtherLocks();
    await mkdir(this.#locks, { recursive: true });
    const owner = {
      pid: process.pid,
      username: userInfo().username,
      hostname: hostname(),
      timestamp: new Date().toISOString(),
    };
    await writeFile(this.#lock, JSON.stringify(owner)).catch(async (error) => {
      // A full disk leaves an empty file, which counts as a lock.
      await this.unlock();
      throw error;
    });
    // Another process may have locked it meanwhile.
    await this.#refuseOtherLocks().catch(async (error) => {
      await this.unlock();
      throw error;
    });
    await this.#removeUnfinishedWrites();
  }

  /** Removes the lock; does nothing when there is none. */
  async unlock(): Promise<void> {
    await unlink(this.#lock).catch(() => {});
  }

  /** An engine that is killed while it writes leaves its temporary file. */
  async #removeUnfinishedWrites(): Promise<void> {
    const directory = dirname(this.path);
    for (const name of await readdir(directory).catch(ifMissing<string[]>([]))) {
      if (name.startsWith(`${basename(this.path)}.`) && name.endsWith(".tmp")) await rm(join(directory, name));
    }
  }

  #writeError(error: unknown): Error {
    return new Error(
      `cannot write the state, ${this.path}: ${(error as Error).message}; it stays as it was: put that right, then run refresh`,
    );
  }

  async #refuseOtherLocks(): Promise<void> {
    const names = await readdir(this.#locks).catch(ifMissing<string[]>([]));
    const others = names.filter((name) => name.endsWith(".json") && join(this.#locks, name) !== this.#lock);
    if (others.length === 0) return;
    const lines = await Promise.all(others.map((name) => describeLock(join(this.#locks, name))));
    throw new Error(
      `the stack ${this.stack} is locked; wait for the other process to end, or delete the lock file if it is dead (or run pulumi cancel)${lines.join("")}`,
    );
  }
}

async function describeLock(path: string): Promise<string> {
  const text = await readFile(path, "utf8").catch(() => "");
  // A lock that is only half written counts.
  if (!text.endsWith("}")) return `\n  ${path}`;
  const owner = JSON.parse(text);
  return `\n  ${path}: ${owner.username}@${owner.hostname}, pid ${owner.pid}, since ${owner.timestamp}`;
}

function backendDirectory(backend: string, cwd: string): string {
  if (!/^[a-z][a-z0-9+.-]*:/i.test(backend)) return resolve(backend);
  if (!backend.startsWith("file://")) {
    throw new Unsupported(`the backend is ${backend}, not files (file://<directory>)`);
  }
  const [path = ""] = backend.slice("file://".length).split("?");
  if (path.startsWith("~")) return join(process.env.HOME ?? "", path.slice(1));
  return path.startsWith("/") ? fileURLToPath(`file://${path}`) : resolve(cwd, path);
}

function ifMissing<T>(value: T): (error: NodeJS.ErrnoException) => T {
  return (error) => {
    if (error.code === "ENOENT") return value;
    throw error;
  };
}
