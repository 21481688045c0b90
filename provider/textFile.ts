import { readFileSync, statSync } from "node:fs";

const LARGEST_BYTES = 1024 * 1024;

/**
 * The text of a file. Throws with a reason that fits after its name, "is not a regular file" say: reading a device or a
 * named pipe would wait for ever.
 */
export function readTextFile(path: string): string {
  try {
    const stat = statSync(path);
    if (!stat.isFile()) throw new Error("is not a regular file");
    if (stat.size > LARGEST_BYTES) throw new Error(`has more than ${LARGEST_BYTES / 1024} kB`);
    return readFileSync(path, "utf8");
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new Error(code === undefined ? message : `cannot be read: ${code}`);
  }
}
