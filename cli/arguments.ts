import { InvalidArgumentError } from "commander";

/** Parsers of arguments and option values. */

export function wholeNumber(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError("It must be a whole number.");
  return Number(text);
}

export function hostAndPort(text: string): string {
  if (!/^([^:[\]]+|\[.+\]):\d{1,5}$/.test(text)) throw new InvalidArgumentError("It must be host:port.");
  return text;
}

/** A bucket by name, or as ossutil users type it: `oss://name`. */
export function bucketName(text: string): string {
  const [, name] = /^oss:\/\/([^/]+)\/?$/.exec(text) ?? [];
  if (name === undefined && text.includes("/"))
    throw new InvalidArgumentError("It must be the name of a bucket, or oss:// and the name.");
  return name ?? text;
}

/** Several buckets, each once. */
export function bucketNames(text: string, previous: readonly string[] = []): string[] {
  return [...new Set([...previous, bucketName(text)])];
}
