import { AsyncLocalStorage } from "node:async_hooks";
import type * as grpc from "@grpc/grpc-js";
import { type PluginAttach, PluginInfo } from "@pulumi/pulumi/proto/plugin_pb";
import * as pb from "@pulumi/pulumi/proto/provider_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import type { PropertyMap } from "../engine/property/value";
import { toStruct } from "../engine/rpc";
import { type AnyLifecycle, anyLifecycles, PartialFailure, type Run } from "../provider/plugin";
import { Claims } from "./claims";
import { checkedConfig, configOf, credentialsInClear } from "./config";
import { type Change, changesOf } from "./diff";
import type { EngineLog } from "./engineLog";
import { failure, unfinished } from "./errors";
import { FUNCTIONS } from "./functions";
import { lifecycleName, typeName } from "./resources";
import { checkResponse, diffResponse } from "./responses";
import { inClear, marked, received } from "./values";

export interface ServiceOptions {
  readonly run: Run;
  readonly log: EngineLog;
  /** The schema of the package, as JSON. */
  readonly schema: () => string;
  /** Of the plugin. */
  readonly version: string;
}

/** The resource whose operation is under way, by its URN; for messages, which stand at it. */
const OPERATION = new AsyncLocalStorage<string>();

export function currentUrn(): string {
  return OPERATION.getStore() ?? "";
}

