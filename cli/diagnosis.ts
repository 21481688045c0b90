import { getServers } from "node:dns";
import { lookup } from "node:dns/promises";
import { connect } from "node:tls";
import { resolveLocation } from "../provider/config/location";
import { query } from "../provider/dns/query";
import { splitHostPort } from "../provider/dns/serverAddress";
import { describeLook, lookForTxt } from "../provider/dns/txt";
import { recordsOf } from "../provider/dns/zone";
import { txtRecordName } from "../provider/names";
import { bucketUrl, publicHost, regionOfEndpoint, resolveEndpoint } from "../provider/oss/endpoint";
import { isOssError, type OssError } from "../provider/oss/error";
import { parseDate } from "../provider/oss/xml";
import {
  type BoundCertificate,
  type BoundDomain,
  type GetCnameTokenResult,
  queryCnames,
  queryCnameToken,
} from "../provider/queries/query";
import type { Run } from "../provider/run";
import { daysLeft, NEAR_DAYS } from "./daysLeft";

export interface Finding {
  readonly check: string;
  readonly state: "right" | "wrong" | "unknown";
  /** What was found, or why it is not known. */
  readonly text: string;
  /** How to mend what is wrong. */
  readonly mend?: string;
}

export interface DiagnosisOptions {
  readonly domain: string;
  /** Default: the one that the domain's CNAME record leads to. */
  readonly bucket?: string | undefined;
  /** `host:port` to ask for the certificate that is served. Default: the domain, port 443. */
  readonly connectTo?: string | undefined;
}

export interface Diagnosis {
  readonly domain: string;
  readonly bucket: string | null;
  readonly findings: readonly Finding[];
}

const MAX_SKEW_MS = 15 * 60 * 1000;
const TIMEOUT_MS = 5000;
const BAD_KEY = ["InvalidAccessKeyId", "SignatureDoesNotMatch", "SecurityTokenExpired", "InvalidSecurityToken"];

const right = (check: string, text: string): Finding => ({ check, state: "right", text });
const wrong = (check: string, text: string, mend: string): Finding => ({ check, state: "wrong", text, mend });
const unknown = (check: string, text: string): Finding => ({ check, state: "unknown", text });

/** Walks everything that a served domain depends on. Reads only, and never throws for what it finds. */
export async function diagnose(run: Run, { domain, bucket: given, connectTo }: DiagnosisOptions): Promise<Diagnosis> {
  const target = await findTarget(domain, run.settings.dnsServers);
  const bucket = given ?? target.bucket;
  const region = resolveLocation({}, run.settings).region ?? target.region;
  const [account, served] = await Promise.all([
    askAccount(run, domain, bucket, region),
    servedCertificate(domain, connectTo),
  ]);
  const { binding } = account;
  return {
    domain,
    bucket: bucket ?? null,
    findings: [
      ...account.findings,
      targetFinding(domain, target, bucket, region),
      certificateFinding(binding, served),
      expiryFinding(binding),
      filingFinding(region, binding),
    ],
  };
}

/** `undefined` where it is not known, `null` where the bucket has no such binding. */
type Binding = BoundDomain | null | undefined;

