/** The whole page, with a fake server behind it. */
import { act, render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { vi } from "vitest";
import type { Size } from "@/photos/photo";
import { Workbench } from "@/components/workbench/Workbench";
import { servePictures } from "./pictures";
import { CONFIG, dryRunOf, faceOf, fileOf, PNG } from "./samples";
import { json, serveRequests, type FakeRequest } from "./server";

// What a browser fetches with the first photo is there at once.
vi.mock("@/components/workbench/lazyParts", async () => ({
  ...(await import("@/components/panel/FoundFaces")),
  ...(await import("@/components/panel/OptionsPanel")),
  ...(await import("@/components/panel/ResultPanel")),
  ...(await import("@/components/viewer/Viewer")),
  ...(await import("@/components/workbench/NextStep")),
}));

export const TWO_FACES = {
  faces: [faceOf(), faceOf({ box: [60, 40, 90, 70], action: "kept", reason: "It is too small.", strength: 0 })],
};

export type FakeSite = {
  /** The photos that the page has sent, in their order. */
  requests: FakeRequest[];
  last: () => FakeRequest;
  /** Lets the server do something about the last photo, and React show it. */
  respond: (does: (request: FakeRequest) => void) => Promise<void>;
  /** Changes the size of all pictures from now on; null: the browser cannot show them. */
  pictures: (size: Size | null) => void;
  /** The forms of the page's looks at photos, in their order. */
  looks: FormData[];
  /** What the server answers to a look. */
  look: () => Response | Promise<Response>;
  /** What the server answers when the page fetches its config. */
  config: () => Response;
  /** What it answers about sets of photos and their jobs. */
  api: (method: string, path: string) => Response | Promise<Response>;
  /** What it answers when the page fetches the sample photo. */
  sample: () => Response;
};

export function serveSite(): FakeSite {
  const requests = serveRequests();
  const last = () => requests.at(-1) as FakeRequest;
  const site: FakeSite = {
    requests,
    last,
    pictures: servePictures({ width: 100, height: 80 }),
    respond: (does) => act(async () => does(last())),
    looks: [],
    look: () => json(200, { status: "success", data: dryRunOf() }),
    config: () => json(200, CONFIG),
    api: () => json(404, { error: "There is no such job.", code: "unknown_job", stage: "request", request_id: "r" }),
    // jsdom's Blob: it does not accept the Blob of a Node response.
    sample: () => Object.assign(new Response(), { blob: async () => fileOf(PNG) }),
  };
  vi.stubGlobal("fetch", async (asked: Request | string, { method = "GET", body }: RequestInit = {}) => {
    if (typeof asked === "string" && /^\/api\/v1\/(jobs|batches)\//.test(asked)) return site.api(method, asked);
    if (method !== "POST") return typeof asked === "string" ? site.sample() : site.config();
    site.looks.push(body as FormData);
    return site.look();
  });
  return site;
}

/** Opens the page. It keeps nothing unless a test gives it a database. */
export function openPage({ keeps = false }: { keeps?: boolean } = {}) {
  if (!keeps) turnKeepingOff();
  render(<Workbench />);
  return userEvent.setup();
}

function turnKeepingOff(): void {
  try {
    localStorage.setItem("likeness.keep", "off");
  } catch {
    // the test has a browser that stores nothing, and no database either
  }
}

/** Opens the page and adds these photos; the first is shown. */
export async function openWith(...names: string[]) {
  const user = openPage();
  await user.upload(
    screen.getByLabelText("Photos to add"),
    names.map((name) => fileOf(PNG, name)),
  );
  await screen.findByRole("button", { name: `${names[0]}, new` });
  return user;
}

export const button = (name: string | RegExp) => screen.getByRole("button", { name });
export const findButton = (name: string | RegExp) => screen.findByRole("button", { name });
