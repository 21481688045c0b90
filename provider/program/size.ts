/** Pulumi does not even start a program whose configuration is longer than the system allows, and does not say why. */
export function sizeProblem(settings: Readonly<Record<string, string>>): string | undefined {
  const bytes = Buffer.byteLength(JSON.stringify(settings));
  if (bytes < LARGEST_BYTES) return undefined;
  return (
    `it has ${Math.round(bytes / 1024)} kB, and Pulumi hands it to the program in one environment variable, of which ` +
    "Linux allows 128 kB: keep domains in a file, and name it in oss-cname:domainsFile"
  );
}

const LARGEST_BYTES = 120 * 1024;