async function askAccount(
  run: Run,
  domain: string,
  bucket: string | undefined,
  region: string | undefined,
): Promise<{ findings: Finding[]; binding: Binding }> {
  let credential = await run.credentials.get().then(
    () => right("credentials", `from ${keySource(run)}`),
    (error: Error) => wrong("credentials", error.message, "give an access key, by options, environment or profile"),
  );
  let [endpoint, clock] = await probe(run, region, bucket);
  const rest = ["permissions", "token", "TXT record", "binding"];
  const giveUp = (why: string, permissions?: Finding) => ({
    findings: [credential, endpoint, clock, ...rest.map((check) => unknown(check, why))].map((finding) =>
      finding.check === permissions?.check ? permissions : finding,
    ),
    binding: undefined,
  });
  if (credential.state === "wrong" || endpoint.state === "wrong")
    return giveUp(`not asked: ${credential.state === "wrong" ? "there is no access key" : "OSS was not reached"}`);
  if (bucket === undefined) return giveUp("not asked: give --bucket, for no CNAME record tells which it is");
  const place = { bucket, region };
  let binding: Binding;
  try {
    const { cnames } = await queryCnames(run, place);
    binding = cnames.find((cname) => cname.domain.toLowerCase() === domain) ?? null;
  } catch (error) {
    const why = "the bucket could not be listed";
    if (isOssError(error, ...BAD_KEY)) credential = refused("credentials", error);
    else if (isOssError(error, "AccessDenied") && error.details.endpoint === undefined)
      return giveUp(why, denied(error));
    else if (isOssError(error)) endpoint = refused("endpoint and region", error);
    else endpoint = wrong("endpoint and region", (error as Error).message, "see what stands between here and OSS");
    return giveUp(why);
  }
  const permissions = right("permissions", "the bucket may be listed; what writes is not tried");
  if (binding !== null) {
    const needless = "needed no more: the domain is bound";
    const findings = [right("token", needless), right("TXT record", needless), bindingFinding(binding, bucket)];
    return { findings: [credential, endpoint, clock, permissions, ...findings], binding };
  }
  const proof = await askToken(run, domain, bucket, queryCnameToken(run, { ...place, domain }));
  return {
    findings: [credential, endpoint, clock, proof.denied ?? permissions, ...proof.findings, unbound(domain, bucket)],
    binding,
  };
}

function keySource({ settings, credentials }: Run): string {
  return settings.get("alicloud:accessKey") === undefined ? credentials.sourceName : "the options -i and -k";
}

/** Whether OSS answers there at all, and what time it has. An unsigned request is refused, and that is answer enough. */
async function probe(
  { settings, http }: Run,
  region: string | undefined,
  bucket: string | undefined,
): Promise<[endpoint: Finding, clock: Finding]> {
  const check = "endpoint and region";
  let origin = "";
  try {
    const configured = settings.get("oss-cname:endpoint");
    const endpoint = resolveEndpoint({ endpoint: configured, region });
    origin = bucket === undefined ? `${endpoint.protocol}//${endpoint.host}` : bucketUrl(endpoint, bucket).origin;
    if (endpoint.region === undefined) throw new Error(`endpoint ${endpoint.host} does not tell its region`);
  } catch (error) {
    const mend = "give --region, and --endpoint where OSS is not at the public one";
    return [wrong(check, (error as Error).message, mend), unknown("clock", "OSS was not asked")];
  }
  try {
    const reply = await http.exchange({ origin, path: "/", method: "GET", timeoutMs: TIMEOUT_MS });
    const date = parseDate([reply.headers.date].flat()[0] ?? "");
    return [right(check, `${new URL(origin).host} answers${region ? `, region ${region}` : ""}`), clockFinding(date)];
  } catch (error) {
    const mend = "check the region, the endpoint, and whether this machine may reach it";
    return [
      wrong(check, `${origin} does not answer: ${(error as Error).message}`, mend),
      unknown("clock", "OSS did not answer"),
    ];
  }
}

function clockFinding(theirs: Date | undefined): Finding {
  if (theirs === undefined) return unknown("clock", "the service did not tell its time");
  const skewMs = Math.abs(theirs.getTime() - Date.now());
  const text = `${Math.round(skewMs / 1000)} s from the service's, which is ${theirs.toISOString()}`;
  return skewMs > MAX_SKEW_MS
    ? wrong("clock", text, "set this machine's clock: requests more than 15 minutes off are refused")
    : right("clock", text);
}

function refused(check: string, error: OssError): Finding {
  return wrong(check, error.facts, error.remedy ?? "see what the code means in the OSS documentation");
}

function denied(error: OssError): Finding {
  return refused("permissions", error);
}

