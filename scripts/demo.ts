// `npm run demo`: three domains from declared to served and back, against a cloud on this machine. Every statement that
// it prints with a tick was checked against the cloud's own record; the first that does not hold ends it with status 1.
import { X509Certificate } from "node:crypto";
import { Resolver } from "node:dns/promises";
import { type Cloud, type RequestEntry, startCloud, type WorldState } from "../local";
import { table } from "../provider/table";
import { createAuthority } from "../test/support/certificates";
import { type Engine, engines, livingOn, Project, type Ran } from "../test/support/pulumiRun";

const isTerminal = process.stdout.isTTY === true && !process.env.NO_COLOR;
const paint = (code: number) => (text: string) => (isTerminal ? `\x1b[${code}m${text}\x1b[0m` : text);
const [bold, dim, green, red] = [paint(1), paint(2), paint(32), paint(31)];
const print = (line = "") => process.stdout.write(`${line}\n`);

const interrupted = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const)
  process.once(signal, () => interrupted.abort(new Error("interrupted")));

async function main(): Promise<void> {
  const started = Date.now();
  for (const engine of engines) await show(engine);
  print();
  print(bold(`All of it held, in ${Math.round((Date.now() - started) / 1000)} s.`));
}

async function show(engine: Engine): Promise<void> {
  const authority = await createAuthority();
  const certificate = () => authority.issue({ names: ["shop.example.com"] });
  const first = await certificate();
  const cloud = await startCloud({ buckets: ["site", "shop"], accessKeySecret: "Demo7Secret3Key" });
  let project: Project | undefined;
  const remove = () => project?.remove();
  process.once("exit", remove);
  try {
    title(
      `A cloud on this machine: OSS at ${cloud.oss}, Alibaba Cloud DNS at ${cloud.alidns}, a name server at ${cloud.dns}`,
    );
    print("Two buckets, site and shop, and the zone example.com. The stack's configuration declares:");
    const { config, secrets } = livingOn(cloud);
    const files = { certificateFile: "certs/shop.pem", privateKeyFile: "certs/shop.key" };
    const domains = [
      { domain: "www.example.com", bucket: "site", dns: "alidns" },
      { domain: "shop.example.com", bucket: "shop", dns: "alidns", certificate: files },
      { domain: "img.example.com", bucket: "site", dns: "alidns", certificate: { certId: "12345-cn-hangzhou" } },
    ];
    for (const entry of domains) print(`  ${JSON.stringify(entry)}`);
    project = await Project.create(engine, {
      files: { [files.certificateFile]: first.chain, [files.privateKeyFile]: first.privateKey },
      config: { ...config, "oss-cname:domains": domains },
      secrets,
      onLine: (line) => line.trim() !== "" && !line.startsWith("@") && print(dim(`  │ ${line}`)),
      signal: interrupted.signal,
    });

    title(`pulumi up (${engine.name})`);
    await succeed(project.up("--skip-preview"));
    const asked = cloud.requests();
    const { bindings, records } = cloud.state();
    check(
      "three domains are bound: www and img to site, shop to shop",
      same(bindings.map(({ domain, bucket }) => `${domain} ${bucket}`).sort(), [
        "img.example.com site",
        "shop.example.com shop",
        "www.example.com site",
      ]),
    );
    const shop = asked.filter((request) => describe(request).includes("shop.example.com")).map(describe);
    check("in the order token, TXT record, binding, certificate, CNAME record", same(shop, SHOP_ORDER));
    check("each domain was bound by one request", asked.filter(isBarePut).length === 3);
    check("shop serves the certificate made a moment ago", served(cloud, "shop.example.com") === sha1(first.chain));
    check(
      "img serves the certificate of its CertId",
      bindings.some(({ certId }) => certId === "12345-cn-hangzhou"),
    );
    const resolver = new Resolver({ timeout: 2000, tries: 1 });
    resolver.setServers([cloud.dns]);
    check(
      "DNS leads visitors to the buckets",
      same(await resolver.resolveCname("shop.example.com"), ["shop.oss-cn-hangzhou.aliyuncs.com"]) &&
        records.length === 6,
    );

    title("pulumi up once more");
    cloud.forgetRequests();
    await succeed(project.up("--skip-preview", "--expect-no-changes"));
    check("it changed nothing and sent nothing", cloud.requests().length === 0);

    title("Renewing shop's certificate: new files, pulumi up");
    const second = await certificate();
    const before = cloud.state().bindings.find(({ domain }) => domain === "shop.example.com")?.certId;
    project.write({ [files.certificateFile]: second.chain, [files.privateKeyFile]: second.privateKey });
    await succeed(project.up("--skip-preview"));
    const rotation = cloud.requests().filter(({ operation }) => /^(Put|Delete|Create|Add|Update)/.test(operation));
    check("one request was written", rotation.length === 1);
    check(
      "it replaced the certificate that was there and no other",
      rotation[0]?.certificate?.previousCertId === before,
    );
    check("shop serves the new certificate", served(cloud, "shop.example.com") === sha1(second.chain));

    title("What is bound");
    print(bindingTable(cloud.state()));

    const kept = project.state() + project.configuration();

    title("pulumi destroy");
    cloud.forgetRequests();
    await succeed(project.destroy("--skip-preview"));
    const after = cloud.state();
    check("no domain is bound", after.bindings.length === 0 && cloud.requests().filter(isUnbinding).length === 3);
    check("no record is left in the zone", after.records.length === 0);
    const gone = await resolver.resolveCname("shop.example.com").catch((error: NodeJS.ErrnoException) => error.code);
    check("DNS knows none of the names", gone === "ENOTFOUND");
    check("the stack is empty", project.resources().length === 0);
    const keys = [first, second].flatMap(({ privateKey }) =>
      privateKey.split("\n").filter((line) => /^\w.{30}/.test(line)),
    );
    check(
      "neither state nor configuration nor anything printed had a private key or the secret key in clear",
      keys.length > 0 && ![cloud.accessKeySecret, ...keys].some((secret) => (kept + project?.log).includes(secret)),
    );
  } finally {
    remove();
    process.off("exit", remove);
    await cloud.close();
  }
}