/** Pulumi's provider service over the lifecycles: it translates, and decides nothing by itself. */
export function providerService({ run, log, schema, version }: ServiceOptions): grpc.UntypedServiceImplementation {
  const lifecycles = anyLifecycles(run);
  const warned = new Set<string>();
  let claims = new Claims();

  return {
    handshake: answer((request: pb.ProviderHandshakeRequest) => {
      log.connect(request.getEngineAddress());
      const response = new pb.ProviderHandshakeResponse();
      response.setAcceptSecrets(true);
      response.setAcceptOutputs(true);
      return response;
    }),
    attach: answer((request: PluginAttach) => {
      log.connect(request.getAddress());
      return new Empty();
    }),
    getPluginInfo: answer(() => {
      const response = new PluginInfo();
      response.setVersion(version);
      return response;
    }),
    getSchema: answer(() => {
      const response = new pb.GetSchemaResponse();
      response.setSchema(schema());
      return response;
    }),
    cancel: answer(() => {
      run.cancel();
      return new Empty();
    }),

    checkConfig: answer((request: pb.CheckRequest) => {
      const news = received(request.getNews());
      for (const key of credentialsInClear(news))
        log.warn(
          `${key} is given in clear: set it with \`pulumi config set --secret oss-cname:${key}\`, or use profile`,
          request.getUrn(),
        );
      return checkResponse(checkedConfig(news));
    }),
    diffConfig: answer((request: pb.DiffRequest) => {
      const [oldInputs, news] = [received(request.getOldInputs() ?? request.getOlds()), received(request.getNews())];
      const changes = changesOf({ oldInputs: inClear(oldInputs), olds: {}, news: inClear(news), outputs: {} });
      return diffResponse({ changes, isChange: changes.size > 0, replaces: [] });
    }),
    configure: answer((request: pb.ConfigureRequest) => {
      run.configure(configOf(received(request.getArgs())));
      // A plugin that somebody debugs outlives an operation.
      claims = new Claims();
      const response = new pb.ConfigureResponse();
      response.setAcceptsecrets(true);
      response.setAcceptoutputs(true);
      response.setSupportspreview(true);
      return response;
    }),

    check: answer(async (request: pb.CheckRequest) => {
      const news = received(request.getNews());
      const olds = inClear(received(request.getOlds()));
      const lifecycle = lifecycleOf(request);
      const { inputs, failures } = await lifecycle.check(olds, inClear(news));
      if (failures.length === 0) warn(lifecycle, inputs as PropertyMap);
      const all = [
        ...failures,
        ...claims.problems(typeName(request.getUrn()), request.getUrn(), inputs as PropertyMap),
      ];
      return checkResponse({ inputs: marked(inputs, news), failures: all });
    }),
    diff: answer(async (request: pb.DiffRequest) => {
      const lifecycle = lifecycleOf(request);
      const oldInputs = inClear(received(request.getOldInputs()));
      const olds = inClear(received(request.getOlds()));
      const news = inClear(received(request.getNews()));
      const { changes: isChange, replaces = [] } = await lifecycle.diff(request.getId(), olds, news);
      if (!isChange) warn(lifecycle, news, olds);
      const outputs = (lifecycle.preview?.(news, olds) ?? {}) as PropertyMap;
      const changes = isChange ? changesOf({ oldInputs, olds, news, outputs }) : new Map<string, Change>();
      return diffResponse({ changes, isChange, replaces });
    }),
    create: answer(async (request: pb.CreateRequest) => {
      const lifecycle = lifecycleOf(request);
      const inputs = received(request.getProperties());
      const response = new pb.CreateResponse();
      if (request.getPreview()) {
        response.setProperties(toStruct(foreseen(lifecycle, inputs)));
        return response;
      }
      const timeout = request.getTimeout() || undefined;
      const { id, outs } = await orUnfinished(lifecycle, inputs, lifecycle.create(inClear(inputs), timeout));
      warn(lifecycle, inClear(inputs), outs);
      response.setId(id);
      response.setProperties(toStruct(shown(lifecycle, outs, inputs)));
      return response;
    }),
    read: answer(async (request: pb.ReadRequest) => {
      const lifecycle = lifecycleOf(request);
      const [properties, inputs] = [received(request.getProperties()), received(request.getInputs())];
      const response = new pb.ReadResponse();
      if (lifecycle.read === undefined) {
        response.setId(request.getId());
        response.setProperties(request.getProperties());
        response.setInputs(request.getInputs());
        return response;
      }
      const isImport = Object.keys(properties).length === 0;
      const found = await lifecycle.read(request.getId(), isImport ? undefined : inClear(properties));
      response.setId(found.id ?? "");
      if (!found.id) return response;
      response.setProperties(toStruct(shown(lifecycle, found.props ?? {}, properties, inputs)));
      if (isImport) response.setInputs(toStruct(marked(found.inputs ?? {})));
      else if (request.hasInputs()) response.setInputs(request.getInputs());
      return response;
    }),
    update: answer(async (request: pb.UpdateRequest) => {
      const lifecycle = lifecycleOf(request);
      const [olds, news] = [received(request.getOlds()), received(request.getNews())];
      const response = new pb.UpdateResponse();
      if (request.getPreview()) {
        response.setProperties(toStruct(foreseen(lifecycle, news, olds)));
        return response;
      }
      const timeout = request.getTimeout() || undefined;
      const work = lifecycle.update?.(request.getId(), inClear(olds), inClear(news), timeout);
      const { outs } = work === undefined ? { outs: inClear(news) } : await orUnfinished(lifecycle, news, work);
      warn(lifecycle, inClear(news), outs);
      response.setProperties(toStruct(shown(lifecycle, outs, news)));
      return response;
    }),
    delete: answer(async (request: pb.DeleteRequest) => {
      await lifecycleOf(request).delete?.(request.getId(), inClear(received(request.getProperties())));
      return new Empty();
    }),

    construct: async (
      call: grpc.ServerUnaryCall<pb.ConstructRequest, pb.ConstructResponse>,
      callback: grpc.sendUnaryData<pb.ConstructResponse>,
    ) => {
      try {
        const { constructHandler } = await import("./construct.js");
        constructHandler(log.address, version)(call, callback);
      } catch (error) {
        callback(failure(error));
      }
    },
    invoke: answer(async (request: pb.InvokeRequest) => {
      const args = received(request.getArgs());
      const name = /^oss-cname:index:(\w+)$/.exec(request.getTok())?.[1] ?? "";
      const invoke = FUNCTIONS[name];
      if (invoke === undefined) throw new Error(`the package oss-cname has no function ${request.getTok()}`);
      const { xml: _, ...result } = (await invoke(run, inClear(args))) as { xml?: string };
      const response = new pb.InvokeResponse();
      response.setReturn(toStruct(marked(result, args)));
      return response;
    }),
  };

  /** A handler that answers with what `handle` returns, and reports what it throws. */
  function answer<Request, Response>(
    handle: (request: Request) => Response | Promise<Response>,
  ): grpc.handleUnaryCall<Request, Response> {
    return ({ request }, callback) => {
      const urn = (request as { getUrn?: () => string | undefined }).getUrn?.() ?? "";
      void OPERATION.run(urn, async () => {
        try {
          const response = await handle(request);
          await log.told();
          callback(null, response);
        } catch (error) {
          await log.told();
          callback(error instanceof Unfinished ? error.status : failure(error));
        }
      });
    };
  }

  /** Warns at the resource, and of nothing twice. */
  function warn(lifecycle: AnyLifecycle, inputs: PropertyMap, outs?: object): void {
    const urn = currentUrn();
    const isOfComponent = /:index:CustomDomains?\$/.test(urn);
    const toDo = outs === undefined || isOfComponent ? [] : (lifecycle.toDo?.(inputs, outs as PropertyMap) ?? []);
    for (const text of [...(lifecycle.warnings?.(inputs, outs as PropertyMap) ?? []), ...toDo]) {
      if (!warned.has(text)) log.warn(text, urn);
      warned.add(text);
    }
  }

  function lifecycleOf(request: { getUrn(): string }): AnyLifecycle {
    return lifecycles[lifecycleName(request.getUrn())];
  }
}

/** Thrown for an object that is there although its operation failed. */
class Unfinished extends Error {
  constructor(readonly status: Partial<grpc.StatusObject>) {
    super(status.details);
  }
}

async function orUnfinished<T>(lifecycle: AnyLifecycle, inputs: PropertyMap, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (!(error instanceof PartialFailure)) throw error;
    const { id, properties } = error;
    throw new Unfinished(unfinished(error, { id, properties: shown(lifecycle, properties, inputs), inputs }));
  }
}

/** Outputs as the engine gets them. */
function shown(lifecycle: AnyLifecycle, outs: object, ...like: readonly PropertyMap[]): PropertyMap {
  return marked(lifecycle.shown?.(outs as PropertyMap) ?? outs, ...like);
}

/** What a preview shows: the inputs, and the outputs as far as they are known beforehand. */
function foreseen(lifecycle: AnyLifecycle, inputs: PropertyMap, olds: PropertyMap = {}): PropertyMap {
  const outputs = lifecycle.preview?.(inClear(inputs), inClear(olds));
  return outputs === undefined ? inputs : marked(outputs, inputs);
}
