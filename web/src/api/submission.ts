/** One photo sent, and what is heard of it until it is done. */
import { createParser, type EventSourceMessage } from "eventsource-parser";
import { API_URL, credentials } from "./client";
import { CUT_OFF, problemOf, ProblemError, UNREACHABLE, UNREADABLE } from "./problem";
import type { EnhanceData, EnhanceResponse, ServerEvent } from "./types";

export type Progress =
  | { phase: "uploading"; fraction: number }
  | { phase: "queued"; position: number }
  | { phase: "working"; stage: string; fraction: number };

type Heard = {
  key: string | null;
  signal: AbortSignal;
  onProgress: (progress: Progress) => void;
};

/**
 * The answer to a form. Throws `ProblemError`, and `signal.reason` once that is aborted: the connection is closed then,
 * at which the server stops its work.
 *
 * By XMLHttpRequest, since `fetch` does not tell how much of an upload has left.
 */
export function submit(form: FormData, { key, signal, onProgress }: Heard): Promise<EnhanceData> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    let read = 0;
    let settled = false;

    const settle = (outcome: () => void) => {
      if (settled) return;
      settled = true;
      signal.removeEventListener("abort", abort);
      outcome();
    };
    const fail = (error: unknown) => settle(() => reject(error));
    const abort = () => {
      fail(signal.reason);
      request.abort();
    };
    const heard = (event: EventSourceMessage) => {
      try {
        const told = { event: event.event, data: JSON.parse(event.data) as unknown } as ServerEvent;
        if (told.event === "queued") onProgress({ phase: "queued", position: told.data.position });
        else if (told.event === "stage") onProgress({ phase: "working", ...told.data });
        else if (told.event === "result") {
          const result = checked(told.data);
          settle(() => resolve(result));
        } else if (told.event === "error") {
          const { status, retry_after } = told.data;
          fail(new ProblemError(problemOf(status, event.data, retry_after === null ? null : String(retry_after))));
        }
      } catch (error) {
        fail(error instanceof ProblemError ? error : new ProblemError(UNREADABLE));
      }
    };
    const parser = createParser({ onEvent: heard });
    const isStream = () => (request.getResponseHeader("content-type") ?? "").startsWith("text/event-stream");
    const listen = () => {
      if (request.status !== 200 || !isStream()) return;
      const text = request.responseText;
      parser.feed(text.slice(read));
      read = text.length;
    };

    request.upload.onprogress = (event) => {
      if (event.lengthComputable && !settled) onProgress({ phase: "uploading", fraction: event.loaded / event.total });
    };
    request.onprogress = listen;
    request.onerror = () => fail(new ProblemError(read > 0 ? CUT_OFF : UNREACHABLE));
    request.onload = () => {
      if (request.status !== 200) {
        fail(
          new ProblemError(problemOf(request.status, request.responseText, request.getResponseHeader("retry-after"))),
        );
      } else if (isStream()) {
        listen();
        fail(new ProblemError(CUT_OFF)); // unless the result was there
      } else {
        heard({ event: "result", data: request.responseText, id: undefined }); // who answers without events
      }
    };

    if (signal.aborted) return reject(signal.reason);
    signal.addEventListener("abort", abort);
    request.open("POST", `${API_URL}/api/v1/enhance`);
    for (const [name, value] of Object.entries({ Accept: "text/event-stream", ...credentials(key) })) {
      request.setRequestHeader(name, value);
    }
    onProgress({ phase: "uploading", fraction: 0 });
    request.send(form);
  });
}

/** Throws `ProblemError` for what is no answer. */
function checked(answer: unknown): EnhanceData {
  const data = (answer as EnhanceResponse | null)?.data;
  const isWhole =
    typeof data?.restored_image === "string" &&
    [data.faces, data.warnings].every(Array.isArray) &&
    [data.width, data.height].every((length) => Number.isFinite(length) && length > 0) &&
    Number.isFinite(data.processing_time_ms) &&
    [data.timings_ms, data.models].every((table) => table instanceof Object);
  if (!isWhole) throw new ProblemError(UNREADABLE);
  return data;
}
