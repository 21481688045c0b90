import * as grpc from "@grpc/grpc-js";
import { ResourceProviderClient } from "@pulumi/pulumi/proto/provider_grpc_pb";
import * as pb from "@pulumi/pulumi/proto/provider_pb";
import { Status } from "@pulumi/pulumi/proto/status_pb";
import { type JavaScriptValue, Struct } from "google-protobuf/google/protobuf/struct_pb";
import { known, markSecrets, type PropertyMap, plain } from "../property/value";
import { NodeProcess, type Output, pulumiProgram } from "./nodeProcess";

export interface ProviderHostOptions {
  /** Where the process runs and finds its packages: the directory of the user's program. */
  readonly cwd: string;
  /** The Pulumi project's name. */
  readonly project: string;
  /** More environment variables, over those of this process. An undefined one is taken away. */
  readonly env?: NodeJS.ProcessEnv;
  /** Gets each line that the process prints. Default: they are dropped. */
  readonly output?: Output;
}

/** What `diff` answered: the properties that force a replacement are listed only if there are changes. */
export interface DiffResult {
  readonly changes: "some" | "none" | "unknown";
  readonly replaces: readonly string[];
  readonly deleteBeforeReplace: boolean;
}

/** The provider made or changed the object, but says that it is not finished: an error with state that must be kept. */
export class ResourceInitError extends Error {
  constructor(
    readonly id: string,
    readonly properties: PropertyMap,
    readonly reasons: readonly string[],
  ) {
    super(reasons.length > 0 ? reasons.join("\n") : "resource init failed");
    this.name = "ResourceInitError";
  }
}

/** The process ended before it answered: what it was asked to do may have been done. */
export class Unanswered extends Error {}

/**
 * One dynamic-provider process of @pulumi/pulumi: what the CLI starts for the dynamic resources of a provider. It serves all of them at
 * once, and lives for one operation.
 *
 * Every property map must have the provider's text under `__provider`. The process does not know secrets: it gets them in clear, and
 * what it returns under the same name is marked as secret again.
 */
export class ProviderHost {
  readonly #process: NodeProcess;
  readonly #client: ResourceProviderClient;
  readonly #state: { ended?: string };

  private constructor(process: NodeProcess, client: ResourceProviderClient, state: { ended?: string }) {
    this.#process = process;
    this.#client = client;
    this.#state = state;
  }

  static async start(options: ProviderHostOptions): Promise<ProviderHost> {
    let announced: (port: number) => void = () => {};
    const port = new Promise<number>((resolve) => {
      announced = resolve;
    });
    let first = true;
    const child = new NodeProcess(pulumiProgram("dynamic-provider", options.cwd), {
      cwd: options.cwd,
      env: { ...process.env, PULUMI_NODEJS_PROJECT: options.project, PULUMI_PROJECT: options.project, ...options.env },
      args: ["127.0.0.1:1"],
      output: (line, from) => {
        if (first && from === "stdout") {
          first = false;
          announced(Number.parseInt(line, 10));
        } else options.output?.(line, from);
      },
    });
    const state: { ended?: string } = {};
    const ended = child.ended.then(({ how }) => {
      state.ended = how;
      throw new Error(`the dynamic provider process did not start: ${how}`);
    });
    ended.catch(() => {});
    const client = new ResourceProviderClient(
      `127.0.0.1:${await Promise.race([port, ended])}`,
      grpc.credentials.createInsecure(),
      messageLimits,
    );
    return new ProviderHost(child, client, state);
  }

  /** Gives the provider its configuration; call it once, before all else. Values may be secrets. */
  async configure(config: PropertyMap): Promise<void> {
    const request = new pb.ConfigureRequest();
    request.setArgs(struct(config));
    request.setAcceptsecrets(true);
    await this.#call((done) => this.#client.configure(request, done));
  }

  async check(
    olds: PropertyMap,
    news: PropertyMap,
  ): Promise<{ inputs: PropertyMap; failures: { property: string; reason: string }[] }> {
    const request = new pb.CheckRequest();
    request.setOlds(struct(plain(olds)));
    request.setNews(struct(plain(news)));
    const response = await this.#call<pb.CheckResponse>((done) => this.#client.check(request, done));
    return { inputs: markSecrets(map(response.getInputs()), news), failures: response.toObject().failuresList };
  }

