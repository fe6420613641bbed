/** A client of the server besides the browser. */
import { expect } from "@playwright/test";
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import type { components } from "../src/api/schema";
import { BASE, type Name } from "./servers";

type Status = components["schemas"]["Status"];
export type Answer = components["schemas"]["EnhanceResponse"];

/** Events after the decoding: another stage, or the place in the queue again. */
const BEGUN = /"decode"[^]*(event: queued|"stage":"(?!decode))/;
const PATIENCE = { timeout: 30_000 };

export class Service {
  private readonly controllers: AbortController[] = [];
  /** Last events of other clients that were answered before `release`; a test that needs them busy is invalid then. */
  readonly ended: string[] = [];

  constructor(
    private readonly name: Name,
    private readonly key: string | null = null,
  ) {}

  async status(): Promise<Status> {
    const answer = await fetch(`${BASE[this.name]}/api/v1/status`, { headers: this.headers() });
    return (await answer.json()) as Status;
  }

  async enhance(path: string, fields: Record<string, string> = {}): Promise<Answer> {
    const answer = await this.post(path, fields);
    if (!answer.ok) throw new Error(`${answer.status} ${await answer.text()}`);
    return (await answer.json()) as Answer;
  }

  post(path: string, fields: Record<string, string> = {}, options: RequestInit = {}): Promise<Response> {
    const form = new FormData();
    form.append("file", new Blob([readFileSync(path)]), basename(path));
    for (const [name, value] of Object.entries(fields)) form.append(name, value);
    const headers = { ...this.headers(), ...options.headers };
    return fetch(`${BASE[this.name]}/api/v1/enhance`, { method: "POST", body: form, ...options, headers });
  }

  /** Another client sends a photo that takes long. Returns when the server works on it, or has decoded and queued it. */
  async occupy(path: string): Promise<void> {
    const controller = new AbortController();
    this.controllers.push(controller);
    const headers = { Accept: "text/event-stream" };
    const answer = await this.post(path, { require_face: "false" }, { signal: controller.signal, headers });
    const pieces = answer.body!.pipeThrough(new TextDecoderStream()).getReader();
    let received = "";
    while (!BEGUN.test(received)) {
      const { value, done } = await pieces.read();
      if (done) throw new Error(`${answer.status} ${received.slice(0, 500)}`);
      received += value;
    }
    void this.listen(pieces);
  }

  private async listen(pieces: ReadableStreamDefaultReader<string>): Promise<void> {
    let last = "";
    try {
      for (let next = await pieces.read(); !next.done; next = await pieces.read()) last = next.value;
      this.ended.push(last.slice(0, 500));
    } catch {
      // aborted by `release`
    }
  }

  /** Aborts the request of the first of the other clients. */
  release(): void {
    this.controllers.shift()?.abort();
  }

  /** Aborts all of them, and waits until the server is idle. */
  async idle(): Promise<void> {
    while (this.controllers.length > 0) this.release();
    await expect.poll(() => this.inside(), PATIENCE).toBe(0);
  }

  async inside(): Promise<number> {
    const { slots_in_use, queue_length } = await this.status();
    return slots_in_use + queue_length;
  }

  private headers(): Record<string, string> {
    return this.key === null ? {} : { "X-API-Key": this.key };
  }
}
