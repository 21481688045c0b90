import * as grpc from "@grpc/grpc-js";
import { EngineService } from "@pulumi/pulumi/proto/engine_grpc_pb";
import { type LogRequest, LogSeverity } from "@pulumi/pulumi/proto/engine_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";

/** A line in an engine's log. */
export interface Logged {
  readonly severity: "info" | "warning" | "error" | "debug";
  /** Name of the resource that it stands at; empty for none. */
  readonly at: string;
  readonly text: string;
}

/** The part of an engine that plugins log to. */
export class EngineLogServer {
  readonly logged: Logged[] = [];
  readonly address: string;
  readonly #server: grpc.Server;

  private constructor(server: grpc.Server, port: number) {
    this.#server = server;
    this.address = `127.0.0.1:${port}`;
  }

  static async start(): Promise<EngineLogServer> {
    const server = new grpc.Server();
    let started: EngineLogServer | undefined;
    server.addService(EngineService, {
      log({ request }: { request: LogRequest }, done: grpc.sendUnaryData<Empty>) {
        const severity = SEVERITIES[request.getSeverity()];
        const at = request.getUrn().split("::").at(-1) ?? "";
        started?.logged.push({ severity, at, text: request.getMessage() });
        done(null, new Empty());
      },
    } as unknown as grpc.UntypedServiceImplementation);
    const port = await new Promise<number>((resolve, reject) => {
      server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, bound) =>
        error ? reject(error) : resolve(bound),
      );
    });
    started = new EngineLogServer(server, port);
    return started;
  }

  close(): void {
    this.#server.forceShutdown();
  }
}

const SEVERITIES = {
  [LogSeverity.DEBUG]: "debug",
  [LogSeverity.INFO]: "info",
  [LogSeverity.WARNING]: "warning",
  [LogSeverity.ERROR]: "error",
} as const;
