import assert from "node:assert";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { parse } from "yaml";
import { startCloud } from "../../local";
import { createAuthority } from "../support/certificates";
import { ossCname } from "../support/command";
import { engines, livingOn, Project, repository } from "../support/pulumiRun";

const readme = readFileSync(join(repository, "README.md"), "utf8");

/** The first block of a language in a document. */
function block(language: string): string {
  const found = new RegExp(`\`\`\`${language}\n([\\s\\S]*?)\`\`\``).exec(readme)?.[1];
  assert(found, `README.md has no block of ${language}`);
  return found;
}

describe("README", function () {
  this.timeout(120_000);

  it("shows a program and a configuration that do what it says", async () => {
    const { chain, privateKey } = await (await createAuthority()).issue({ names: ["shop.example.com"] });
    const cloud = await startCloud({ buckets: ["site", "shop"] });
    const [engine] = engines;
    const { config, secrets } = livingOn(cloud);
    const bound = () => cloud.state().bindings.map(({ domain, bucket }) => `${domain} ${bucket}`);
    const certs = { "certs/shop.pem": chain, "certs/shop.key": privateKey };
    const projects: Project[] = [];
    try {
      assert(engine);
      const program = await Project.create(engine, {
        files: { ...certs, "Pulumi.yaml": "name: readme\nruntime: nodejs\nmain: index.ts\n", "index.ts": block("ts") },
        config,
        secrets,
      });
      projects.push(program);
      await program.expectUp("--skip-preview");
      assert.deepEqual(bound().sort(), ["shop.example.com shop", "www.example.com site"]);
      assert.deepEqual((await program.outputs()).urls, ["http://www.example.com", "https://shop.example.com"]);

      const declared = parse(block("yaml")).config;
      const settings = { files: certs, config: { ...config, ...declared }, secrets };
      const configured = await Project.create(engine, settings);
      projects.push(configured);
      const { output } = await configured.expectUp("--skip-preview");
      assert.deepEqual(bound().sort(), ["img.example.com site", "shop.example.com shop", "www.example.com site"]);
      assert.match(output, /_dnsauth\.static\.example\.com/);
    } finally {
      for (const project of projects) project.remove();
      await cloud.close();
    }
  });

  it("is readable: 160 lines at most, none over 120 columns", () => {
    const lines = readme.trimEnd().split("\n");
    assert(lines.length <= 160, `${lines.length} lines`);
    assert.deepEqual(
      lines.filter((line) => line.length > 120),
      [],
    );
  });
});

describe("links in documents", () => {
  const { files, repository: remote } = JSON.parse(readFileSync(join(repository, "package.json"), "utf8"));
  const ours = `${remote.url.replace(/^git\+|\.git$/g, "")}/`;
  const documents = ["", "docs", ...foldersOf("examples")]
    .flatMap((folder) => readdirSync(join(repository, folder)).map((name) => join(folder, name)))
    .filter((path) => path.endsWith(".md"));

  for (const path of documents)
    it(`${path} links to files and headings that exist`, () => {
      const broken = linksOf(path).filter((link) => {
        const [target = "", heading] = (repositoryPath(link, ours) ?? localPath(path, link) ?? "").split("#");
        if (target === "") return false;
        return !existsSync(join(repository, target)) || (heading && !headingsOf(target).includes(heading));
      });
      assert.deepEqual(broken, []);
    });

  // npm shows the README, and the package holds the others.
  for (const path of documents.filter((each) => each === "README.md" || isPacked(each, files)))
    it(`${path} links to nothing that is not in the package`, () => {
      const local = linksOf(path).flatMap((link) => localPath(path, link)?.split("#")[0] ?? []);
      assert.deepEqual(
        local.filter((target) => target !== "README.md" && !isPacked(target, files)),
        [],
      );
    });
});

describe("docs/troubleshooting.md", () => {
  /** What others say. */
  const foreign = [
    "argument list too long",
    "Cannot find module 'pulumi-oss-cname/dynamic'",
    "default already exists in destination stack",
  ];

  it("quotes messages that the code can print", () => {
    const sources = ["provider", "engine", "cli"]
      .flatMap((folder) =>
        readdirSync(join(repository, folder), { recursive: true, encoding: "utf8" }).map((path) => join(folder, path)),
      )
      .filter((path) => path.endsWith(".ts"))
      .map((path) => readFileSync(join(repository, path), "utf8"))
      .join("\n");
    const page = readFileSync(join(repository, "docs", "troubleshooting.md"), "utf8");
    const messages = [...page.matchAll(/^\| (.*?) \|/gm)].map(([, cell = ""]) => cell);
    const quoted = messages.flatMap((cell) => cell.split("`").filter((_, index) => index % 2 === 1));
    assert(quoted.length > 50);
    const parts = quoted.filter((quote) => !foreign.includes(quote)).flatMap((quote) => quote.split(/…|<domain>/));
    assert.deepEqual(
      parts.map((part) => part.replace(/^[ "]+|[ "]+$/g, "")).filter((part) => !sources.includes(part)),
      [],
    );
  });
});

describe("docs/cli.md", () => {
  const page = readFileSync(join(repository, "docs", "cli.md"), "utf8");

  it("has every command and every option that --help shows", async () => {
    const missing: string[] = [];
    const visit = async (command: readonly string[]): Promise<void> => {
      const { stdout } = await ossCname([...command, "--help"]);
      const [options = "", commands = ""] = (stdout.split("\nOptions:\n")[1] ?? "").split("\nCommands:\n");
      for (const [, option = ""] of options.split("\n\n")[0]?.matchAll(/^ {2}(?:-\w, )?(--[\w-]+)/gm) ?? [])
        if (!["--help", "--version"].includes(option) && !page.includes(option))
          missing.push([...command, option].join(" "));
      for (const [, name = ""] of commands.split("\n\n")[0]?.matchAll(/^ {2}([\w-]+)/gm) ?? []) {
        if (name === "help") continue;
        if (!page.includes([...command, name].join(" "))) missing.push([...command, name].join(" "));
        await visit([...command, name]);
      }
    };
    await visit([]);
    assert.deepEqual(missing, []);
  });
});

function foldersOf(path: string): string[] {
  const entries = readdirSync(join(repository, path), { withFileTypes: true });
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => join(path, name));
}

function linksOf(path: string): string[] {
  const text = readFileSync(join(repository, path), "utf8").replace(/```[\s\S]*?```/g, "");
  return [...text.matchAll(/\]\(([^)\s]+)\)|^\[[^\]]+\]: (\S+)$/gm)].map(
    ([, inline, reference]) => inline ?? reference ?? "",
  );
}

/** Path and heading in the repository of an absolute link to it. */
function repositoryPath(link: string, ours: string): string | undefined {
  const path = link.startsWith(ours) ? link.slice(ours.length) : "";
  return /^(?:tree|blob)\/main\/(.+)/.exec(path)?.[1];
}

/** Path and heading in the repository of a relative link. */
function localPath(from: string, link: string): string | undefined {
  if (/^\w+:/.test(link)) return undefined;
  return link.startsWith("#") ? from + link : join(dirname(from), link);
}

function isPacked(path: string, files: readonly string[]): boolean {
  return files.some((packed) => path === packed || path.startsWith(`${packed}/`));
}

/** As GitHub names them. */
function headingsOf(path: string): string[] {
  const headings = readFileSync(join(repository, path), "utf8").matchAll(/^#+ (.+)$/gm);
  return [...headings].map(([, heading = ""]) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, "")
      .replace(/ /g, "-"),
  );
}
