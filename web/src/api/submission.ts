/** Sends one photo, and reports its progress until the server has answered. */
import { createParser, type EventSourceMessage } from "eventsource-parser";
import { API_URL, credentials } from "./client";
import { CUT_OFF, problemOf, ProblemError, UNREACHABLE, UNREADABLE } from "./problem";
import type { EnhanceData, EnhanceResponse, ServerEvent } from "./types";

export type Progress =
  | { phase: "uploading"; fraction: number }
  /** `seconds` until those ahead are done; null or nothing: unknown. */
  | { phase: "queued"; position: number; seconds?: number | null }
  | { phase: "working"; stage: string; fraction: number }
  | { phase: "downloading"; fraction: number };

type Settings = {
  key: string | null;
  signal: AbortSignal;
  onProgress: (progress: Progress) => void;
  /** What each stage is to take, in seconds; a server of an earlier version does not say it. */
  onPlan: (stages: Record<string, number>) => void;
};

/**
 * Sends a form and returns the answer. Throws `ProblemError`, or `signal.reason` when the signal is aborted. Aborting
 * closes the connection, and the server then stops its work.
 *
 * It uses XMLHttpRequest because `fetch` does not report the progress of an upload.
 */
export function submit(form: FormData, { key, signal, onProgress, onPlan }: Settings): Promise<EnhanceData> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    let parsedLength = 0; // characters of the answer that the parser has
    let isSettled = false;
    let result: { from: number; bytes: number } | null = null; // where it begins in the answer, and its length

    const settle = (outcome: () => void) => {
      if (isSettled) return;
      isSettled = true;
      signal.removeEventListener("abort", abort);
      outcome();
    };
    const fail = (error: unknown) => settle(() => reject(error));
    const abort = () => {
      fail(signal.reason);
      request.abort();
    };
    const onEvent = (message: EventSourceMessage) => {
      try {
        const event = { event: message.event, data: JSON.parse(message.data) as unknown } as ServerEvent;
        if (event.event === "queued") onProgress({ phase: "queued", ...event.data });
        else if (event.event === "plan") onPlan(event.data.stages_s);
        else if (event.event === "sending") result = { from: parsedLength, bytes: event.data.bytes };
        else if (event.event === "stage") onProgress({ phase: "working", ...event.data });
        else if (event.event === "result") {
          const data = checked(event.data);
          settle(() => resolve(data));
        } else if (event.event === "error") {
          const { status, retry_after } = event.data;
          fail(new ProblemError(problemOf(status, message.data, retry_after === null ? null : String(retry_after))));
        }
      } catch (error) {
        fail(error instanceof ProblemError ? error : new ProblemError(UNREADABLE));
      }
    };
    const parser = createParser({ onEvent });
    const isStream = () => (request.getResponseHeader("content-type") ?? "").startsWith("text/event-stream");
    const parseNew = () => {
      if (request.status !== 200 || !isStream()) return;
      const text = request.responseText;
      parser.feed(text.slice(parsedLength));
      parsedLength = text.length;
      if (result === null || isSettled) return;
      const fraction = Math.min(1, (parsedLength - result.from) / Math.max(1, result.bytes));
      onProgress({ phase: "downloading", fraction });
    };

    request.upload.onprogress = (event) => {
      if (event.lengthComputable && !isSettled)
        onProgress({ phase: "uploading", fraction: event.loaded / event.total });
    };
    request.onprogress = parseNew;
    request.onerror = () => fail(new ProblemError(parsedLength > 0 ? CUT_OFF : UNREACHABLE));
    request.onload = () => {
      if (request.status !== 200) {
        fail(
          new ProblemError(problemOf(request.status, request.responseText, request.getResponseHeader("retry-after"))),
        );
      } else if (isStream()) {
        parseNew();
        fail(new ProblemError(CUT_OFF)); // has no effect if the result has come
      } else {
        onEvent({ event: "result", data: request.responseText, id: undefined }); // a server that sends no events
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

/** The data of an answer. Throws `ProblemError` if it lacks something that the page needs. */
function checked(answer: unknown): EnhanceData {
  const data = (answer as EnhanceResponse | null)?.data;
  const isComplete =
    typeof data?.restored_image === "string" &&
    [data.faces, data.warnings].every(Array.isArray) &&
    [data.width, data.height].every((length) => Number.isFinite(length) && length > 0) &&
    Number.isFinite(data.processing_time_ms) &&
    [data.timings_ms, data.models].every((table) => table instanceof Object);
  if (!isComplete) throw new ProblemError(UNREADABLE);
  return data;
}
