import * as grpc from "@grpc/grpc-js";
import { ResourceProviderService } from "@pulumi/pulumi/proto/provider_grpc_pb";
import { MESSAGE_LIMITS } from "../engine/rpc";
import { providerService, type ServiceOptions } from "./service";

/** A plugin that serves. */
export interface Served {
  readonly port: number;
  close(): void;
}

/** Serves the provider on loopback, on a free port. */
export function serve(options: ServiceOptions): Promise<Served> {
  const server = new grpc.Server(MESSAGE_LIMITS);
  server.addService(ResourceProviderService, providerService(options));
  return new Promise((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, port) => {
      if (error) reject(error);
      else resolve({ port, close: () => server.forceShutdown() });
    });
  });
}
