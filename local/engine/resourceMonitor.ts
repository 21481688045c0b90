import * as grpc from "@grpc/grpc-js";
import { EngineService } from "@pulumi/pulumi/proto/engine_grpc_pb";
import * as engine from "@pulumi/pulumi/proto/engine_pb";
import { ResourceMonitorService } from "@pulumi/pulumi/proto/resource_grpc_pb";
import * as pb from "@pulumi/pulumi/proto/resource_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { type Deployment, type Goal, nameOf, type Report } from "./deployment";
import { unsupportedValue } from "./propertyValue";
import { map, messageLimits, struct } from "./providerHost";
import { Stopped } from "./step";

const DYNAMIC_PACKAGE = "pulumi-nodejs";

/**
 * The two services that a Pulumi program talks to: it registers its resources with the resource monitor, and logs to the engine. What
 * a program asks for and this engine does not do ends the operation, by name.
 */
export class ResourceMonitor {
  readonly #server = new grpc.Server(messageLimits);
  #root = "";
  #programDone: () => void = () => {};
  #shutdown: () => void = () => {};
  /** Resolves when the program has registered all it has. */
  readonly programDone = new Promise<void>((resolve) => {
    this.#programDone = resolve;
  });
  readonly #shutdownAllowed = new Promise<void>((resolve) => {
    this.#shutdown = resolve;
  });

  constructor(
    private readonly deployment: Deployment,
    readonly report: Report,
    /** Ends the operation: the program wants what cannot be done. */
    private readonly refuse: (error: Error) => void,
  ) {
    this.#server.addService(ResourceMonitorService, {
      supportsFeature: this.#answer((request: pb.SupportsFeatureRequest) => {
        const response = new pb.SupportsFeatureResponse();
        response.setHassupport(features.has(request.getId()));
        return response;
      }),
      registerResource: this.#answer((request: pb.RegisterResourceRequest) => this.#register(request)),
      readResource: this.#answer((request: pb.ReadResourceRequest) => this.#read(request)),
      registerResourceOutputs: this.#answer(async (request: pb.RegisterResourceOutputsRequest) => {
        const outputs = map(request.getOutputs());
        refuseValues(outputs, request.getUrn());
        await this.deployment.registerOutputs(request.getUrn(), outputs);
        return new Empty();
      }),
      signalAndWaitForShutdown: this.#answer(async () => {
        this.#programDone();
        await this.#shutdownAllowed;
        return new Empty();
      }),
      invoke: this.#refusal((request: pb.ResourceInvokeRequest) => `the function ${request.getTok()}`),
      call: this.#refusal((request: pb.ResourceCallRequest) => `the method ${request.getTok()}`),
      registerStackTransform: this.#refusal(() => "a transform"),
      registerStackInvokeTransform: this.#refusal(() => "a transform"),
      registerResourceHook: this.#refusal(() => "a resource hook"),
      registerErrorHook: this.#refusal(() => "an error hook"),
      registerPackage: this.#refusal((request: pb.RegisterPackageRequest) => `the package ${request.getName()}`),
    });
    this.#server.addService(EngineService, {
      log: this.#answer((request: engine.LogRequest) => {
        const severity = severities[request.getSeverity()];
        if (severity && !request.getEphemeral()) report(severity, request.getMessage().trimEnd(), request.getUrn());
        return new Empty();
      }),
      getRootResource: this.#answer(() => {
        const response = new engine.GetRootResourceResponse();
        response.setUrn(this.#root);
        return response;
      }),
      setRootResource: this.#answer((request: engine.SetRootResourceRequest) => {
        this.#root = request.getUrn();
        return new engine.SetRootResourceResponse();
      }),
      startDebugging: this.#answer(() => new Empty()),
      requirePulumiVersion: this.#refusal(() => "a certain version of Pulumi"),
    });
  }

  /** Starts to serve, and returns the address. */
  async listen(): Promise<string> {
    const port = await new Promise<number>((resolve, reject) => {
      this.#server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, bound) => {
        if (error) reject(error);
        else resolve(bound);
      });
    });
    return `127.0.0.1:${port}`;
  }

  /** Lets the program end: everything is done. */
  allowShutdown(): void {
    this.#shutdown();
  }

  close(): void {
    this.#server.forceShutdown();
  }

  async #register(request: pb.RegisterResourceRequest): Promise<pb.RegisterResourceResponse> {
    refuseOptions(request);
    const inputs = map(request.getObject());
    refuseValues(inputs, request.getName());
    const byProperty = request.getPropertydependenciesMap();
    const { pb_delete: deleting, ...others } = request.getCustomtimeouts()?.toObject() ?? {};
    const timeouts: Record<string, string | undefined> = { ...others, delete: deleting };
    const resource = await this.deployment.register({
      ...common(request),
      custom: request.getCustom(),
      inputs,
      dependencies: request.getDependenciesList(),
      propertyDependencies: Object.fromEntries(
        Object.keys(inputs).map((key) => [key, byProperty.get(key)?.getUrnsList() ?? []]),
      ),
      additionalSecretOutputs: request.getAdditionalsecretoutputsList(),
      ignoreChanges: request.getIgnorechangesList(),
      customTimeouts: Object.fromEntries(
        Object.entries(timeouts).flatMap(([name, text]) => (text ? [[name, seconds(text)]] : [])),
      ),
      ...(request.getDeletedwith() && { deletedWith: request.getDeletedwith() }),
    });
    const response = new pb.RegisterResourceResponse();
    response.setUrn(resource.urn);
    response.setId(resource.id ?? "");
    response.setObject(struct(resource.custom ? resource.outputs : {}));
    return response;
  }

  async #read(request: pb.ReadResourceRequest): Promise<pb.ReadResourceResponse> {
    refuseType(request.getType(), true);
    const inputs = map(request.getProperties());
    refuseValues(inputs, request.getName());
    const resource = await this.deployment.read(request.getId(), {
      ...common(request),
      custom: true,
      inputs,
      dependencies: request.getDependenciesList(),
      propertyDependencies: {},
      additionalSecretOutputs: request.getAdditionalsecretoutputsList(),
      ignoreChanges: [],
      customTimeouts: {},
    });
    const response = new pb.ReadResourceResponse();
    response.setUrn(resource.urn);
    response.setProperties(struct(resource.outputs));
    return response;
  }

  /** A handler that answers with what `handle` returns. After the operation was stopped there is no answer: the program is ended. */
  #answer<Request, Response>(
    handle: (request: Request) => Response | Promise<Response>,
  ): grpc.handleUnaryCall<Request, Response> {
    return async ({ request }, callback) => {
      try {
        callback(null, await handle(request));
      } catch (error) {
        if (!(error instanceof Stopped)) this.refuse(error instanceof Error ? error : new Error(String(error)));
      }
    };
  }

  #refusal<Request>(what: (request: Request) => string): grpc.handleUnaryCall<Request, unknown> {
    return this.#answer((request: Request) => {
      throw unsupported(`the program uses ${what(request)}`);
    });
  }
}

