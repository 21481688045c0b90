import * as grpc from "@grpc/grpc-js";
import { EngineService } from "@pulumi/pulumi/proto/engine_grpc_pb";
import { type LogRequest, LogSeverity } from "@pulumi/pulumi/proto/engine_pb";
import { ResourceMonitorService } from "@pulumi/pulumi/proto/resource_grpc_pb";
import * as pb from "@pulumi/pulumi/proto/resource_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import type { PropertyMap } from "../../engine/property/value";
import { fromStruct, toStruct } from "../../engine/rpc";

/** A line in an engine's log. */
export interface Logged {
  readonly severity: "info" | "warning" | "error" | "debug";
  /** Name of the resource that it stands at; empty for none. */
  readonly at: string;
  readonly text: string;
}

/** A resource as a component registers it. */
export interface Registered {
  readonly type: string;
  readonly name: string;
  readonly inputs: PropertyMap;
  /** Its URN. */
  readonly urn: string;
  /** Name of the parent; empty for none. */
  readonly parent: string;
  /** Name of the provider; empty for the default one. */
  readonly provider: string;
  /** Types that it may have in the state. */
  readonly aliases: readonly string[];
}

/** Makes a resource: gives its outputs. */
type Make = (registered: Registered) => Promise<{ readonly id: string; readonly properties: PropertyMap }>;

const { ResourceMonitorFeature } = pb;
const FEATURES = [
  ResourceMonitorFeature.RESOURCE_MONITOR_FEATURE_SECRETS,
  ResourceMonitorFeature.RESOURCE_MONITOR_FEATURE_RESOURCE_REFERENCES,
  ResourceMonitorFeature.RESOURCE_MONITOR_FEATURE_OUTPUT_VALUES,
  ResourceMonitorFeature.RESOURCE_MONITOR_FEATURE_ALIAS_SPECS,
  ResourceMonitorFeature.RESOURCE_MONITOR_FEATURE_DELETED_WITH,
];

/** The part of an engine that plugins log to, and that components register their resources with. */
export class FakeEngine {
  readonly logged: Logged[] = [];
  readonly registered: Registered[] = [];
  /** What components have registered as their outputs, by URN. */
  readonly outputs: Record<string, PropertyMap> = {};
  /** Default: every resource has its inputs as outputs. */
  make: Make = async ({ name, inputs }) => ({ id: name, properties: inputs });
  readonly #server = new grpc.Server();
  #port = 0;

  static async start(): Promise<FakeEngine> {
    const engine = new FakeEngine();
    await engine.#listen();
    return engine;
  }

  get address(): string {
    return `127.0.0.1:${this.#port}`;
  }

  close(): void {
    this.#server.forceShutdown();
  }

  async #listen(): Promise<void> {
    this.#server.addService(EngineService, {
      log: answer((request: LogRequest) => {
        const severity = SEVERITIES[request.getSeverity()];
        this.logged.push({ severity, at: nameOf(request.getUrn()), text: request.getMessage() });
        return new Empty();
      }),
    } as unknown as grpc.UntypedServiceImplementation);
    this.#server.addService(ResourceMonitorService, {
      getDeploymentInfo: answer(() => {
        const response = new pb.DeploymentInfo();
        response.setSupportedfeaturesList(FEATURES);
        return response;
      }),
      supportsFeature: answer(() => {
        const response = new pb.SupportsFeatureResponse();
        response.setHassupport(true);
        return response;
      }),
      registerResource: answer((request: pb.RegisterResourceRequest) => this.#register(request)),
      registerResourceOutputs: answer((request: pb.RegisterResourceOutputsRequest) => {
        this.outputs[request.getUrn()] = fromStruct(request.getOutputs());
        return new Empty();
      }),
    } as unknown as grpc.UntypedServiceImplementation);
    this.#port = await new Promise<number>((resolve, reject) => {
      this.#server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, bound) =>
        error ? reject(error) : resolve(bound),
      );
    });
  }

  async #register(request: pb.RegisterResourceRequest): Promise<pb.RegisterResourceResponse> {
    const [parentTypes, parent] = request.getParent().split("::").slice(2);
    const types = parent === undefined ? request.getType() : `${parentTypes}$${request.getType()}`;
    const registered = {
      type: request.getType(),
      name: request.getName(),
      inputs: fromStruct(request.getObject()),
      urn: `urn:pulumi:dev::project::${types}::${request.getName()}`,
      parent: parent ?? "",
      provider: request.getProvider().split("::").at(-2) ?? "",
      aliases: request.getAliasesList().map((alias) => alias.getSpec()?.getType() ?? ""),
    };
    this.registered.push(registered);
    const response = new pb.RegisterResourceResponse();
    response.setUrn(registered.urn);
    if (!request.getCustom()) return response;
    const { id, properties } = await this.make(registered);
    response.setId(id);
    response.setObject(toStruct(properties));
    return response;
  }
}

function answer<Request, Response>(
  handle: (request: Request) => Response | Promise<Response>,
): grpc.handleUnaryCall<Request, Response> {
  return async ({ request }, callback) => {
    try {
      callback(null, await handle(request));
    } catch (error) {
      callback({ details: (error as Error).message });
    }
  };
}

function nameOf(urn: string): string {
  return urn.split("::").at(-1) ?? "";
}

const SEVERITIES = {
  [LogSeverity.DEBUG]: "debug",
  [LogSeverity.INFO]: "info",
  [LogSeverity.WARNING]: "warning",
  [LogSeverity.ERROR]: "error",
} as const;
