import * as grpc from "@grpc/grpc-js";
import { EngineService } from "@pulumi/pulumi/proto/engine_grpc_pb";
import * as engine from "@pulumi/pulumi/proto/engine_pb";
import { ResourceMonitorService } from "@pulumi/pulumi/proto/resource_grpc_pb";
import * as pb from "@pulumi/pulumi/proto/resource_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { type Report, Stopped } from "../execute/step";
import type { Deployment } from "../plan/deployment";
import { MESSAGE_LIMITS, toStruct } from "../rpc";
import { Unsupported } from "../unsupported";
import { goalOfRead, goalOfRegistration, propertiesOf } from "./request";

interface Options {
  readonly deployment: Pick<Deployment, "register" | "read" | "registerOutputs">;
  readonly report: Report;
  /** Is told that the program wants something that cannot be done, which ends the operation. */
  readonly refuse: (error: Error) => void;
}

/**
 * What the program may assume. Some of it is refused later, by name: if it were missing here, the SDK would word the
 * refusal.
 */
const FEATURES = new Set(
  (
    "secrets resourceReferences aliasSpecs deletedWith replaceWith transforms invokeTransforms parameterization " +
    "resourceHooks errorHooks stateMigrations"
  ).split(" "),
);
const SEVERITIES = [undefined, "info", "warning", "error"] as const;

/**
 * The two services that a Pulumi program talks to: it registers resources with the resource monitor, and logs to the
 * engine. What it asks for and this engine does not do is refused by name.
 */
export class ResourceMonitor {
  readonly #server = new grpc.Server(MESSAGE_LIMITS);
  readonly #deployment: Options["deployment"];
  readonly #report: Report;
  readonly #refuse: (error: Error) => void;
  #root = "";
  #programDone: () => void = () => {};
  #shutdown: () => void = () => {};
  /** Resolves when the program has registered everything. */
  readonly programDone = new Promise<void>((resolve) => {
    this.#programDone = resolve;
  });
  readonly #shutdownAllowed = new Promise<void>((resolve) => {
    this.#shutdown = resolve;
  });

  constructor({ deployment, report, refuse }: Options) {
    this.#deployment = deployment;
    this.#report = report;
    this.#refuse = refuse;
    this.#server.addService(ResourceMonitorService, this.#monitorService());
    this.#server.addService(EngineService, this.#engineService());
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

  #monitorService(): grpc.UntypedServiceImplementation {
    return {
      getDeploymentInfo: this.#answer(() => {
        const response = new pb.DeploymentInfo();
        response.setSupportedfeaturesList([...FEATURES].map(featureOf));
        return response;
      }),
      // Asked by SDKs that do not know getDeploymentInfo.
      supportsFeature: this.#answer((request: pb.SupportsFeatureRequest) => {
        const response = new pb.SupportsFeatureResponse();
        response.setHassupport(FEATURES.has(request.getId()));
        return response;
      }),
      registerResource: this.#answer((request: pb.RegisterResourceRequest) => this.#register(request)),
      readResource: this.#answer((request: pb.ReadResourceRequest) => this.#read(request)),
      registerResourceOutputs: this.#answer(async (request: pb.RegisterResourceOutputsRequest) => {
        const outputs = propertiesOf(request.getOutputs(), request.getUrn());
        await this.#deployment.registerOutputs(request.getUrn(), outputs);
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
    };
  }

  #engineService(): grpc.UntypedServiceImplementation {
    return {
      log: this.#answer((request: engine.LogRequest) => {
        const severity = SEVERITIES[request.getSeverity()];
        if (severity && !request.getEphemeral())
          this.#report(severity, request.getMessage().trimEnd(), request.getUrn());
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
    };
  }

  async #register(request: pb.RegisterResourceRequest): Promise<pb.RegisterResourceResponse> {
    const resource = await this.#deployment.register(goalOfRegistration(request));
    const response = new pb.RegisterResourceResponse();
    response.setUrn(resource.urn);
    response.setId(resource.id ?? "");
    response.setObject(toStruct(resource.custom ? resource.outputs : {}));
    return response;
  }

  async #read(request: pb.ReadResourceRequest): Promise<pb.ReadResourceResponse> {
    const resource = await this.#deployment.read(request.getId(), goalOfRead(request));
    const response = new pb.ReadResourceResponse();
    response.setUrn(resource.urn);
    response.setProperties(toStruct(resource.outputs));
    return response;
  }

  /** A handler that answers with what `handle` returns. Once the operation has stopped, there are no more answers. */
  #answer<Request, Response>(
    handle: (request: Request) => Response | Promise<Response>,
  ): grpc.handleUnaryCall<Request, Response> {
    return async ({ request }, callback) => {
      try {
        callback(null, await handle(request));
      } catch (error) {
        if (!(error instanceof Stopped)) this.#refuse(error instanceof Error ? error : new Error(String(error)));
      }
    };
  }

  #refusal<Request>(what: (request: Request) => string): grpc.handleUnaryCall<Request, unknown> {
    return this.#answer((request: Request) => {
      throw new Unsupported(`the program uses ${what(request)}`);
    });
  }
}

function featureOf(name: string): pb.ResourceMonitorFeature {
  const constant = name.replace(/[A-Z]/g, "_$&").toUpperCase();
  return pb.ResourceMonitorFeature[`RESOURCE_MONITOR_FEATURE_${constant}` as keyof typeof pb.ResourceMonitorFeature];
}
