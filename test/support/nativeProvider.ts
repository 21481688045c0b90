import * as grpc from "@grpc/grpc-js";
import { ResourceProviderClient } from "@pulumi/pulumi/proto/provider_grpc_pb";
import * as pb from "@pulumi/pulumi/proto/provider_pb";
import { initError } from "../../engine/execute/providerHost";
import type { PropertyMap } from "../../engine/property/value";
import { fromStruct, MESSAGE_LIMITS, toStruct } from "../../engine/rpc";
import { EngineLog } from "../../native/engineLog";
import { RESOURCES } from "../../native/resources";
import { type Served, serve } from "../../native/serve";
import { currentUrn } from "../../native/service";
import type { CheckFailure } from "../../provider/resources/lifecycle";
import { Run, type RunOptions } from "../../provider/run";

/** What the plugin is asked about one resource. */
export interface Asked {
  readonly type: string;
  readonly name?: string;
  readonly preview?: boolean;
  /** Seconds. */
  readonly timeout?: number;
}

/** A resource before a change, and the inputs after it. */
interface BeforeAndAfter {
  readonly olds: PropertyMap;
  readonly oldInputs: PropertyMap;
  readonly news: PropertyMap;
}

/** The plugin in this process, asked over gRPC as an engine asks it. */
export class NativeProvider {
  readonly client: ResourceProviderClient;
  readonly run: Run;
  readonly #served: Served;
  readonly #log: EngineLog;

  private constructor(served: Served, run: Run, log: EngineLog) {
    this.#served = served;
    this.run = run;
    this.#log = log;
    const address = `127.0.0.1:${served.port}`;
    this.client = new ResourceProviderClient(address, grpc.credentials.createInsecure(), MESSAGE_LIMITS);
  }

  /** `print`: default, the engine's log. */
  static async start({ print, ...options }: RunOptions = {}): Promise<NativeProvider> {
    const log = new EngineLog();
    const run = new Run({
      ...options,
      print: print ?? ((line, where) => log.info(line, where)),
      where: currentUrn,
    });
    const served = await serve({ run, log, schema: () => "{}", version: "0.0.1" });
    return new NativeProvider(served, run, log);
  }

  close(): void {
    this.client.close();
    this.#served.close();
    this.#log.close();
  }

  async configure(config: PropertyMap): Promise<pb.ConfigureResponse> {
    const request = new pb.ConfigureRequest();
    request.setArgs(toStruct(config));
    request.setAcceptsecrets(true);
    return call<pb.ConfigureResponse>((done) => this.client.configure(request, done));
  }

  async check(
    of: Asked,
    olds: PropertyMap,
    news: PropertyMap,
  ): Promise<{ inputs: PropertyMap; failures: CheckFailure[] }> {
    const request = new pb.CheckRequest();
    request.setUrn(urnOf(of));
    request.setOlds(toStruct(olds));
    request.setNews(toStruct(news));
    const response = await call<pb.CheckResponse>((done) => this.client.check(request, done));
    return { inputs: fromStruct(response.getInputs()), failures: response.toObject().failuresList };
  }

  async diff(of: Asked, id: string, properties: BeforeAndAfter): Promise<pb.DiffResponse> {
    const request = filled(new pb.DiffRequest(), of, id, properties);
    return call<pb.DiffResponse>((done) => this.client.diff(request, done));
  }

  async create(of: Asked, inputs: PropertyMap): Promise<{ id: string; properties: PropertyMap }> {
    const request = new pb.CreateRequest();
    request.setUrn(urnOf(of));
    request.setProperties(toStruct(inputs));
    request.setPreview(of.preview ?? false);
    request.setTimeout(of.timeout ?? 0);
    const response = await call<pb.CreateResponse>((done) => this.client.create(request, done));
    return { id: response.getId(), properties: fromStruct(response.getProperties()) };
  }

  async read(
    of: Asked,
    id: string,
    { properties, inputs }: { readonly properties: PropertyMap; readonly inputs: PropertyMap } = {
      properties: {},
      inputs: {},
    },
  ): Promise<{ id: string; properties: PropertyMap; inputs: PropertyMap }> {
    const request = new pb.ReadRequest();
    request.setUrn(urnOf(of));
    request.setId(id);
    request.setProperties(toStruct(properties));
    request.setInputs(toStruct(inputs));
    const response = await call<pb.ReadResponse>((done) => this.client.read(request, done));
    return {
      id: response.getId(),
      properties: fromStruct(response.getProperties()),
      inputs: fromStruct(response.getInputs()),
    };
  }

  async update(of: Asked, id: string, properties: BeforeAndAfter): Promise<PropertyMap> {
    const request = filled(new pb.UpdateRequest(), of, id, properties);
    request.setPreview(of.preview ?? false);
    request.setTimeout(of.timeout ?? 0);
    const response = await call<pb.UpdateResponse>((done) => this.client.update(request, done));
    return fromStruct(response.getProperties());
  }

  async delete(of: Asked, id: string, properties: PropertyMap): Promise<void> {
    const request = new pb.DeleteRequest();
    request.setUrn(urnOf(of));
    request.setId(id);
    request.setProperties(toStruct(properties));
    await call((done) => this.client.delete(request, done));
  }
}

function filled<Request extends pb.DiffRequest | pb.UpdateRequest>(
  request: Request,
  of: Asked,
  id: string,
  { olds, oldInputs, news }: BeforeAndAfter,
): Request {
  request.setUrn(urnOf(of));
  request.setId(id);
  request.setOlds(toStruct(olds));
  request.setOldInputs(toStruct(oldInputs));
  request.setNews(toStruct(news));
  return request;
}

export function urnOf({ type, name = "name" }: Asked): string {
  return `urn:pulumi:dev::project::oss-cname:index:${type}::${name}`;
}

/** The type of a resource by its lifecycle's name. */
export function typeOf(kind: string): string {
  return Object.keys(RESOURCES).find((type) => RESOURCES[type] === kind) ?? "";
}

/** The answer to one request. Rejects with what a provider reports, or with what it says is there all the same. */
export function call<Response>(send: (done: grpc.requestCallback<Response>) => unknown): Promise<Response> {
  return new Promise((resolve, reject) => {
    send((error, response) => {
      if (response !== undefined && !error) resolve(response);
      else
        reject(
          error === null ? new Error("the plugin answered nothing") : (initError(error) ?? new Error(error.details)),
        );
    });
  });
}
