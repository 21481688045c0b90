import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { copyFile, mkdir, open, readdir, readFile, rename, rm, unlink, writeFile } from "node:fs/promises";
import { hostname, userInfo } from "node:os";
import { basename, dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { Unsupported } from "../unsupported";

/** One stack in a file backend of the Pulumi CLI: its state file, its history and its locks. */
export class StackFile {
  readonly #root: string;
  readonly path: string;
  /** The stack's name as the state file has it. */
  readonly qualifiedName: string;
  readonly #history: string;
  readonly #locks: string;
  readonly #lock: string;

  /**
   * @param backend a file:// URL, or a directory
   * @param cwd what a relative URL starts from
   */
  constructor(
    backend: string,
    project: string,
    readonly stack: string,
    cwd = ".",
  ) {
    this.#root = join(backendDirectory(backend, cwd), ".pulumi");
    this.qualifiedName = `organization/${project}/${stack}`;
    this.path = join(this.#root, "stacks", project, `${stack}.json`);
    this.#history = join(this.#root, "history", project, stack);
    this.#locks = join(this.#root, "locks", "organization", project, stack);
    this.#lock = join(this.#locks, `${randomUUID()}.json`);
  }

  /** The text of the state file; undefined when there is no such stack. */
  async read(): Promise<string | undefined> {
    const directory = dirname(this.#root);
    if (!existsSync(directory))
      throw new Error(`the backend's directory ${directory} does not exist: make it, or mount it`);
    const meta = await readFile(join(this.#root, "meta.yaml"), "utf8").catch(ifMissing("version: 1"));
    if (!/^version: 1\s*$/m.test(meta)) throw new Unsupported(`${this.#root} is a state store of another version`);
    if (existsSync(`${this.path}.gz`)) throw new Unsupported(`the state is compressed (${this.path}.gz)`);
    return readFile(this.path, "utf8")
      .catch(ifMissing(undefined))
      .catch((error) => {
        throw new Error(`cannot read the state, ${this.path}: ${error.message}`);
      });
  }

  /** Replaces the state file in one step; a crash leaves the old one or the new one. */
  async write(text: string): Promise<void> {
    const next = `${this.path}.${process.pid}.tmp`;
    try {
      await mkdir(dirname(this.path), { recursive: true });
      const file = await open(next, "w", 0o600);
      try {
        await file.writeFile(text);
        await file.sync();
      } finally {
        await file.close();
      }
      // The CLI's digest of what was there.
      await rm(`${this.path}.attrs`, { force: true });
      await rename(next, this.path);
    } catch (error) {
      await rm(next, { force: true }).catch(() => {});
      throw new Error(
        `cannot write the state, ${this.path}: ${(error as Error).message}; it stays as it was: put that right, then run refresh`,
      );
    }
  }

  /** Adds an operation to what `pulumi stack history` shows, with a copy of the state that it left. */
  async addToHistory(entry: object): Promise<void> {
    // Nanoseconds, as the CLI counts.
    const path = join(this.#history, `${this.stack}-${Date.now()}000000`);
    await mkdir(this.#history, { recursive: true });
    await writeFile(`${path}.history.json`, JSON.stringify(entry), { mode: 0o600 });
    await copyFile(this.path, `${path}.checkpoint.json`);
  }

  /** Creates the store where it is missing. */
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
    await this.#refuseOthers();
    await mkdir(this.#locks, { recursive: true });
    const owner = {
      pid: process.pid,
      username: userInfo().username,
      hostname: hostname(),
      timestamp: new Date().toISOString(),
    };
    await writeFile(this.#lock, JSON.stringify(owner));
    await this.#refuseOthers().catch(async (error) => {
      await this.unlock();
      throw error;
    });
    // What a killed engine has left half written.
    const directory = dirname(this.path);
    for (const name of await readdir(directory).catch(ifMissing<string[]>([]))) {
      if (name.startsWith(`${basename(this.path)}.`) && name.endsWith(".tmp")) await rm(join(directory, name));
    }
  }

  async unlock(): Promise<void> {
    await unlink(this.#lock).catch(() => {});
  }

  async #refuseOthers(): Promise<void> {
    const names = await readdir(this.#locks).catch(ifMissing<string[]>([]));
    const others = names.filter((name) => name.endsWith(".json") && join(this.#locks, name) !== this.#lock);
    if (others.length === 0) return;
    const lines = await Promise.all(
      others.map(async (name) => {
        const path = join(this.#locks, name);
        const text = await readFile(path, "utf8").catch(() => "");
        // Half written, it locks all the same.
        if (!text.endsWith("}")) return `\n  ${path}`;
        const owner = JSON.parse(text);
        return `\n  ${path}: ${owner.username}@${owner.hostname}, pid ${owner.pid}, since ${owner.timestamp}`;
      }),
    );
    throw new Error(
      `the stack ${this.stack} is locked; wait for the other process to end, or delete the lock file if it is dead (or run pulumi cancel)${lines.join("")}`,
    );
  }
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