async function askToken(
  { settings }: Run,
  domain: string,
  bucket: string,
  asked: Promise<GetCnameTokenResult>,
): Promise<{ findings: Finding[]; denied?: Finding }> {
  const name = txtRecordName(domain);
  try {
    const { token, expireTime } = await asked;
    const look = await lookForTxt(name, token, { servers: settings.dnsServers });
    const said = describeLook(look);
    const record = look.present
      ? right("TXT record", said)
      : look.blocked
        ? unknown("TXT record", said)
        : wrong("TXT record", said, `create the record TXT ${name} = ${token}, and take away others of that name`);
    return { findings: [right("token", `${token}, valid until ${expireTime}`), record] };
  } catch (error) {
    const record = unknown("TXT record", "there is no token to look for");
    if (isOssError(error, "CnameTokenNotFound")) {
      const mend = "declare the domain and run `pulumi up`, which makes one";
      return { findings: [wrong("token", `bucket ${bucket} has no valid token for ${domain}`, mend), record] };
    }
    const findings = [unknown("token", (error as Error).message), record];
    return isOssError(error, "AccessDenied") ? { findings, denied: denied(error) } : { findings };
  }
}

function bindingFinding({ status, lastModified }: BoundDomain, bucket: string): Finding {
  const text = `bound to bucket ${bucket} since ${lastModified}, ${status}`;
  return status === "Disabled"
    ? wrong("binding", text, "the service has disabled it: see the OSS console for why (ICP filing, arrears, content)")
    : right("binding", text);
}

function unbound(domain: string, bucket: string): Finding {
  return wrong(
    "binding",
    `bucket ${bucket} does not list ${domain}`,
    "once the TXT record is there, run `pulumi up`; if it says CnameAlreadyExists, unbind the domain where it is",
  );
}

/** Where DNS leads. */
interface Target {
  /** Names after the domain itself, or why they are not known. */
  readonly chain: readonly string[] | Error;
  readonly hasAddress: boolean;
  /** The bucket and region that the chain names. */
  readonly bucket?: string;
  readonly region?: string;
}

async function findTarget(domain: string, servers = getServers()): Promise<Target> {
  let failure = new Error("there is no resolver to ask");
  for (const server of servers) {
    try {
      const { host, port } = splitHostPort(server);
      const { address } = await lookup(host);
      const reply = await query({ address, port }, { name: domain, type: "A", recursive: true }, TIMEOUT_MS);
      if (reply.rcode !== "NOERROR" && reply.rcode !== "NXDOMAIN") throw new Error(`${server} replies ${reply.rcode}`);
      const chain: string[] = [];
      for (let name: string | undefined = domain; name !== undefined && !chain.includes(name); ) {
        name = recordsOf(reply.answers, name, "CNAME")[0];
        if (name !== undefined) chain.push(name);
      }
      const places = chain.flatMap((name) => /^([a-z0-9-]+)\.(oss-[a-z0-9-]+\.aliyuncs\.com)$/.exec(name) ?? []);
      const [, bucket, host_] = places;
      const region = host_ === undefined ? undefined : regionOfEndpoint(host_);
      const hasAddress = (reply.answers ?? []).some(({ type }) => type === "A");
      return { chain, hasAddress, ...(bucket && { bucket }), ...(region && { region }) };
    } catch (error) {
      failure = error as Error;
    }
  }
  return { chain: failure, hasAddress: false };
}

/** Suffixes of the names that the console gives for buckets, beside the public ones. */
const OWN_SUFFIXES = /^([a-z0-9-]+)\.[a-z0-9.-]*(taihangcda\.cn|thepacific[a-z]+\.com)$/;

