// The process that `runProgram` starts.
import * as pulumi from "@pulumi/pulumi";
import type { RegisterResourceRequest } from "@pulumi/pulumi/proto/resource_pb";
import type { ProgramRunOptions, Registration } from "./programRun";

interface Monitor {
  registerResource(request: RegisterResourceRequest, callback: unknown): unknown;
}

async function main({ text, config = {}, states = {} }: ProgramRunOptions & { text: string }) {
  await pulumi.runtime.setMocks(
    {
      newResource: ({ type, name, inputs }) => ({
        id: `${name}-id`,
        state: { ...inputs, ...states[type.split(":").at(-1) ?? ""] },
      }),
      call: () => ({}),
    },
    "project",
    "stack",
    false,
  );
  pulumi.runtime.setAllConfig(
    Object.fromEntries(
      Object.entries(config).map(([key, value]) => [key, typeof value === "string" ? value : JSON.stringify(value)]),
    ),
  );
  const registrations: Registration[] = [];
  const monitor = pulumi.runtime.getMonitor() as unknown as Monitor;
  const register = monitor.registerResource.bind(monitor);
  monitor.registerResource = (request, callback) => {
    registrations.push({
      type: request.getType(),
      name: request.getName(),
      inputs: (request.getObject()?.toJavaScript() ?? {}) as Record<string, unknown>,
      parent: shortUrn(request.getParent()),
      dependsOn: request.getDependenciesList().map(shortUrn).sort(),
      deletedWith: shortUrn(request.getDeletedwith()),
      provider: request.getProvider().split("::").at(-2) ?? "",
    });
    return register(request, callback);
  };
  let outputs: unknown;
  try {
    const exported = await pulumi.runtime.runInPulumiStack(
      async () => new Function("require", "oss", "pulumi", text)(require, require("pulumi-oss-cname"), pulumi) ?? {},
    );
    outputs = await new Promise((resolve) => pulumi.output(exported).apply(resolve));
  } catch (error) {
    process.exitCode = 1;
    process.stderr.write(String((error as Error).stack));
  }
  await pulumi.runtime.disconnect();
  process.stdout.write(`\nREPORT ${JSON.stringify({ registrations, outputs })}`);
}

function shortUrn(urn: string): string {
  const [type, name] = urn.split("::").slice(-2);
  return name === undefined ? "" : `${type?.split(/[:$]/).at(-1)} ${name}`;
}

main(JSON.parse(process.argv[2] ?? ""));
