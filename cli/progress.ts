import type { Io } from "./io";

/**
 * Says on standard error what is being done, if it takes longer than a second. A terminal shows one line that changes
 * and finally goes away; elsewhere there is a new line every ten seconds.
 */
export async function withProgress<T>({ stderr }: Io, what: () => string, work: Promise<T>): Promise<T> {
  const { isTTY = false, columns = 80 } = stderr;
  const started = Date.now();
  let isShown = false;
  const show = () => {
    isShown = true;
    const text = `oss-cname: ${what()} (${Math.round((Date.now() - started) / 1000)} s)`;
    stderr.write(isTTY ? `${CLEAR_LINE}${text.slice(0, columns - 1)}` : `${text}\n`);
  };
  let timer = setTimeout(() => {
    show();
    timer = setInterval(show, isTTY ? FIRST_MS : AGAIN_MS);
  }, FIRST_MS);
  try {
    return await work;
  } finally {
    clearTimeout(timer);
    if (isTTY && isShown) stderr.write(CLEAR_LINE);
  }
}

const FIRST_MS = 1000;
const AGAIN_MS = 10_000;
const CLEAR_LINE = "\r\u001b[K";
