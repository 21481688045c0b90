import * as grpc from "@grpc/grpc-js";
import { EngineService } from "@pulumi/pulumi/proto/engine_grpc_pb";
import * as engine from "@pulumi/pulumi/proto/engine_pb";
import { ResourceMonitorService } from "@pulumi/pulumi/proto/resource_grpc_pb";
import * as pb from "@pulumi/pulumi/proto/resource_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import type { Struct } from "google-protobuf/google/protobuf/struct_pb";
import { Stopped } from "../execute/executor";
import { map, messageLimits, struct } from "../execute/providerHost";
import { type Deployment, type Goal, nameOf, type Report } from "../plan/deployment";
import { completeReferences, type PropertyMap, unsupportedValue } from "../property/value";
import { isDynamic, Unsupported } from "../unsupported";

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
    private readonly deployment: Pick<Deployment, "register" | "read" | "registerOutputs">,
    readonly report: Report,
    /** Ends the operation: the program wants what cannot be done. */
    private readonly refuse: (error: Error) => void,
  ) {
    this.#server.addService(ResourceMonitorService, {
      getDeploymentInfo: this.#answer(() => {
        const response = new pb.DeploymentInfo();
        response.setSupportedfeaturesList([...features].map(featureOf));
        return response;
      }),
      // What an SDK asks that does not know getDeploymentInfo.
      supportsFeature: this.#answer((request: pb.SupportsFeatureRequest) => {
        const response = new pb.SupportsFeatureResponse();
        response.setHassupport(features.has(request.getId()));
        return response;
      }),
      registerResource: this.#answer((request: pb.RegisterResourceRequest) => this.#register(request)),
      readResource: this.#answer((request: pb.ReadResourceRequest) => this.#read(request)),
      registerResourceOutputs: this.#answer(async (request: pb.RegisterResourceOutputsRequest) => {
        const outputs = values(request.getOutputs(), request.getUrn());
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
      existsResource: this.#refusal((request: pb.ExistsResourceRequest) => `existsResource for ${request.getType()}`),
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
      requirePulumiVersion: this.#refusal(
        (request: engine.RequirePulumiVersionRequest) => `requirePulumiVersion("${request.getPulumiVersionRange()}")`,
      ),
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
    refuseType(request.getType(), request.getCustom() || request.getRemote());
    refuseOptions(request);
    const inputs = values(request.getObject(), request.getName());
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
        Object.entries(timeouts)
          .map(([name, text]) => [name, text ? seconds(text) : 0] as const)
          .filter(([, amount]) => amount !== 0),
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
    refuseOptions(request);
    const inputs = values(request.getProperties(), request.getName());
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
      throw new Unsupported(`the program uses ${what(request)}`);
    });
  }
}

/** What the program may assume. Where this engine refuses a thing it still claims it, so that the refusal is ours to word. */
const features = new Set(
  (
    "secrets resourceReferences aliasSpecs deletedWith replaceWith transforms invokeTransforms parameterization " +
    "resourceHooks errorHooks stateMigrations"
  ).split(" "),
);

function featureOf(name: string): pb.ResourceMonitorFeature {
  const constant = name.replace(/[A-Z]/g, "_$&").toUpperCase();
  return pb.ResourceMonitorFeature[`RESOURCE_MONITOR_FEATURE_${constant}` as keyof typeof pb.ResourceMonitorFeature];
}

const severities = [undefined, "info", "warning", "error"] as const;

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

function refuseType(type: string, plugin: boolean): void {
  if (plugin && !isDynamic(type))
    throw new Unsupported(`the program has a resource of type ${type}, not a dynamic one`);
}

/** Resource options by the fields of a request. Hooks are registered, and so refused, before the resource that they are for. */
const options: Readonly<Record<string, string>> = {
  aliasesList: "aliases",
  aliasurnsList: "aliases",
  deletebeforereplace: "deleteBeforeReplace",
  deletebeforereplacedefined: "deleteBeforeReplace",
  envvarmappingsMap: "envVarMappings",
  hidediffsList: "hideDiffs",
  importid: "import",
  plugindownloadurl: "pluginDownloadURL",
  protect: "protect",
  replaceonchangesList: "replaceOnChanges",
  replaceWithList: "replaceWith",
  replacementTrigger: "replacementTrigger",
  retainondelete: "retainOnDelete",
  stateMigrationsList: "stateMigrations",
  transformsList: "transforms",
  version: "version",
};

function refuseOptions(request: pb.RegisterResourceRequest | pb.ReadResourceRequest): void {
  const fields: Readonly<Record<string, unknown>> = { ...request.toObject() };
  const isSet = (value: unknown) => (Array.isArray(value) ? value.length > 0 : Boolean(value));
  const used = Object.entries(options).flatMap(([field, option]) => (isSet(fields[field]) ? [option] : []));
  if (used.length === 0) return;
  const names = [...new Set(used)].join(", ");
  throw new Unsupported(`${request.getName()} (${request.getType()}) has the option ${names}`);
}

/** The properties that the program sent, for the resource of this name or URN. */
function values(sent: Struct | undefined, name: string): PropertyMap {
  const properties = map(sent);
  const found = unsupportedValue(properties);
  if (found)
    throw new Unsupported(`${name.startsWith("urn:") ? nameOf(name) : name} has ${found} among its properties`);
  return completeReferences(properties);
}

/** A duration as Go writes it, such as 1h30m, in seconds. */
function seconds(text: string): number {
  const units: Readonly<Record<string, number>> = { h: 3600, m: 60, s: 1, ms: 1e-3, us: 1e-6, µs: 1e-6, ns: 1e-9 };
  const parts = [...text.matchAll(/(\d+\.?\d*|\.\d+)(ms|us|µs|ns|h|m|s)/g)];
  if (parts.map(([part]) => part).join("") !== text) throw new Error(`unable to parse customTimeout value "${text}"`);
  return parts.reduce((sum, [, amount, unit]) => sum + Number(amount) * (units[unit ?? ""] ?? 0), 0);
}
