/** The service, spoken to beside the browser. */
import { expect } from "@playwright/test";
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import type { components } from "../src/api/schema";
import { BASE, type Name } from "./servers";

type Status = components["schemas"]["Status"];
export type Answer = components["schemas"]["EnhanceResponse"];

/** Of events: a stage behind the decoding, or the place in the queue once more. */
const BEGUN = /"decode"[^]*(event: queued|"stage":"(?!decode))/;
const PATIENCE = { timeout: 30_000 };

export class Service {
  private readonly leaving: AbortController[] = [];
  /** Answers to other clients that came before those left: the tests that need them mean nothing then. */
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

  /** Another client sends a photo that takes long; it is worked on, or decoded and next, when this returns. */
  async occupy(path: string): Promise<void> {
    const controller = new AbortController();
    this.leaving.push(controller);
    const headers = { Accept: "text/event-stream" };
    const answer = await this.post(path, { require_face: "false" }, { signal: controller.signal, headers });
    const pieces = answer.body!.pipeThrough(new TextDecoderStream()).getReader();
    let told = "";
    while (!BEGUN.test(told)) {
      const { value, done } = await pieces.read();
      if (done) throw new Error(`${answer.status} ${told.slice(0, 500)}`);
      told += value;
    }
    void this.listen(pieces);
  }

  private async listen(pieces: ReadableStreamDefaultReader<string>): Promise<void> {
    let last = "";
    try {
      for (let next = await pieces.read(); !next.done; next = await pieces.read()) last = next.value;
      this.ended.push(last.slice(0, 500));
    } catch {
      // it left
    }
  }

  /** One of the other clients, the first that came, goes away. */
  release(): void {
    this.leaving.shift()?.abort();
  }

  /** All of them go, and the service has nothing to do when this returns. */
  async idle(): Promise<void> {
    while (this.leaving.length > 0) this.release();
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
