import { appendFileSync, lstatSync, mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/**
 * Lines that the provider processes of one engine write for each other.
 *
 * Each process has a file of its own in a directory that only its user may enter, and removes it when it ends. Where no
 * such file can be made or read, a process knows what it wrote itself, and nothing fails.
 */
export class SharedLines {
  readonly #directory: string;
  readonly #prefix: string;
  readonly #own: string;
  /** How much of the files of others was read, in bytes. */
  readonly #read = new Map<string, number>();
  #isUsable: boolean;

  /** `engine`: its address, `host:port`. `directory`: where temporary files are. */
  constructor(engine: string, directory = tmpdir(), pid = process.pid) {
    this.#directory = join(directory, `pulumi-oss-cname-${USER ?? "user"}`);
    this.#prefix = `${engine.replace(/[^\w.]/g, "-")}_`;
    this.#own = `${this.#prefix}${pid}`;
    this.#isUsable = attempt(false, () => {
      makePrivate(this.#directory);
      this.#removeStale();
      return true;
    });
  }

  write(line: string): void {
    if (!this.#isUsable) return;
    this.#isUsable = attempt(false, () => {
      appendFileSync(join(this.#directory, this.#own), `${line}\n`, { mode: 0o600 });
      return true;
    });
  }

  /** To be called when the process ends. */
  remove(): void {
    attempt(undefined, () => rmSync(join(this.#directory, this.#own), { force: true }));
  }

  /** What others have written since the last call. */
  read(): string[] {
    if (!this.#isUsable) return [];
    const others = attempt([], () => readdirSync(this.#directory)).filter(
      (file) => file.startsWith(this.#prefix) && file !== this.#own,
    );
    return others.flatMap((file) => attempt([], () => this.#newLines(file)));
  }

  #newLines(file: string): string[] {
    const path = join(this.#directory, file);
    const before = this.#read.get(file) ?? 0;
    if (lstatSync(path).size <= before) return [];
    const fresh = readFileSync(path).subarray(before);
    // The last line may not be complete yet.
    const complete = fresh.subarray(0, fresh.lastIndexOf("\n") + 1);
    this.#read.set(file, before + complete.length);
    return complete.toString("utf8").split("\n").slice(0, -1);
  }

  /**
   * Removes what processes left that were killed: a later engine may get the address of theirs, and a process their
   * number.
   */
  #removeStale(): void {
    for (const file of readdirSync(this.#directory)) {
      const pid = Number(/_(\d+)$/.exec(file)?.[1]);
      if (file === this.#own || (pid > 0 && !isRunning(pid)))
        attempt(undefined, () => rmSync(join(this.#directory, file), { force: true }));
    }
  }
}

/** Windows has no such number, and a directory for temporary files for each user. */
const USER = process.getuid?.();

/** @throws where somebody else has made the directory, or may look into it */
function makePrivate(directory: string): void {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const made = lstatSync(directory);
  if (!made.isDirectory() || (USER !== undefined && (made.uid !== USER || (made.mode & 0o077) !== 0)))
    throw new Error(`${directory} is not a private directory`);
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // Somebody else's is none of ours, but runs.
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

function attempt<T>(otherwise: T, action: () => T): T {
  try {
    return action();
  } catch {
    return otherwise;
  }
}
