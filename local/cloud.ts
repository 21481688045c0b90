import { EXTERNAL_ACCOUNT } from "./acme/accounts";
import { startAcme } from "./acme/server";
import { startAlidns } from "./alidns/server";
import { startCas } from "./cas/server";
import { answerControl } from "./controlApi";
import { startDnsServer } from "./dns/server";
import { startOss } from "./oss/server";
import { World, type WorldOptions } from "./world";

export interface CloudOptions extends WorldOptions {
  /** The port of OSS and the control API; a free one when left out. */
  readonly port?: number | undefined;
  /** The UDP and TCP port of DNS; a free one when left out. */
  readonly dnsPort?: number | undefined;
  /** None when left out; `addBucket` adds more later. */
  readonly buckets?: readonly string[] | undefined;
  /** `ak` and `sk` when left out. */
  readonly accessKeyId?: string | undefined;
  readonly accessKeySecret?: string | undefined;
  /** Required in every request when given. */
  readonly securityToken?: string | undefined;
}

type Controls =
  | "requests"
  | "forgetRequests"
  | "state"
  | "inConsole"
  | "switches"
  | "set"
  | "faults"
  | "fail"
  | "clearFaults"
  | "addBucket"
  | "removeBucket"
  | "addZone"
  | "addRecord"
  | "removeRecords"
  | "addCertificate"
  | "addCredential"
  | "setRenewalWindow";

/** A test double of OSS, Alibaba Cloud DNS, Certificate Management, a name server and an ACME CA, on loopback only. */
export interface Cloud extends Pick<World, Controls | "region"> {
  /** `http://127.0.0.1:port` */
  readonly oss: string;
  readonly alidns: string;
  readonly cas: string;
  readonly acme: {
    /** URL of the CA's directory. */
    readonly directory: string;
    /** PEM, of an account that is registered there. */
    readonly accountKey: string;
    /** What accounts are bound to while the switch `acmeExternalAccounts` is on. The key is base64url. */
    readonly externalAccount: { readonly kid: string; readonly hmacKey: string };
    /** The root of all that the CA issues, as PEM. */
    rootCertificate(): Promise<string>;
  };
  /** `127.0.0.1:port` */
  readonly dns: string;
  readonly accessKeyId: string;
  readonly accessKeySecret: string;
  /** The configuration of a stack that lives on this cloud: keys such as `oss-cname:endpoint`, and their values. */
  readonly config: Readonly<Record<string, string>>;
  close(): Promise<void>;
}

/** Starts all services. Throws when a requested port is taken. */
export async function startCloud(options: CloudOptions = {}): Promise<Cloud> {
  const { port = 0, dnsPort, buckets = [], accessKeyId = "ak", accessKeySecret = "sk", securityToken } = options;
  const world = new World(options);
  world.addCredential({ accessKeyId, accessKeySecret, securityToken });
  for (const name of buckets) world.addBucket({ name });

  const servers: { close(): Promise<void> }[] = [];
  const close = async () => {
    await Promise.all(servers.map((server) => server.close()));
  };
  try {
    const dnsServer = await startDnsServer(world.zones, dnsPort);
    servers.push(dnsServer);
    const dns = `${dnsServer.host}:${dnsServer.port}`;
    const alidns = await startAlidns(world);
    servers.push(alidns);
    const cas = await startCas(world);
    servers.push(cas);
    const oss = await startOss(world, { port, dns, control: (request) => answerControl(world, request) });
    servers.push(oss);
    const ca = await startAcme(world, { dns, oss: oss.url });
    servers.push(ca);
    const { rootCertificate, accountKey } = ca;
    const acme = { directory: `${ca.url}/directory`, accountKey, externalAccount: EXTERNAL_ACCOUNT, rootCertificate };
    const addresses = { oss: oss.url, alidns: alidns.url, cas: cas.url, acme, dns };
    const config = {
      "alicloud:region": world.region,
      "alicloud:accessKey": accessKeyId,
      "alicloud:secretKey": accessKeySecret,
      ...(securityToken !== undefined && { "alicloud:securityToken": securityToken }),
      "oss-cname:endpoint": oss.url,
      "oss-cname:alidnsEndpoint": alidns.url,
      "oss-cname:casEndpoint": cas.url,
      "oss-cname:acmeDirectory": acme.directory,
      "oss-cname:acmeAccountKey": acme.accountKey,
      "oss-cname:dnsServers": dns,
    };
    return Object.assign(world, { ...addresses, accessKeyId, accessKeySecret, config, close });
  } catch (error) {
    await close();
    throw error;
  }
}
