// Needs processes: the lifeline ends the process that holds it.
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer as createHttp2Server, type ServerHttp2Session } from "node:http2";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";

const LIFELINE = require.resolve("../../provider/engineLifeline");

describe("endWithEngine", () => {
  let engine: Server;
  let address: string;
  let child: ChildProcess | undefined;

  beforeEach(async () => {
    engine = createServer((line) => line.on("error", () => {}));
    engine.listen(0, "127.0.0.1");
    await once(engine, "listening");
    address = `127.0.0.1:${(engine.address() as AddressInfo).port}`;
  });
  afterEach(() => {
    child?.kill("SIGKILL");
    engine.close();
  });

  /** A process that holds the lifeline and then does this. */
  const start = (engineAddress: string, program: string) => {
    const address = `lifeline.engineAddress([${JSON.stringify(engineAddress)}])`;
    const text = `const lifeline = require(${JSON.stringify(LIFELINE)}); lifeline.endWithEngine(${address}); ${program}`;
    child = spawn(process.execPath, ["-e", text], { stdio: ["ignore", "pipe", "inherit"] });
    return child;
  };
  const forEver = "setInterval(() => {}, 1e6);";
  const line = async () => {
    const [socket] = await once(engine, "connection");
    return socket as Socket;
  };
  const ended = async (process: ChildProcess) => {
    const [code, signal] = await once(process, "exit");
    return signal ?? code;
  };

  it("opens a line again that was reset, which does not mean that the engine is gone", async () => {
    start(address, forEver);
    (await line()).resetAndDestroy();
    (await line()).resetAndDestroy();
    (await line()).end();
  });

  it("opens a line again that the engine closed", async () => {
    start(address, forEver);
    (await line()).end();
    (await line()).end();
  });

  it("ends the process when a line that was closed cannot be opened again", async () => {
    const provider = start(address, forEver);
    const end = ended(provider);
    const socket = await line();
    engine.close();
    socket.end();
    assert.equal(await end, "SIGKILL");
  });

  it("speaks as gRPC does, so that an engine that stops need not wait for it", async () => {
    const grpcEngine = createHttp2Server();
    grpcEngine.listen(0, "127.0.0.1");
    await once(grpcEngine, "listening");
    const sessions = once(grpcEngine, "session");
    start(`127.0.0.1:${(grpcEngine.address() as AddressInfo).port}`, forEver);
    const [session] = (await sessions) as [ServerHttp2Session];
    await once(session, "remoteSettings");
    session.close();
    await once(grpcEngine.close(), "close");
  });

  it("ends the process when nobody reads what it prints", async () => {
    const provider = start(address, "setInterval(() => console.log('working'), 10);");
    const end = ended(provider);
    provider.stdout?.destroy();
    assert.equal(await end, "SIGKILL");
  });

  it("does not keep a process that is done", async () => {
    assert.equal(await ended(start(address, "")), 0);
  });

  for (const other of ["--test", "/path/to:1", "127.0.0.1"])
    it(`does not take ${other} for an address`, async () => {
      assert.equal(await ended(start(other, "")), 0);
    });
});
