/** The service, spoken to beside the browser. */
import { expect } from "@playwright/test";
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import type { components } from "../src/api/schema";
import { BASE, type Name } from "./servers";

type Status = components["schemas"]["Status"];
export type Answer = components["schemas"]["EnhanceResponse"];

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

  post(path: string, fields: Record<string, string> = {}, signal?: AbortSignal): Promise<Response> {
    const form = new FormData();
    form.append("file", new Blob([readFileSync(path)]), basename(path));
    for (const [name, value] of Object.entries(fields)) form.append(name, value);
    return fetch(`${BASE[this.name]}/api/v1/enhance`, {
      method: "POST",
      headers: this.headers(),
      body: form,
      ...(signal ? { signal } : {}),
    });
  }

  /** Another client sends a photo that takes long; its work has begun, or waits behind others, when this returns. */
  async occupy(path: string): Promise<void> {
    const before = await this.inside();
    const controller = new AbortController();
    this.leaving.push(controller);
    this.post(path, { require_face: "false" }, controller.signal).then(
      async (answer) => this.ended.push(`${answer.status} ${(await answer.text()).slice(0, 500)}`),
      () => undefined, // it left
    );
    await expect.poll(() => this.inside(), PATIENCE).toBe(before + 1);
    await expect.poll(async () => (await this.status()).slots_in_use, PATIENCE).toBe(1);
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