/** What the program may assume. Where this engine refuses a thing it still claims it, so that the refusal is ours to word. */
const features = new Set(
  "secrets resourceReferences aliasSpecs deletedWith replaceWith transforms invokeTransforms parameterization resourceHooks errorHooks".split(
    " ",
  ),
);

const severities = [undefined, "info", "warning", "error"] as const;

function unsupported(what: string): Error {
  return new Error(`${what}, which this engine does not do: use the Pulumi CLI`);
}

function common(
  request: pb.RegisterResourceRequest | pb.ReadResourceRequest,
): Pick<Goal, "type" | "name" | "parent" | "provider"> {
  return {
    type: request.getType(),
    name: request.getName(),
    ...(request.getParent() && { parent: request.getParent() }),
    ...(request.getProvider() && { provider: request.getProvider() }),
  };
}

function refuseType(type: string, custom: boolean): void {
  if (!custom || type.startsWith(`${DYNAMIC_PACKAGE}:`) || type === `pulumi:providers:${DYNAMIC_PACKAGE}`) return;
  throw unsupported(
    `the program has a resource of type ${type}, and this engine runs dynamic resources only; it needs a plugin`,
  );
}

function refuseOptions(request: pb.RegisterResourceRequest): void {
  refuseType(request.getType(), request.getCustom());
  const used: Readonly<Record<string, boolean>> = {
    aliases: request.getAliasesList().length + request.getAliasurnsList().length > 0,
    deleteBeforeReplace: request.getDeletebeforereplace() || request.getDeletebeforereplacedefined(),
    hideDiffs: request.getHidediffsList().length > 0,
    hooks: request.hasHooks() && Object.values(request.getHooks()?.toObject() ?? {}).some((names) => names.length > 0),
    import: request.getImportid() !== "",
    pluginDownloadURL: request.getPlugindownloadurl() !== "",
    protect: request.getProtect() === true,
    remote: request.getRemote(),
    replaceOnChanges: request.getReplaceonchangesList().length > 0,
    replaceWith: request.getReplaceWithList().length > 0,
    replacementTrigger: request.hasReplacementTrigger(),
    retainOnDelete: request.getRetainondelete() === true,
    transforms: request.getTransformsList().length > 0,
    version: request.getVersion() !== "",
  };
  const names = Object.keys(used).filter((name) => used[name]);
  if (names.length > 0)
    throw unsupported(`${request.getName()} (${request.getType()}) has the option ${names.join(", ")}`);
}

function refuseValues(properties: ReturnType<typeof map>, name: string): void {
  const found = unsupportedValue(properties);
  if (found) throw unsupported(`${name.startsWith("urn:") ? nameOf(name) : name} has ${found} among its properties`);
}

/** A duration as Go writes it, such as 1h30m, in seconds. */
function seconds(text: string): number {
  const units: Readonly<Record<string, number>> = { h: 3600, m: 60, s: 1, ms: 0.001 };
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(ms|h|m|s)/g)];
  if (parts.map(([part]) => part).join("") !== text) throw new Error(`unable to parse customTimeout value "${text}"`);
  return parts.reduce((sum, [, amount, unit]) => sum + Number(amount) * (units[unit ?? ""] ?? 0), 0);
}
