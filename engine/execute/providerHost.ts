import * as grpc from "@grpc/grpc-js";
import { ResourceProviderClient } from "@pulumi/pulumi/proto/provider_grpc_pb";
import * as pb from "@pulumi/pulumi/proto/provider_pb";
import { Status } from "@pulumi/pulumi/proto/status_pb";
import { known, markSecrets, plain } from "../property/rewrite";
import type { PropertyMap } from "../property/value";
import { fromStruct, MESSAGE_LIMITS, toStruct } from "../rpc";
import { NodeProcess, type Output, pulumiProgram } from "./nodeProcess";

export interface ProviderHostOptions {
  /** Where the process runs and finds its packages: the directory of the user's program. */
  readonly cwd: string;
  /** The name of the Pulumi project. */
  readonly project: string;
  /** Where the engine is, `host:port`: what it does for providers, and by which they tell engines apart. */
  readonly engine: string;
  /** Environment variables besides those of this process. An undefined one is removed. */
  readonly env?: NodeJS.ProcessEnv;
  /** Gets each line that the process prints. Default: they are dropped. */
  readonly output?: Output;
}

/** The answer of `diff`. The properties that force a replacement are given only if there are changes. */
export interface DiffResult {
  readonly changes: "some" | "none" | "unknown";
  readonly replaces: readonly string[];
  readonly deleteBeforeReplace: boolean;
}

/** The provider has created or changed the object but says that it is not finished: its state must be kept. */
export class ResourceInitError extends Error {
  readonly id: string;
  readonly properties: PropertyMap;
  readonly reasons: readonly string[];

  constructor(id: string, properties: PropertyMap, reasons: readonly string[]) {
    super(reasons.length > 0 ? reasons.join("\n") : "resource init failed");
    this.name = "ResourceInitError";
    this.id = id;
    this.properties = properties;
    this.reasons = reasons;
  }
}

/** The process ended before it answered: it may have done what it was asked for. */
export class Unanswered extends Error {}

const CHANGES = ["unknown", "none", "some"] as const;

/**
 * A dynamic-provider process of @pulumi/pulumi, which the CLI too starts for the dynamic resources of a provider. It
 * serves all of them, and lives for one operation.
 *
 * Every property map must have the provider's code under `__provider`. The process does not know secrets: it gets them
 * in clear, and what it returns under the same names is marked as secret again.
 */
export class ProviderHost {
  readonly #process: NodeProcess;
  readonly #client: ResourceProviderClient;
  /** How the process has ended. */
  #ended: string | undefined;

  private constructor(process: NodeProcess, port: number) {
    this.#process = process;
    this.#client = new ResourceProviderClient(`127.0.0.1:${port}`, grpc.credentials.createInsecure(), MESSAGE_LIMITS);
    process.ended.then(
      ({ how }) => {
        this.#ended = how;
      },
      () => {},
    );
  }

  static start(options: ProviderHostOptions): Promise<ProviderHost> {
    const { cwd, project, output = () => {} } = options;
    return new Promise((resolve, reject) => {
      let isStarted = false;
      const child = new NodeProcess(pulumiProgram("dynamic-provider", cwd), {
        cwd,
        env: {
          ...process.env,
          PULUMI_NODEJS_PROJECT: project,
          PULUMI_PROJECT: project,
          ...options.env,
        },
        args: [options.engine],
        output: (line, from) => {
          if (isStarted || from !== "stdout") return output(line, from);
          // Its first line is its port.
          isStarted = true;
          resolve(new ProviderHost(child, Number.parseInt(line, 10)));
        },
      });
      child.ended.then(({ how }) => reject(new Error(`the dynamic provider process did not start: ${how}`)), reject);
    });
  }

  /** Configures the provider, once and before all other calls. Values may be secrets. */
  async configure(config: PropertyMap): Promise<void> {
    const request = new pb.ConfigureRequest();
    request.setArgs(toStruct(config));
    request.setAcceptsecrets(true);
    await this.#call((done) => this.#client.configure(request, done));
  }

  async check(
    olds: PropertyMap,
    news: PropertyMap,
  ): Promise<{ inputs: PropertyMap; failures: { property: string; reason: string }[] }> {
    const request = new pb.CheckRequest();
    request.setOlds(toStruct(plain(olds)));
    request.setNews(toStruct(plain(news)));
    const response = await this.#call<pb.CheckResponse>((done) => this.#client.check(request, done));
    return { inputs: markSecrets(fromStruct(response.getInputs()), news), failures: response.toObject().failuresList };
  }