function targetFinding(
  domain: string,
  { chain, hasAddress, ...found }: Target,
  bucket: string | undefined,
  region: string | undefined,
): Finding {
  const check = "CNAME target";
  if (chain instanceof Error) return unknown(check, `DNS could not be asked: ${chain.message}`);
  const should =
    bucket && region ? `CNAME ${domain} = ${bucket}.${publicHost(region)}` : "a CNAME record to the bucket";
  const last = chain.at(-1);
  if (last === undefined)
    return hasAddress
      ? unknown(check, "there are addresses and no CNAME record: flattened by the DNS host, or not OSS")
      : wrong(check, `there is no CNAME record at ${domain}`, `create ${should}`);
  const shown = `it leads to ${chain.join(", then ")}`;
  const named = found.bucket ?? chain.map((name) => OWN_SUFFIXES.exec(name)?.[1]).find((name) => name !== undefined);
  if (named === undefined) return unknown(check, `${shown}, which is not OSS: right if a CDN is meant to be there`);
  if (bucket !== undefined && named !== bucket) return wrong(check, `${shown}, another bucket`, `make it ${should}`);
  if (region !== undefined && found.region !== undefined && found.region !== region)
    return wrong(check, `${shown}, another region than ${region}`, `make it ${should}`);
  return right(check, shown);
}

type Served = { readonly fingerprint: string; readonly validTo: Date } | Error;

/** What is served by SNI. It is looked at and not trusted, so one that is out of date or self-signed is an answer too. */
function servedCertificate(domain: string, connectTo: string | undefined): Promise<Served> {
  const [host, port] = connectTo === undefined ? [domain, 443] : Object.values(splitHostPort(connectTo));
  return new Promise((resolve) => {
    const options = { host: String(host), port: Number(port), servername: domain, rejectUnauthorized: false };
    const socket = connect(options, () => {
      const { fingerprint, valid_to } = socket.getPeerCertificate();
      resolve({ fingerprint, validTo: new Date(valid_to) });
      socket.destroy();
    });
    socket.setTimeout(TIMEOUT_MS, () => socket.destroy(new Error(`no answer within ${TIMEOUT_MS / 1000} s`)));
    socket.on("error", resolve);
  });
}

function certificateFinding(binding: Binding, served: Served): Finding {
  const check = "certificate";
  if (binding === undefined) return unknown(check, "the bucket could not be asked what is bound");
  if (binding === null) return unknown(check, "the domain is not bound");
  const { certificate } = binding;
  if (certificate === undefined) return right(check, "none is bound: HTTP only. For HTTPS declare `certificate`");
  const bound = `bound: ${certificate.certId}, SHA-1 ${certificate.fingerprint}`;
  if (served instanceof Error) return unknown(check, `${bound}; what is served could not be seen: ${served.message}`);
  if (isSame(certificate, served)) return right(check, `${bound}; served: the same`);
  return wrong(
    check,
    `${bound}; served: SHA-1 ${served.fingerprint}, ends ${served.validTo.toISOString()}`,
    "a new certificate takes some minutes; after that, look at the CNAME target, or at the CDN before it",
  );
}

function isSame({ fingerprint, validTo }: BoundCertificate, served: Exclude<Served, Error>): boolean {
  return fingerprint.includes("*")
    ? Date.parse(validTo) === served.validTo.getTime()
    : fingerprint.toUpperCase() === served.fingerprint.toUpperCase();
}

function expiryFinding(binding: Binding): Finding {
  const check = "expiry";
  const certificate = binding?.certificate;
  if (certificate === undefined)
    return binding
      ? right(check, "no certificate is bound")
      : unknown(check, "the domain is not bound, or not known to be");
  const end = certificate.validTo;
  const days = daysLeft(end);
  if (days === undefined) return unknown(check, "the service does not tell when the certificate ends");
  const text = days < 0 ? `ended on ${end}` : `ends on ${end}, in ${days} days`;
  return days < NEAR_DAYS ? wrong(check, text, "declare the next certificate and run `pulumi up`") : right(check, text);
}

/** Filing is asked for at binding; afterwards the service disables what has lost it. */
function filingFinding(region: string | undefined, binding: Binding): Finding {
  const check = "ICP filing";
  if (region === undefined) return unknown(check, "the region is not known");
  if (!region.startsWith("cn-") || region === "cn-hongkong") return right(check, `not asked for in ${region}`);
  return binding
    ? right(check, "asked for in mainland China, and the domain was bound")
    : unknown(
        check,
        `buckets in ${region} serve domains with an ICP filing only; OSS says so when the domain is bound`,
      );
}
