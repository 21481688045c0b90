import { open, realpath, rename, rm, stat } from "node:fs/promises";

/**
 * Replaces a file in one step: a crash or a full disk leaves the old content or the new one. A link keeps pointing to
 * it.
 */
export async function replaceFile(path: string, text: string, newMode: number): Promise<void> {
  const target = await realpath(path).catch(() => path);
  const { mode } = await stat(target).catch(() => ({ mode: newMode }));
  const next = `${target}.${process.pid}.tmp`;
  try {
    const file = await open(next, "w", mode);
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(next, target);
  } catch (error) {
    await rm(next, { force: true }).catch(() => {});
    throw error;
  }
}