  /** Compares the outputs in the state with the inputs that `check` returned. */
  async diff(id: string, oldOutputs: PropertyMap, newInputs: PropertyMap): Promise<DiffResult> {
    const request = new pb.DiffRequest();
    request.setId(id);
    request.setOlds(struct(plain(oldOutputs)));
    request.setNews(struct(plain(newInputs)));
    const response = await this.#call<pb.DiffResponse>((done) => this.#client.diff(request, done));
    return {
      changes: changes[response.getChanges()] ?? "unknown",
      replaces: response.getReplacesList(),
      deleteBeforeReplace: response.getDeletebeforereplace(),
    };
  }

  /** @throws ResourceInitError when the object exists but is not finished */
  async create(inputs: PropertyMap): Promise<{ id: string; properties: PropertyMap }> {
    const request = new pb.CreateRequest();
    request.setProperties(struct(plain(inputs)));
    const response = await this.#call<pb.CreateResponse>((done) => this.#client.create(request, done), inputs);
    if (response.getId() === "") throw new Error("the provider's create returned no id, or one that is not a string");
    return { id: response.getId(), properties: markSecrets(map(response.getProperties()), inputs) };
  }

  /** Reads the object; an empty id says that it is gone. `inputs` is set only if the provider returns some. */
  async read(
    id: string,
    properties: PropertyMap,
    inputs: PropertyMap = {},
  ): Promise<{ id: string; properties: PropertyMap; inputs?: PropertyMap }> {
    const request = new pb.ReadRequest();
    request.setId(id);
    // In a preview, the program may not know all yet.
    request.setProperties(struct(known(plain(properties))));
    request.setInputs(struct(known(plain(inputs))));
    const response = await this.#call<pb.ReadResponse>((done) => this.#client.read(request, done));
    return {
      id: response.getId(),
      properties: markSecrets(map(response.getProperties()), properties),
      ...(response.hasInputs() && { inputs: markSecrets(map(response.getInputs()), inputs) }),
    };
  }

  /**
   * Returns the new outputs.
   * @throws ResourceInitError when the object was changed but is not finished
   */
  async update(id: string, oldOutputs: PropertyMap, newInputs: PropertyMap): Promise<PropertyMap> {
    const request = new pb.UpdateRequest();
    request.setId(id);
    request.setOlds(struct(plain(oldOutputs)));
    request.setNews(struct(plain(newInputs)));
    const response = await this.#call<pb.UpdateResponse>((done) => this.#client.update(request, done), newInputs);
    return markSecrets(map(response.getProperties()), newInputs);
  }

  async delete(id: string, outputs: PropertyMap): Promise<void> {
    const request = new pb.DeleteRequest();
    request.setId(id);
    request.setProperties(struct(plain(outputs)));
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
        const how = this.#state.ended ? ` (${this.#state.ended})` : "";
        if (died) return reject(new Unanswered(`the dynamic provider process ended${how} before it answered`));
        reject(initError(error, inputs) ?? new Error(error.details));
      });
    });
  }
}

/** gRPC's own limit of 4 MB is too low for property maps that hold files. */
export const messageLimits = { "grpc.max_receive_message_length": -1, "grpc.max_send_message_length": -1 };

/** A property map as a protobuf struct. */
export function struct(properties: PropertyMap): Struct {
  return Struct.fromJavaScript(properties as Record<string, JavaScriptValue>);
}

/** A protobuf struct as a property map. */
export function map(properties: Struct | undefined): PropertyMap {
  return (properties?.toJavaScript() ?? {}) as PropertyMap;
}

const changes = ["unknown", "none", "some"] as const;

/** The partial state that gRPC carries in the metadata of an error. */
function initError(error: grpc.ServiceError, inputs: PropertyMap): ResourceInitError | undefined {
  const [packed] = error.metadata.get("grpc-status-details-bin");
  if (!Buffer.isBuffer(packed)) return undefined;
  const detail = Status.deserializeBinary(packed)
    .getDetailsList()[0]
    ?.unpack(pb.ErrorResourceInitFailed.deserializeBinary, "pulumirpc.ErrorResourceInitFailed");
  if (!detail) return undefined;
  return new ResourceInitError(
    detail.getId(),
    markSecrets(map(detail.getProperties()), inputs),
    detail.getReasonsList(),
  );
}
