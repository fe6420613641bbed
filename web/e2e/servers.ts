/** The servers of a test run, and the folder for its photos and logs. */
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

export type Name = "plain" | "strict" | "jobs";

export const PYTHON = resolve(process.env.PYTHON ?? "../.venv/bin/python");

/** API keys of the strict server. Each has its own rate limit, so that tests that use different keys do not interfere. */
export const KEYS = ["first", "second", "third", "fourth", "fifth", "sixth"].map((name) => `key-of-the-${name}`);
export const RATE = 5; // photos per key in ten seconds
export const DEADLINE_S = 5;

const digests = KEYS.map((key, index) => `k${index}:${createHash("sha256").update(key).digest("hex")}`);

export const COMMON = {
  LIKENESS_MODELS: "embedded",
  LIKENESS_DEVICE: "cpu",
  LIKENESS_LOG_FORMAT: "json",
  LIKENESS_SLOTS: "1",
};

type Run = { folder: string; ports: Record<Name, number> };

const { folder, ports } = await chosen();

export const SERVERS: { name: Name; env: Record<string, string> }[] = [
  { name: "plain", env: COMMON },
  {
    name: "strict",
    env: {
      ...COMMON,
      LIKENESS_API_KEYS: digests.join(","),
      LIKENESS_QUEUE_SIZE: "0",
      LIKENESS_DEADLINE_S: String(DEADLINE_S),
      LIKENESS_RATE_LIMIT: `${RATE}/10 second`,
      LIKENESS_MAX_UPLOAD_MB: "1",
      LIKENESS_URL_FETCH: "on",
      LIKENESS_DATA_DIR: join(folder, "strict-jobs"),
    },
  },
  { name: "jobs", env: { ...COMMON, LIKENESS_DATA_DIR: join(folder, "jobs"), LIKENESS_BATCH_SIZE: "4" } },
];

/** The folder and ports, chosen once: the other processes of this run read them from the environment. */
async function chosen(): Promise<Run> {
  const known = process.env.E2E_RUN;
  if (known) return JSON.parse(known) as Run;
  const [plain, strict, jobs] = await Promise.all([freePort(), freePort(), freePort()]);
  const run: Run = { folder: mkdtempSync(join(tmpdir(), "likeness-e2e-")), ports: { plain, strict, jobs } };
  process.env.E2E_RUN = JSON.stringify(run);
  return run;
}

export function freePort(): Promise<number> {
  return new Promise((found, failed) => {
    const server = createServer();
    server.once("error", failed);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => found(port));
    });
  });
}

export const FOLDER = folder;

export const BASE: Record<Name, string> = {
  plain: `http://127.0.0.1:${ports.plain}`,
  strict: `http://127.0.0.1:${ports.strict}`,
  jobs: `http://127.0.0.1:${ports.jobs}`,
};

/** The command that starts a server. It logs to a file, and prints the file if the server fails. */
export function commandOf({ name }: { name: Name }): string {
  const log = `'${logOf(name)}'`;
  return `'${PYTHON}' -m app serve --port ${ports[name]} > ${log} 2>&1 || { cat ${log} >&2; exit 1; }`;
}

export function logOf(name: Name): string {
  return join(folder, `${name}.log`);
}

export function logLines(name: Name): string[] {
  return readFileSync(logOf(name), "utf8").split("\n").filter(Boolean);
}