const SHOP_ORDER = [
  "CreateCnameToken shop.example.com",
  "AddDomainRecord TXT _dnsauth.shop.example.com",
  "PutCname shop.example.com",
  "PutCname shop.example.com with certificate",
  "AddDomainRecord CNAME shop.example.com",
];

/** A request that writes, in words; nothing for one that asks. */
function describe({ operation, domain, rr, type, certificate }: RequestEntry): string {
  if (/^(List|Get|Describe)/.test(operation)) return "";
  return `${operation} ${rr === undefined ? domain : `${type} ${rr}.${domain}`}${certificate ? " with certificate" : ""}`;
}

const isBarePut = ({ operation, certificate }: RequestEntry) => operation === "PutCname" && certificate === undefined;
const isUnbinding = ({ operation, status }: RequestEntry) => operation === "DeleteCname" && status === 200;

function bindingTable({ bindings, certificates }: WorldState): string {
  const rows = bindings.map(({ domain, bucket, status, certId = "" }) => {
    const certificate = certificates.find((known) => known.certId === certId);
    return [domain, bucket, status, certId, certificate ? new Date(certificate.validTo).toISOString() : ""];
  });
  return table([["DOMAIN", "BUCKET", "STATUS", "CERTIFICATE", "EXPIRES"], ...rows]).trimEnd();
}

function served(cloud: Cloud, domain: string): string | undefined {
  const { bindings, certificates } = cloud.state();
  const certId = bindings.find((binding) => binding.domain === domain)?.certId;
  return certificates.find((certificate) => certificate.certId === certId)?.fingerprint;
}

function sha1(chain: string): string {
  return new X509Certificate(chain).fingerprint;
}

function same(found: readonly string[], expected: readonly string[]): boolean {
  return JSON.stringify(found) === JSON.stringify(expected);
}

async function succeed(command: Promise<Ran>): Promise<void> {
  const { status } = await command;
  interrupted.signal.throwIfAborted();
  check(`it ended with status ${status}`, status === 0);
}

function check(statement: string, holds: boolean): void {
  print(holds ? `${green("✔")} ${statement}` : `${red("✘")} ${statement}`);
  if (!holds) throw new Error(`this does not hold: ${statement}`);
}

function title(text: string): void {
  interrupted.signal.throwIfAborted();
  print(`\n${bold(text)}`);
}

main().catch((error: Error) => {
  process.stderr.write(`demo: ${error.message}\n`);
  process.exitCode = interrupted.signal.aborted ? 130 : 1;
});