  /** Compares the outputs in the state with the inputs that `check` returned. */
  async diff(id: string, oldOutputs: PropertyMap, newInputs: PropertyMap): Promise<DiffResult> {
    const request = new pb.DiffRequest();
    request.setId(id);
    request.setOlds(toStruct(plain(oldOutputs)));
    request.setNews(toStruct(plain(newInputs)));
    const response = await this.#call<pb.DiffResponse>((done) => this.#client.diff(request, done));
    return {
      changes: CHANGES[response.getChanges()] ?? "unknown",
      replaces: response.getReplacesList(),
      deleteBeforeReplace: response.getDeletebeforereplace(),
    };
  }

  /** @throws ResourceInitError when the object exists but is not finished */
  async create(inputs: PropertyMap): Promise<{ id: string; properties: PropertyMap }> {
    const request = new pb.CreateRequest();
    request.setProperties(toStruct(plain(inputs)));
    const response = await this.#call<pb.CreateResponse>((done) => this.#client.create(request, done), inputs);
    if (response.getId() === "") throw new Error("the provider's create returned no id, or one that is not a string");
    return { id: response.getId(), properties: markSecrets(fromStruct(response.getProperties()), inputs) };
  }

  /** Reads the object; the id is empty when it is gone. `inputs` is set only if the provider returns some. */
  async read(
    id: string,
    properties: PropertyMap,
    inputs: PropertyMap = {},
  ): Promise<{ id: string; properties: PropertyMap; inputs?: PropertyMap | undefined }> {
    const request = new pb.ReadRequest();
    request.setId(id);
    // In a preview, the program may not know all of them yet.
    request.setProperties(toStruct(known(plain(properties))));
    request.setInputs(toStruct(known(plain(inputs))));
    const response = await this.#call<pb.ReadResponse>((done) => this.#client.read(request, done));
    return {
      id: response.getId(),
      properties: markSecrets(fromStruct(response.getProperties()), properties),
      inputs: response.hasInputs() ? markSecrets(fromStruct(response.getInputs()), inputs) : undefined,
    };
  }

  /**
   * Returns the new outputs.
   * @throws ResourceInitError when the object was changed but is not finished
   */
  async update(id: string, oldOutputs: PropertyMap, newInputs: PropertyMap): Promise<PropertyMap> {
    const request = new pb.UpdateRequest();
    request.setId(id);
    request.setOlds(toStruct(plain(oldOutputs)));
    request.setNews(toStruct(plain(newInputs)));
    const response = await this.#call<pb.UpdateResponse>((done) => this.#client.update(request, done), newInputs);
    return markSecrets(fromStruct(response.getProperties()), newInputs);
  }

  async delete(id: string, outputs: PropertyMap): Promise<void> {
    const request = new pb.DeleteRequest();
    request.setId(id);
    request.setProperties(toStruct(plain(outputs)));
    await this.#call((done) => this.#client.delete(request, done));
  }

  /** Ends the process. */
  async stop(): Promise<void> {
    this.#client.close();
    await this.#process.stop();
  }

  #call<Response>(
    send: (done: grpc.requestCallback<Response>) => unknown,
    inputs: PropertyMap = {},
  ): Promise<Response> {
    return new Promise((resolve, reject) => {
      send((error, response) => {
        if (response) return resolve(response);
        if (!error) return reject(new Error("the dynamic provider process answered nothing"));
        const died = error.code === grpc.status.UNAVAILABLE || error.code === grpc.status.CANCELLED;
        const how = this.#ended ? ` (${this.#ended})` : "";
        if (died) return reject(new Unanswered(`the dynamic provider process ended${how} before it answered`));
        reject(initError(error, inputs) ?? new Error(error.details));
      });
    });
  }
}

/** The error that carries the state of an unfinished object in its metadata, if the error is one. */
export function initError(error: grpc.ServiceError, inputs: PropertyMap = {}): ResourceInitError | undefined {
  const [packed] = error.metadata.get("grpc-status-details-bin");
  if (!Buffer.isBuffer(packed)) return undefined;
  const detail = Status.deserializeBinary(packed)
    .getDetailsList()[0]
    ?.unpack(pb.ErrorResourceInitFailed.deserializeBinary, "pulumirpc.ErrorResourceInitFailed");
  if (!detail) return undefined;
  return new ResourceInitError(
    detail.getId(),
    markSecrets(fromStruct(detail.getProperties()), inputs),
    detail.getReasonsList(),
  );
}
