import { startAlidns } from "./alidns/server";
import { answerControl } from "./controlApi";
import { Controls } from "./controls";
import { startDnsServer } from "./dns/server";
import { startOss } from "./oss/server";
import type { Switches } from "./switches";
import { World, type WorldState } from "./world";

export interface CloudOptions {
  /** Of OSS and the control API; a free one when left out. */
  readonly port?: number | undefined;
  /** Of DNS, UDP and TCP; a free one when left out. */
  readonly dnsPort?: number | undefined;
  /** Every reply of OSS and Alidns is this late. */
  readonly latencyMs?: number | undefined;
  /** None when left out: buckets can also be made later, by `addBucket`. */
  readonly buckets?: readonly string[] | undefined;
  /** `example.com` when left out. */
  readonly zones?: readonly string[] | undefined;
  /** `cn-hangzhou` when left out. */
  readonly region?: string | undefined;
  /** `ak` and `sk` when left out. */
  readonly accessKeyId?: string | undefined;
  readonly accessKeySecret?: string | undefined;
  /** Must then come with every request. */
  readonly securityToken?: string | undefined;
  /** The services' clock; the machine's own when left out. */
  readonly now?: (() => Date) | undefined;
  readonly switches?: Partial<Switches> | undefined;
  /** What the services hold at first: what `state()` of another cloud gave. */
  readonly state?: WorldState | undefined;
}

/** The three services on loopback. */
export interface Cloud extends Controls {
  /** `http://127.0.0.1:port` */
  readonly oss: string;
  readonly alidns: string;
  /** `127.0.0.1:port` */
  readonly dns: string;
  readonly region: string;
  readonly accessKeyId: string;
  readonly accessKeySecret: string;
  close(): Promise<void>;
}

/** Starts OSS, Alidns and DNS. Throws when a port that was asked for is taken. */
export async function startCloud(options: CloudOptions = {}): Promise<Cloud> {
  const { port = 0, dnsPort, buckets = [], accessKeyId = "ak", accessKeySecret = "sk", securityToken } = options;
  const world = new World(options);
  const controls = new Controls(world);
  controls.addCredential({ accessKeyId, accessKeySecret, securityToken });
  for (const name of buckets) controls.addBucket({ name });

  const opened: { close(): Promise<void> }[] = [];
  const close = async () => {
    await Promise.all(opened.map((server) => server.close()));
  };
  try {
    const dnsServer = await startDnsServer(world.zones, { port: dnsPort });
    opened.push(dnsServer);
    const dns = `${dnsServer.host}:${dnsServer.port}`;
    const alidns = await startAlidns(world);
    opened.push(alidns);
    const oss = await startOss(world, { port, dns, control: (request) => answerControl(controls, request) });
    opened.push(oss);
    return Object.assign(controls, {
      oss: oss.url,
      alidns: alidns.url,
      dns,
      region: world.region,
      accessKeyId,
      accessKeySecret,
      close,
    });
  } catch (error) {
    await close();
    throw error;
  }
}
