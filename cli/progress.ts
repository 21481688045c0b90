const FIRST_MS = 1000;
const AGAIN_MS = 10_000;

/** Says on standard error what takes longer than a second: on a terminal in one line that goes away, elsewhere now and then. */
export async function withProgress<T>(what: () => string, work: Promise<T>): Promise<T> {
  const { isTTY = false } = process.stderr;
  const started = Date.now();
  const tell = () => {
    const text = `oss-cname: ${what()} (${Math.round((Date.now() - started) / 1000)} s)`;
    process.stderr.write(isTTY ? `\r\u001b[K${text.slice(0, process.stderr.columns - 1)}` : `${text}\n`);
  };
  let timer = setTimeout(() => {
    tell();
    timer = setInterval(tell, isTTY ? FIRST_MS : AGAIN_MS);
  }, FIRST_MS);
  try {
    return await work;
  } finally {
    clearTimeout(timer);
    if (isTTY && Date.now() - started >= FIRST_MS) process.stderr.write("\r\u001b[K");
  }
}
