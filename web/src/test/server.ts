/** A fake server: a test sees each request of the page, and decides what is answered, when, and in which pieces. */
import { vi } from "vitest";
import type { Facts } from "@/api/types";
import { factsOf } from "./samples";

export class FakeRequest {
  upload: { onprogress: ((event: Partial<ProgressEvent>) => void) | null } = { onprogress: null };
  onprogress: (() => void) | null = null;
  onload: (() => void) | null = null;
  onerror: (() => void) | null = null;
  status = 0;
  responseText = "";
  readonly sent: Record<string, string> = {};
  method = "";
  url = "";
  form: FormData = new FormData();
  isAborted = false;
  private headers: Record<string, string> = {};

  open(method: string, url: string): void {
    Object.assign(this, { method, url });
  }
  setRequestHeader(name: string, value: string): void {
    this.sent[name.toLowerCase()] = value;
  }
  send(form: FormData): void {
    this.form = form;
  }
  abort(): void {
    this.isAborted = true;
  }
  getResponseHeader(name: string): string | null {
    return this.headers[name.toLowerCase()] ?? null;
  }

  /** The fields of the form without the photo. */
  get fields(): Record<string, FormDataEntryValue> {
    return Object.fromEntries([...this.form].filter(([name]) => name !== "file"));
  }

  uploads(loaded: number, total: number, lengthComputable = true): void {
    this.upload.onprogress?.({ lengthComputable, loaded, total });
  }
  answers(status: number, headers: Record<string, string>): void {
    this.status = status;
    this.headers = headers;
  }
  streams(): void {
    this.answers(200, { "content-type": "text/event-stream; charset=utf-8" });
  }
  sendsText(text: string): void {
    this.responseText += text;
    this.onprogress?.();
  }
  sendsEvent(name: string, data: unknown): void {
    this.sendsText(event(name, data));
  }
  ends(): void {
    this.onload?.();
  }
  disconnects(): void {
    this.onerror?.();
  }
  /** A complete answer that is not an event stream. */
  replies(status: number, body: string, headers: Record<string, string> = {}): void {
    this.answers(status, { "content-type": "application/json", ...headers });
    this.responseText = body;
    this.ends();
  }
  /** A result with a picture (base64) and these facts. */
  succeeds(facts: Partial<Facts> = {}, picture = PICTURE): void {
    this.streams();
    this.sendsEvent("result", success(facts, picture));
    this.ends();
  }
}

/** Replaces XMLHttpRequest; every new request is added to the returned list. */
export function serveRequests(): FakeRequest[] {
  const requests: FakeRequest[] = [];
  vi.stubGlobal(
    "XMLHttpRequest",
    class extends FakeRequest {
      constructor() {
        super();
        requests.push(this);
      }
    },
  );
  return requests;
}

export function event(name: string, data: unknown): string {
  return `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
}

const PICTURE = btoa("a picture");

export function success(facts: Partial<Facts> = {}, picture = PICTURE) {
  return { status: "success", data: { restored_image: picture, ...factsOf(facts) } };
}

export function json(status: number, body: unknown, headers: Record<string, string> = {}): Response {
  return new Response(JSON.stringify(body), { status, headers: { "content-type": "application/json", ...headers } });
}
