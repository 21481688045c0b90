import * as pulumi from "@pulumi/pulumi";
import { type LogRequest, LogSeverity } from "@pulumi/pulumi/proto/engine_pb";
import type { RegisterResourceOutputsRequest, RegisterResourceRequest } from "@pulumi/pulumi/proto/resource_pb";

/** A resource as a program registered it, with names in place of URNs. */
export interface Registration {
  readonly type: string;
  readonly name: string;
  readonly inputs: Record<string, unknown>;
  /** Type and name of the parent: `CustomDomain www`. */
  readonly parent: string;
  readonly dependsOn: string[];
  readonly deletedWith: string;
  /** Name of an explicit provider; empty for the default one. */
  readonly provider: string;
  readonly protect: boolean;
  /** Names and types of former selves, as far as they differ: `old`, `pulumi-nodejs:dynamic/oss:BucketCname`. */
  readonly aliases: string[];
  /** Of the plugin; empty for the one that there is. */
  readonly version: string;
  /** What a component keeps in the state. */
  readonly outputs: Record<string, unknown>;
}

export interface ProgramRun {
  readonly registrations: Registration[];
  readonly outputs: unknown;
  /** What the program logged, line by line. */
  readonly output: string;
  /** Why the program ended early. */
  readonly error: Error | undefined;
}

export interface ProgramRunOptions {
  /** Stack configuration: `{"oss-cname:domains": [...]}`. */
  readonly config?: Record<string, unknown>;
  /**
   * Outputs that resources of a type get beside their inputs, by the last part of the type: `{BucketCname: {status:
   * "Pending"}}`.
   */
  readonly states?: Record<string, object>;
  /** Default: `project`. */
  readonly project?: string;
}

interface Monitor {
  registerResource(request: RegisterResourceRequest, callback: unknown): unknown;
  registerResourceOutputs(request: RegisterResourceOutputsRequest, callback: unknown): unknown;
}

interface Engine {
  log(request: LogRequest, done: () => void): void;
  setRootResource(request: unknown, done: () => void): void;
}

/** Parts of the SDK without types: programs of the Automation API run beside each other in such storage. */
interface SdkState {
  withLocalStorage<T>(work: () => Promise<T>): Promise<T>;
  getStore(): { readonly settings: { engine?: Engine } };
}

const sdk: SdkState = require("@pulumi/pulumi/runtime/state");

/** Runs a program against Pulumi's mocks in this process. Nothing of one run is left for the next. */
export function runProgram(program: () => unknown, options: ProgramRunOptions = {}): Promise<ProgramRun> {
  return sdk.withLocalStorage(() => run(program, options));
}

async function run(
  program: () => unknown,
  { config = {}, states = {}, project = "project" }: ProgramRunOptions,
): Promise<ProgramRun> {
  await pulumi.runtime.setMocks(
    {
      newResource: ({ type, name, inputs }) => ({
        id: `${name}-id`,
        state: { ...inputs, ...states[type.split(":").at(-1) ?? ""] },
      }),
      call: () => ({}),
    },
    project,
    "stack",
    false,
  );
  pulumi.runtime.setAllConfig(
    Object.fromEntries(
      Object.entries(config).map(([key, value]) => [key, typeof value === "string" ? value : JSON.stringify(value)]),
    ),
  );
  const lines: string[] = [];
  sdk.getStore().settings.engine = {
    log(request, done) {
      if (request.getSeverity() !== LogSeverity.DEBUG) lines.push(request.getMessage());
      done();
    },
    setRootResource: (_request, done) => done(),
  };
  const registrations = recordRegistrations();
  let outputs: unknown;
  let error: Error | undefined;
  try {
    const exported = await pulumi.runtime.runInPulumiStack(async () => ({ all: (await program()) ?? {} }));
    outputs = await new Promise((resolve) => pulumi.output(exported?.all).apply(resolve));
  } catch (reason) {
    error = reason as Error;
  }
  await pulumi.runtime.disconnect();
  return { registrations, outputs, output: lines.join("\n"), error };
}

function recordRegistrations(): Registration[] {
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
      protect: request.getProtect() === true,
      aliases: request.getAliasesList().map((alias) => {
        const { name = "", type = "" } = alias.getSpec()?.toObject() ?? {};
        return [name, type].filter((part) => part !== "").join(" ");
      }),
      version: request.getVersion(),
      outputs: {},
    });
    return register(request, callback);
  };
  const registerOutputs = monitor.registerResourceOutputs.bind(monitor);
  monitor.registerResourceOutputs = (request, callback) => {
    const registered = byName(registrations)[shortUrn(request.getUrn())];
    Object.assign(registered?.outputs ?? {}, request.getOutputs()?.toJavaScript());
    return registerOutputs(request, callback);
  };
  return registrations;
}

function shortUrn(urn: string): string {
  const [type, name] = urn.split("::").slice(-2);
  return name === undefined ? "" : `${type?.split(/[:$]/).at(-1)} ${name}`;
}

/** What was registered, by type and name: `CustomDomain www`. */
export function byName(registrations: readonly Registration[]): Record<string, Registration> {
  return Object.fromEntries(
    registrations.map((registration) => [`${registration.type.split(":").at(-1)} ${registration.name}`, registration]),
  );
}
