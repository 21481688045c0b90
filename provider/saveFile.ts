import { randomBytes } from "node:crypto";
import { closeSync, fsyncSync, linkSync, lstatSync, openSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";

interface SaveOptions {
  /** Replace a file that exists. Default false: it is left alone, and saving fails. */
  readonly overwrite?: boolean | undefined;
}

/**
 * Writes a file, readable by its owner only, completely or not at all. The directory must exist. Anything but a file (a
 * directory, a device, a symbolic link) is never replaced.
 */
export function saveFile(path: string, text: string, { overwrite = false }: SaveOptions = {}): void {
  const existing = lstatSync(path, { throwIfNoEntry: false });
  if (existing !== undefined && (!overwrite || !existing.isFile())) throw inTheWay(path, existing.isFile());
  const temporary = join(dirname(path), `.${basename(path)}.${randomBytes(6).toString("hex")}`);
  try {
    const file = openSync(temporary, "wx", 0o600);
    try {
      writeFileSync(file, text);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    // Unlike a rename, a link fails if another process has created the file meanwhile.
    if (overwrite) renameSync(temporary, path);
    else linkSync(temporary, path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EEXIST") throw inTheWay(path, true);
    throw new Error(`cannot write ${path}: ${code ?? (error as Error).message}`, { cause: error });
  } finally {
    rmSync(temporary, { force: true });
  }
}

function inTheWay(path: string, isFile: boolean): Error {
  const next = isFile
    ? "choose another name, or say that it may be overwritten"
    : "it is not a regular file; choose another name";
  return new Error(`${path} exists and was left as it is: ${next}`);
}
