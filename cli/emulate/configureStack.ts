import { bareStackName, loadProject } from "../../engine/stack/project";
import { StackConfigFile } from "../../engine/stack/stackConfig";

/**
 * Writes the emulator's settings into the configuration of a stack of the project in the current directory. Gives the
 * path of the file.
 *
 * The access key is written in clear: it opens nothing but the emulator, and so needs neither a passphrase nor a backend.
 * A stack that is configured for anything else is left as it is, so that no key of an account is overwritten.
 */
export async function configureStack(given: string, config: Readonly<Record<string, string>>): Promise<string> {
  const project = await loadProject(".");
  const file = await StackConfigFile.load(project, bareStackName(given, project.name));
  const foreign = Object.keys(config).filter((key) => key !== "alicloud:region" && file.get(key) !== undefined);
  if (foreign.length > 0 && !isEmulator(file.get("oss-cname:endpoint")))
    throw new Error(
      `${file.path} sets ${foreign.join(", ")} for something else than an emulator, and was left as it is: ` +
        "choose another stack, such as dev",
    );
  for (const [key, value] of Object.entries(config)) file.set(key, value);
  await file.save();
  return file.path;
}

function isEmulator(endpoint: unknown): boolean {
  return typeof endpoint === "string" && /^http:\/\/127\.0\.0\.1:\d+$/.test(endpoint);
}
