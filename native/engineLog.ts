import * as grpc from "@grpc/grpc-js";
import { EngineClient } from "@pulumi/pulumi/proto/engine_grpc_pb";
import { LogRequest, LogSeverity } from "@pulumi/pulumi/proto/engine_pb";

/** The engine's log, the only place where a plugin can say something: what it prints is shown to nobody. */
export class EngineLog {
  #client: EngineClient | undefined;
  /** The engine's; empty before it is known. */
  address = "";
  readonly #underWay = new Set<Promise<void>>();

  /** Where the engine listens, `host:port`. What is logged before is lost. */
  connect(address: string): void {
    if (address === this.address) return;
    this.#client?.close();
    this.address = address;
    this.#client = new EngineClient(address, grpc.credentials.createInsecure());
  }

  /** `urn`: the resource that it stands at; empty for none. */
  info(text: string, urn: string): void {
    this.#log(LogSeverity.INFO, text, urn);
  }

  warn(text: string, urn: string): void {
    this.#log(LogSeverity.WARNING, text, urn);
  }

  /** Resolves when the engine has all lines, or cannot take them: it may end this process after any answer. */
  async told(): Promise<void> {
    await Promise.all(this.#underWay);
  }

  close(): void {
    this.#client?.close();
  }

  #log(severity: LogSeverity, text: string, urn: string): void {
    const client = this.#client;
    if (client === undefined) return;
    const request = new LogRequest();
    request.setSeverity(severity);
    request.setMessage(text);
    request.setUrn(urn);
    const line = new Promise<void>((resolve) => client.log(request, () => resolve())).finally(() =>
      this.#underWay.delete(line),
    );
    this.#underWay.add(line);
  }
}
