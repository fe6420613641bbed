import { act, fireEvent, render, screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { servePictures } from "@/test/pictures";
import { CONFIG, faceOf, fileOf, LOADING, PNG } from "@/test/samples";
import { json, serveRequests, type FakeRequest } from "@/test/server";
import { Workbench } from "./Workbench";

let requests: FakeRequest[];
/** What the server says about itself, and the photo that can be tried. */
let config: () => Response;
let sample: () => Response;

beforeEach(() => {
  requests = serveRequests();
  servePictures({ width: 100, height: 80 });
  config = () => json(200, CONFIG);
  // A page's blob, which that of Node's responses is not.
  sample = () => Object.assign(new Response(), { blob: async () => fileOf(PNG) });
  vi.stubGlobal("fetch", async (asked: Request | string) => (typeof asked === "string" ? sample() : config()));
});

const TWO_FACES = {
  faces: [faceOf(), faceOf({ box: [60, 40, 90, 70], action: "kept", reason: "It is too small.", strength: 0 })],
};

function opened() {
  render(<Workbench />);
  return userEvent.setup();
}

/** The page with these photos, of which the first is shown. */
async function withPhotos(...names: string[]) {
  const user = opened();
  await user.upload(
    screen.getByLabelText("Photos to add"),
    names.map((name) => fileOf(PNG, name)),
  );
  await screen.findByRole("button", { name: `${names[0]}, new` });
  return user;
}

const button = (name: string | RegExp) => screen.getByRole("button", { name });
const find = (name: string | RegExp) => screen.findByRole("button", { name });
const last = () => requests.at(-1) as FakeRequest;
const server = (does: (request: FakeRequest) => void) => act(async () => does(last()));

describe("a photo", () => {
  it("is chosen, restored, looked at and taken away with one face as it was", async () => {
    const user = await withPhotos("oma.png");
    expect(screen.getByRole("img", { name: "oma.png, as it is now" })).toBeInTheDocument();

    await user.click(button("Restore"));
    expect((last().form.get("file") as File).name).toBe("oma.png");
    expect(last().fields).not.toHaveProperty("face_overrides");
    await server((request) => {
      request.uploads(40, 100);
    });
    expect(screen.getByRole("progressbar", { name: "Uploading" })).toHaveAttribute("value", "0.4");
    await server((request) => {
      request.streams();
      request.sendsEvent("stage", { stage: "restoration", fraction: 0.5 });
    });
    expect(screen.getByRole("progressbar", { name: "Restoring the faces" })).toBeInTheDocument();
    await server((request) => request.succeeds(TWO_FACES));

    expect(screen.getByRole("img", { name: "oma.png after" })).toBeInTheDocument();
    expect(screen.getByText("31.5 dB")).toBeVisible();
    expect(screen.getByRole("heading", { name: "2 faces" })).toBeVisible();
    expect(screen.getByText("It is too small.")).toBeVisible();
    expect(screen.getByRole("link", { name: "Download" })).toHaveAttribute("download", "oma-restored.png");
    expect(button("oma.png, done")).toBeInTheDocument();

    const card = within(screen.getByRole("article", { name: "Face 1" }));
    await user.click(card.getByRole("button", { expanded: false }));
    await user.click(card.getByRole("button", { name: "Leave as it was" }));
    expect(card.getByText(/takes effect when the photo is restored again/)).toBeVisible();
    await user.click(button("Restore again"));
    expect(JSON.parse(String(last().fields.face_overrides))).toEqual({ "0": 0 });
    await server((request) => request.succeeds(TWO_FACES));
    expect(screen.queryByRole("button", { name: "Restore again" })).not.toBeInTheDocument();
    expect(requests).toHaveLength(2);
  });

  it("is restored again as it was asked for, once a face is as for all", async () => {
    const user = await withPhotos("oma.png");
    await user.click(button("Restore"));
    await server((request) => request.succeeds(TWO_FACES));
    screen.getByRole("button", { name: "Face 2", pressed: false }).focus();
    await user.keyboard("{Enter}");
    const card = within(screen.getByRole("article", { name: "Face 2" }));
    fireEvent.change(card.getByRole("slider"), { target: { value: "30" } });
    expect(button("Restore again")).toBeEnabled();
    await user.click(card.getByRole("button", { name: "As for all" }));
    expect(screen.queryByRole("button", { name: "Restore again" })).not.toBeInTheDocument();
    await user.click(card.getByRole("button", { expanded: true }));
    expect(card.queryByRole("slider")).not.toBeInTheDocument();
  });

  it("can be looked at face by face", async () => {
    const user = await withPhotos("oma.png");
    await user.click(button("Restore"));
    await server((request) => request.succeeds(TWO_FACES));
    await user.click(button("Faces 2"));
    for (const name of ["Face 1 before", "Face 1 after", "Face 2 before", "Face 2 after"]) {
      expect(screen.getByRole("img", { name })).toBeInTheDocument();
    }
    await user.click(button("Picture"));
    expect(screen.getByRole("img", { name: "oma.png after" })).toBeInTheDocument();
  });

  it("that has no face is enlarged all the same, if a person wants it", async () => {
    const user = await withPhotos("sea.png");
    await user.click(button("Restore"));
    const error = { error: "No face was found.", code: "no_face_detected", stage: "detection", request_id: "r" };
    await server((request) => request.replies(422, JSON.stringify(error)));
    expect(await screen.findByRole("alert")).toHaveTextContent("No face was found.");
    await user.click(button("Enlarge it all the same"));
    expect(last().fields).toMatchObject({ require_face: "false" });
    await server((request) => request.succeeds({ faces: [] }));
    expect(screen.getByRole("link", { name: "Download" })).toBeInTheDocument();
  });

  it("is refused before it is sent, with the reason", async () => {
    const user = opened();
    await user.upload(screen.getByLabelText("Photos to add"), fileOf([1, 2, 3], "letter.png"));
    expect(await screen.findByText(/This is not a JPEG, PNG or WebP file/)).toBeVisible();
    expect(screen.queryByRole("button", { name: "Restore" })).not.toBeInTheDocument();
    await user.click(button("Remove letter.png"));
    expect(screen.getByRole("heading", { name: "Drop a photo here" })).toBeVisible();
  });

  it("can be dropped anywhere", async () => {
    opened();
    fireEvent.drop(document.body, { dataTransfer: { types: ["Files"], files: [fileOf(PNG, "dropped.png")] } });
    expect(await find("dropped.png, new")).toBeInTheDocument();
  });

  it("is there to try it with", async () => {
    const user = opened();
    await user.click(button("Try it with this one"));
    expect(await find("sample.jpg, new")).toBeInTheDocument();
  });

  it("to try it with may be gone, and so is the server then", async () => {
    const user = opened();
    await screen.findByText(/megapixels/);
    sample = config = () => json(500, {});
    await user.click(button("Try it with this one"));
    expect(await screen.findByText(/The server answered 500/)).toBeVisible();
  });
});

describe("what goes wrong", () => {
  it("is told, and tried again without choosing again", async () => {
    const user = await withPhotos("oma.png");
    await user.click(button("Restore"));
    await server((request) => request.replies(500, "<h1>Oh no</h1>", { "content-type": "text/html" }));
    expect(await screen.findByRole("alert")).toHaveTextContent("The server answered 500");
    await user.click(button("Try again"));
    expect((last().form.get("file") as File).name).toBe("oma.png");
    await server((request) => request.succeeds());
    expect(screen.getByRole("link", { name: "Download" })).toBeInTheDocument();
  });

  it("is a missing key, which is asked for, sent and kept for this session", async () => {
    const user = await withPhotos("oma.png");
    await user.click(button("Restore"));
    await server((request) =>
      request.replies(401, JSON.stringify({ error: "A key is needed.", code: "unauthorized" })),
    );
    await user.type(await screen.findByLabelText("API key"), "secret{Enter}");
    await vi.waitFor(() => expect(requests).toHaveLength(2));
    expect(last().sent["x-api-key"]).toBe("secret");
    expect(sessionStorage.getItem("likeness.key")).toBe("secret");
    expect(localStorage.getItem("likeness.key")).toBeNull();
    await server((request) => request.succeeds());
    expect(screen.getByRole("link", { name: "Download" })).toBeInTheDocument();
  });

  it("is a busy server, which is asked again", async () => {
    const user = await withPhotos("oma.png");
    await user.click(button("Restore"));
    await server((request) =>
      request.replies(503, JSON.stringify({ error: "Busy.", code: "overloaded" }), { "retry-after": "1" }),
    );
    expect(await screen.findByText(/Trying again/)).toBeVisible();
    await vi.waitFor(() => expect(requests).toHaveLength(2), { timeout: 3000 });
  });

  it("can be called off, at which the connection is closed", async () => {
    const user = await withPhotos("oma.png");
    await user.click(button("Restore"));
    await user.click(button("Cancel"));
    expect(last().isAborted).toBe(true);
    expect(button("Restore")).toBeEnabled();
  });

  it.each<[string, (request: FakeRequest) => void]>([
    [
      "an answer of another version",
      (request) => request.replies(200, JSON.stringify({ data: { restored_image: "", faces: [] } })),
    ],
    ["a picture that is none", (request) => request.succeeds({ restored_image: "***" } as object)],
    ["a broken connection", (request) => request.disconnects()],
  ])("is %s, after which the page goes on", async (_what, happens) => {
    const user = await withPhotos("oma.png");
    await user.click(button("Restore"));
    await server(happens);
    expect(await screen.findByRole("alert")).toBeInTheDocument();
    await user.click(button("Try again"));
    await server((request) => request.succeeds());
    expect(screen.getByRole("link", { name: "Download" })).toBeInTheDocument();
  });
});

describe("an answer that nobody foresaw", () => {
  it.each<[string, object]>([
    ["faces without anything", { faces: [{}] }],
    ["a figure that is no number", { metrics: { psnr: "31" } }],
    ["a warning that is none", { warnings: [null] }],
    ["a step without a time", { timings_ms: { decode: null } }],
  ])("costs what it tells, and nothing else: %s", async (_what, odd) => {
    vi.spyOn(console, "error").mockImplementation(() => undefined); // React tells what a boundary held up
    const user = await withPhotos("oma.png");
    await user.click(button("Restore"));
    await server((request) => request.succeeds(odd));
    expect((await screen.findAllByRole("alert"))[0]).toHaveTextContent("cannot be shown");
    expect(screen.getByRole("link", { name: "Download" })).toBeInTheDocument();
    await user.click(screen.getByRole("radio", { name: "×4" }));
    await user.click(button("Restore again"));
    await server((request) => request.succeeds());
    expect(screen.queryByText(/cannot be shown/)).not.toBeInTheDocument();
    expect(screen.getByRole("heading", { name: "One face" })).toBeInTheDocument();
  });
});

describe("several photos", () => {
  it("are not all refused for one, of which the reason is told", async () => {
    const user = await withPhotos("oma.png");
    const text = new File(["no photo"], "notes.png", { type: "image/png" });
    await user.upload(screen.getByLabelText("Photos to add"), [fileOf(PNG, "opa.png"), text]);
    expect(await screen.findByRole("alert")).toHaveTextContent("notes.png: This is not a");
    expect(screen.getByRole("img", { name: "opa.png, as it is now" })).toBeInTheDocument();
    await user.click(button("Close"));
    expect(screen.queryByRole("alert")).not.toBeInTheDocument();
  });

  it("are called off together", async () => {
    const user = await withPhotos("oma.png", "opa.png");
    await user.click(button("Restore all 2"));
    await user.click(button("Cancel all"));
    expect(last().isAborted).toBe(true);
    expect(button("oma.png, new")).toBeInTheDocument();
    expect(button("opa.png, new")).toBeInTheDocument();
  });

  it("are taken away together", async () => {
    const user = await withPhotos("oma.png", "opa.png");
    await user.click(button("Restore all 2"));
    await server((request) => request.succeeds());
    await server((request) => request.succeeds());
    const taken: string[] = [];
    vi.spyOn(HTMLAnchorElement.prototype, "click").mockImplementation(function click(this: HTMLAnchorElement) {
      taken.push(this.download);
    });
    await user.click(await find("Download all 2"));
    expect(taken).toEqual(["oma-restored.png", "opa-restored.png"]);
  });

  it("are all sent with the key that one was asked for", async () => {
    const user = await withPhotos("oma.png", "opa.png");
    await user.click(button("Restore all 2"));
    for (let count = 0; count < 2; count += 1) {
      await server((request) =>
        request.replies(401, JSON.stringify({ error: "A key is needed.", code: "unauthorized" })),
      );
    }
    await user.type(screen.getByLabelText("API key"), "wröng");
    await user.click(button("Use it"));
    expect(screen.getByText(/A key has only letters/)).toBeInTheDocument();
    await user.clear(screen.getByLabelText("API key"));
    await user.type(screen.getByLabelText("API key"), "right");
    await user.click(button("Use it"));
    await server((request) => request.succeeds());
    await server((request) => request.succeeds());
    expect(button("oma.png, done")).toBeInTheDocument();
    expect(button("opa.png, done")).toBeInTheDocument();
  });

  it("are restored one after the other", async () => {
    const user = await withPhotos("a.png", "b.png");
    await user.click(button("Restore all 2"));
    expect(button("a.png, working")).toBeInTheDocument();
    expect(button("b.png, waiting")).toBeInTheDocument();
    expect(requests).toHaveLength(1);
    await server((request) => request.succeeds());
    expect(button("a.png, done")).toBeInTheDocument();
    expect(requests).toHaveLength(2);
  });

  it("are looked at and taken away one by one, whose work is stopped", async () => {
    const user = await withPhotos("a.png", "b.png");
    await user.click(button("Restore"));
    await user.click(button("Remove a.png"));
    expect(last().isAborted).toBe(true);
    expect(screen.getByRole("img", { name: "b.png, as it is now" })).toBeInTheDocument();
    expect(button("Restore")).toBeEnabled();
  });

  it("leave nothing in memory when they are taken away", async () => {
    const [held, released]: [string[], string[]] = [[], []];
    const create = URL.createObjectURL;
    vi.spyOn(URL, "createObjectURL").mockImplementation((blob) => {
      held.push(create(blob));
      return held.at(-1) ?? "";
    });
    vi.spyOn(URL, "revokeObjectURL").mockImplementation((url) => void released.push(url));
    const user = await withPhotos("a.png");
    await user.click(button("Restore"));
    await server((request) => request.succeeds());
    expect(released).toEqual([]);
    await user.click(button("Remove a.png"));
    expect(held).toHaveLength(2);
    expect(released.sort()).toEqual(held.sort());
  });
});

describe("options", () => {
  it("are sent, and remembered", async () => {
    const user = await withPhotos("oma.png");
    await user.click(screen.getByRole("radio", { name: "×4" }));
    await user.click(screen.getByRole("radio", { name: "WebP" }));
    await user.click(button("Restore"));
    expect(last().fields).toMatchObject({ upscale_factor: "4", output_format: "webp", quality: "95" });
    expect(JSON.parse(localStorage.getItem("likeness.options") ?? "")).toMatchObject({
      upscale_factor: 4,
      output_format: "webp",
    });
  });

  it("are those of the last time, as far as this server offers them", async () => {
    localStorage.setItem(
      "likeness.options",
      JSON.stringify({ upscale_factor: 4, faces: "largest", identity_policy: "protect" }),
    );
    config = () => json(200, { ...CONFIG, limits: { ...CONFIG.limits, upscale_factor: [1, 2] } });
    await withPhotos("oma.png");
    expect(screen.getByRole("radio", { name: "The largest" })).toBeChecked();
    expect(screen.getByRole("radio", { name: "×2" })).toBeChecked();
    expect(screen.getByRole("checkbox", { name: /Keep the likeness/ })).toBeChecked();
  });

  it("are kept for a server that is still loading its models", async () => {
    localStorage.setItem("likeness.options", JSON.stringify({ faces: "largest", identity_policy: "protect" }));
    config = () => json(200, LOADING);
    const user = await withPhotos("opa.png");
    await screen.findByText(/loading its models/);
    await user.click(screen.getByRole("radio", { name: "×4" }));
    await user.click(button("Remove opa.png"));
    config = () => json(200, CONFIG);
    sample = () => new Response(null, { status: 500 });
    await user.click(button("Try it with this one")); // upon which the server is asked again
    await vi.waitFor(() => expect(screen.queryByText(/loading its models/)).not.toBeInTheDocument());
    await user.upload(screen.getByLabelText("Photos to add"), fileOf(PNG, "oma.png"));
    await find("oma.png, new");
    expect(screen.getByRole("checkbox", { name: /Keep the likeness/ })).toBeChecked();
    expect(screen.getByRole("radio", { name: "×4" })).toBeChecked();
  });
});

describe("the server", () => {
  it("is waited for; what was chosen meanwhile is not lost", async () => {
    config = () => json(503, { error: "The server is starting.", code: "starting" });
    const user = opened();
    expect(await screen.findByText("The server is starting.")).toBeVisible();
    await user.upload(screen.getByLabelText("Photos to add"), fileOf(PNG, "early.png"));
    config = () => json(200, CONFIG);
    await user.click(button("Try again"));
    expect(await find("early.png, new")).toBeInTheDocument();
    expect(screen.queryByText("The server is starting.")).not.toBeInTheDocument();
  });

  it("may still be loading its models", async () => {
    config = () => json(200, LOADING);
    opened();
    expect(await screen.findByText(/loading its models/)).toBeVisible();
  });
});

it("turns to the other theme and back, and remembers it", async () => {
  const user = opened();
  await user.click(button("Light or dark"));
  expect(document.documentElement.dataset.theme).toBe("light");
  expect(localStorage.getItem("likeness.theme")).toBe("light");
  await user.click(button("Light or dark"));
  expect(document.documentElement.dataset.theme).toBeUndefined(); // it goes with the system's again
  expect(localStorage.getItem("likeness.theme")).toBeNull();
});
