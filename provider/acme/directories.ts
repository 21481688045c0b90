import { unknownName } from "../unknownName";

/** CAs by the names that users give them. */
const DIRECTORIES = {
  letsEncrypt: "https://acme-v02.api.letsencrypt.org/directory",
  letsEncryptStaging: "https://acme-staging-v02.api.letsencrypt.org/directory",
  zeroSsl: "https://acme.zerossl.com/v2/DV90",
  google: "https://dv.acme-v02.api.pki.goog/directory",
} as const;

/** The URL of a CA's directory, given as one or by its name. Throws where it is neither. */
export function directoryUrl(given: string): string {
  const problem = directoryProblem(given);
  if (problem !== undefined) throw new Error(problem);
  return DIRECTORIES[given as keyof typeof DIRECTORIES] ?? given;
}

export function directoryProblem(given: string): string | undefined {
  if (Object.hasOwn(DIRECTORIES, given) || /^https?:\/\/[^/]+/.test(given)) return undefined;
  return unknownName("directory", given, Object.keys(DIRECTORIES));
}
