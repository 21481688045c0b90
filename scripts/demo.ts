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
      `A cloud on this machine: OSS at ${cloud.oss}, Alibaba Cloud DNS at ${cloud.alidns}, a name server at ${cloud.dns}, ` +
        `Certificate Management at ${cloud.cas}, a CA at ${cloud.acme.directory}`,
    );
    print("Two buckets, site and shop, and the zone example.com. The stack's configuration declares:");
    const { config, secrets } = livingOn(cloud);
    const files = { certificateFile: "certs/shop.pem", privateKeyFile: "certs/shop.key" };
    const domains = [
      { domain: "www.example.com", bucket: "site", dns: "alidns" },
      { domain: "shop.example.com", bucket: "shop", dns: "alidns", certificate: files },
      { domain: "img.example.com", bucket: "site", dns: "alidns", certificate: "letsEncrypt" },
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
    const img = issuedFor(cloud, "img.example.com");
    check(
      "img serves a certificate for its name, from Certificate Management",
      img.leaf.checkHost("img.example.com") !== undefined,
    );
    check("which the CA has issued", isIssuedBy(await cloud.acme.rootCertificate(), img));
    check(
      "after it had seen a TXT record at _acme-challenge.img, which is gone",
      asked.some(({ operation, rr }) => operation === "AddDomainRecord" && rr === "_acme-challenge.img") &&
        !records.some(({ name }) => name.startsWith("_acme-challenge.")),
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
    check("it changed nothing, and asked nothing but the CA when to renew", cloud.requests().every(isUnsignedAtCa));

    title("New files for shop, and the CA wants img's certificate renewed at once: pulumi preview, pulumi up");
    const second = await certificate();
    const before = cloud.state().bindings.find(({ domain }) => domain === "shop.example.com")?.certId;
    project.write({ [files.certificateFile]: second.chain, [files.privateKeyFile]: second.privateKey });
    const { renewalId } = project.resources().find(({ type }) => type.endsWith("AcmeCertificate"))?.outputs ?? {};
    const past = (minutes: number) => new Date(Date.now() - minutes * 60_000).toISOString();
    cloud.setRenewalWindow({ renewalId: String(renewalId), start: past(20), end: past(10) });
    const preview = await project.preview();
    check(
      "preview says why img's will be renewed, and orders nothing",
      /img\.example\.com is to be renewed: due since .*as the CA recommends/.test(preview.output) &&
        !cloud.requests().some(isWrite),
    );
    await succeed(project.up("--skip-preview"));
    const swaps = cloud.requests().filter(({ operation }) => operation === "PutCname");
    const replaced = (name: string) => swaps.filter(({ domain }) => domain === name).map(previousCertId);
    check(
      "each got its new certificate by one request, in place of the one that was there and no other",
      same([...replaced("shop.example.com"), ...replaced("img.example.com")], [before, img.certId]) &&
        swaps.length === 2,
    );
    check("shop serves the new certificate", served(cloud, "shop.example.com") === sha1(second.chain));
    const order = cloud.requests().find(({ operation }) => operation === "newOrder");
    check("the CA was told which certificate the new one for img replaces", order?.order?.replaces === renewalId);
    const renewed = issuedFor(cloud, "img.example.com");
    check(
      "img serves the one that the CA has issued, with a new key",
      !renewed.leaf.publicKey.equals(img.leaf.publicKey) && isIssuedBy(await cloud.acme.rootCertificate(), renewed),
    );

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
    const keys = [first.privateKey, second.privateKey, cloud.acme.accountKey].flatMap((privateKey) =>
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

const isWrite = ({ operation }: RequestEntry) => /^(Put|Delete|Create|Add|Update|Upload|newOrder)/.test(operation);
const isBarePut = ({ operation, certificate }: RequestEntry) => operation === "PutCname" && certificate === undefined;
const previousCertId = ({ certificate }: RequestEntry) => certificate?.previousCertId;
const isUnbinding = ({ operation, status }: RequestEntry) => operation === "DeleteCname" && status === 200;

/** What the CA is asked without an account. */
const isUnsignedAtCa = ({ service, signatureVersion }: RequestEntry) => service === "acme" && signatureVersion === null;

interface IssuedCertificate {
  readonly certId: string;
  readonly leaf: X509Certificate;
  readonly intermediate: X509Certificate;
}

/** The certificate of a domain, as it was uploaded to Certificate Management. */
function issuedFor(cloud: Cloud, domain: string): IssuedCertificate {
  const { bindings, certificates } = cloud.state();
  const certId = bindings.find((binding) => binding.domain === domain)?.certId ?? "";
  const chain = certificates.find((certificate) => certificate.certId === certId)?.chain ?? "";
  const [leaf, intermediate] = chain.match(/-----BEGIN[\s\S]+?-----END CERTIFICATE-----/g) ?? [];
  check(`${domain} has a certificate with its chain`, leaf !== undefined && intermediate !== undefined);
  return { certId, leaf: new X509Certificate(leaf ?? ""), intermediate: new X509Certificate(intermediate ?? "") };
}

function isIssuedBy(root: string, { leaf, intermediate }: IssuedCertificate): boolean {
  return leaf.verify(intermediate.publicKey) && intermediate.verify(new X509Certificate(root).publicKey);
}

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

function same(found: readonly unknown[], expected: readonly unknown[]): boolean {
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
