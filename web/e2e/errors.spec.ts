import type { Page, Route } from "@playwright/test";
import { BASE, KEYS, RATE } from "./servers";
import { Service } from "./service";
import { expect, test } from "./test";
import { photo, type Workbench } from "./workbench";

const ENHANCE = "**/api/v1/enhance";

test.use({ provokes: true });

async function storeKey(page: Page, key: string): Promise<void> {
  await page.addInitScript((stored) => sessionStorage.setItem("likeness.key", stored), key);
}

/** Chooses a photo and other options than the defaults, and clicks Restore. */
async function prepared(page: Page, workbench: Workbench, name = "portrait.jpg"): Promise<void> {
  await workbench.open();
  await workbench.choose(name);
  await page.getByRole("radio", { name: "×1" }).check({ force: true });
  await workbench.restore.click();
}

/** Sends the same photo with the same options again, and waits for the result. */
async function triedAgain(page: Page, workbench: Workbench): Promise<void> {
  await expect(page.getByRole("radio", { name: "×1" })).toBeChecked();
  await expect(workbench.photos).toHaveCount(1);
  await page.getByRole("button", { name: /^Try (again|now)$/ }).click();
  await workbench.done();
  await expect(workbench.problem(/./)).toHaveCount(0);
  await expect(page.getByText(/256 × 256 pixels/)).toBeVisible();
}

test("no face: an error, and the photo is enlarged if the person wants it", async ({ page, workbench }) => {
  await workbench.open();
  await workbench.choose("landscape.jpg");
  await workbench.restore.click();
  await expect(workbench.problem(/face/)).toBeVisible();
  await page.getByRole("button", { name: "Enlarge it all the same" }).click();
  await workbench.done();
  await expect(page.getByText(/640 × 480 pixels/)).toBeVisible();
  const warnings = page.getByRole("list", { name: "Warnings" });
  await expect(warnings.getByText(/^No face was found\./)).toBeVisible();
  await expect(page.getByRole("button", { name: /^Faces/ })).toHaveCount(0);
});

test("a broken photo: an error, and the next one is restored", async ({ page, workbench }) => {
  await workbench.open();
  await workbench.choose("broken.jpg");
  await workbench.restore.click();
  await expect(workbench.problem(/./)).toBeVisible();
  await expect(page.getByText(/^Step: Reading the photo · Request \w+/)).toBeVisible();
  await workbench.choose("portrait.jpg");
  await workbench.restore.click();
  await workbench.done();
});

const ANSWERS: [string, (route: Route) => Promise<void>, RegExp][] = [
  [
    "an error of the server",
    (route) =>
      route.fulfill({
        status: 500,
        json: { error: "The upscaling failed.", stage: "upscaling", code: "stage_failed", request_id: "ab12" },
      }),
    /The upscaling failed\./,
  ],
  [
    "a proxy's page",
    (route) => route.fulfill({ status: 502, contentType: "text/html", body: "<h1>Bad Gateway</h1>" }),
    /The server answered 502, without a word this page understands\./,
  ],
  ["an empty answer", (route) => route.fulfill({ status: 200, body: "" }), /could not be read/],
  ["an answer of another program", (route) => route.fulfill({ json: { hello: "world" } }), /could not be read/],
  [
    "an answer without required fields",
    (route) => route.fulfill({ json: { status: "success", data: { restored_image: "AAAA", faces: [] } } }),
    /could not be read/,
  ],
  [
    "events that end without a result",
    (route) => stream(route, 'event: stage\ndata: {"stage": "decode", "fraction": 0.5}\n\n'),
    /The connection ended before the photo was done\./,
  ],
  [
    "an error in the middle of the events",
    (route) =>
      stream(
        route,
        'event: stage\ndata: {"stage": "decode", "fraction": 0}\n\nevent: error\ndata: {"error": "The device failed.", ' +
          '"stage": "detection", "code": "device_failed", "request_id": "ab12", "status": 500, "retry_after": null}\n\n',
      ),
    /The device failed\./,
  ],
  ["events that are not JSON", (route) => stream(route, "event: result\ndata: {\n\n"), /could not be read/],
  ["no server", (route) => route.abort("connectionrefused"), /The server cannot be reached\./],
];

function stream(route: Route, body: string): Promise<void> {
  return route.fulfill({ contentType: "text/event-stream", body });
}

for (const [name, answer, words] of ANSWERS) {
  test(`${name}: an error, and the same photo can be sent again`, async ({ page, workbench }) => {
    await page.route(ENHANCE, answer);
    await prepared(page, workbench);
    await expect(workbench.problem(words)).toBeVisible();
    await page.unroute(ENHANCE);
    await triedAgain(page, workbench);
  });
}

test.describe("in German", () => {
  test.use({ locale: "de-DE" });

  test("errors of the server are said by their code, with what the server tells more", async ({ page }) => {
    const answer = (status: number, code: string, error: string) =>
      page.route(ENHANCE, (route) =>
        route.fulfill({ status, json: { error, code, stage: "decode", request_id: "ab12" } }),
      );
    const problem = page.getByRole("region", { name: "Nächster Schritt" }).getByRole("alert");
    await page.goto("/");
    await answer(500, "stage_failed", "The network x failed.");
    await page.locator("input[type=file]").first().setInputFiles(photo("portrait.jpg"));
    await page.getByRole("button", { name: "Restaurieren", exact: true }).click();
    await expect(problem).toContainText("Der Server ist bei diesem Schritt gescheitert.");
    await expect(problem).toContainText("Der Server sagt: The network x failed.");
    await expect(page.getByText(/Anfrage ab12$/)).toBeVisible();
    await expect(page.getByText("The network x failed.")).toHaveAttribute("lang", "en");

    await page.unroute(ENHANCE);
    await answer(500, "internal_error", "Something went wrong inside the server.");
    await page.getByRole("button", { name: "Noch einmal versuchen" }).click();
    await expect(problem).toContainText("Im Server ist etwas schiefgegangen.");
    await expect(problem).not.toContainText("Something");

    await page.unroute(ENHANCE);
    await answer(500, "brand_new_code", "This is new.");
    await page.getByRole("button", { name: "Noch einmal versuchen" }).click();
    await expect(problem).toHaveText("This is new.");
  });
});

test("the last result stays when the next try fails", async ({ page, workbench }) => {
  await workbench.open();
  await workbench.restored();
  await page.route(ENHANCE, (route) => route.abort());
  await workbench.unfoldOptions();
  await page.getByRole("radio", { name: "×1" }).check({ force: true });
  await workbench.restoreAgain.click();
  await expect(workbench.problem(/cannot be reached/)).toBeVisible();
  await expect(workbench.after).toBeVisible();
  await expect(workbench.download).toBeVisible();
});

test("a server that cannot be reached at first is found later", async ({ page, workbench }) => {
  await page.route("**/api/v1/config", (route) => route.abort());
  await page.goto("/");
  await expect(page.getByText("The server cannot be reached. Is it running, and are you online?")).toBeVisible();
  await page.unroute("**/api/v1/config");
  await expect(page.getByText(/megapixels\./)).toBeVisible(); // the page fetches the config again without a click
  await workbench.restored();
});

test.describe("a server with API keys, a rate limit, one slot, no queue and a short deadline", () => {
  test.use({ baseURL: BASE.strict });

  test("without a key: the page asks for one and uses it from then on", async ({ page, workbench }) => {
    await prepared(page, workbench);
    await expect(workbench.problem(/An API key is needed/)).toBeVisible();
    await page.getByLabel("API key").fill("a-wrong-one");
    await page.getByRole("button", { name: "Use it" }).click();
    await expect(workbench.problem(/This API key is not known here\./)).toBeVisible();
    await page.getByLabel("API key").fill(KEYS[0]!);
    await page.getByLabel("API key").press("Enter");
    await workbench.done();

    await page.reload();
    await expect(page.getByRole("button", { name: "Remove portrait.jpg" })).toBeVisible();
    await workbench.restored("second.png");
    await expect(workbench.problem(/./)).toHaveCount(0);
  });

  test("too many photos: a countdown to the next try, which can be stopped", async ({ page, workbench }) => {
    await storeKey(page, KEYS[1]!);
    await workbench.open();
    await workbench.choose("portrait.jpg");
    await page.getByRole("radio", { name: "×1" }).check({ force: true });
    const service = new Service("strict", KEYS[1]);
    for (let count = 0; count < RATE; count += 1) await service.post(photo("note.jpg"));
    await workbench.restore.click();
    await expect(page.getByText(/Trying again in \d+ s\./)).toBeVisible();
    await expect(workbench.problem(/./)).toBeVisible();
    await page.getByRole("button", { name: "Stop trying" }).click();
    await expect(page.getByText(/Trying again/)).toHaveCount(0);
    await expect(page.getByRole("button", { name: "Try again" })).toBeVisible();
  });

  test("a full queue: a countdown, and the photo is sent again", async ({ page, workbench }) => {
    const other = new Service("strict", KEYS[2]);
    await other.idle();
    await storeKey(page, KEYS[3]!);
    await workbench.open();
    await workbench.choose("portrait.jpg");
    await other.occupy(photo("large.jpg"));
    await workbench.restore.click();
    await expect(page.getByText(/Trying again in \d+ s\./)).toBeVisible();
    await expect(page.getByRole("button", { name: "portrait.jpg, waiting" })).toBeVisible();
    await other.idle();
    await workbench.done();
    await expect(workbench.problem(/./)).toHaveCount(0);
  });

  test("a passed deadline: an error, and a smaller photo is restored", async ({ page, workbench }) => {
    await storeKey(page, KEYS[4]!);
    await workbench.open();
    await workbench.choose("large.jpg");
    await workbench.restore.click();
    await expect(workbench.problem("The photo took longer than this server allows.")).toBeVisible({ timeout: 30_000 });
    await expect(page.getByText(/^Step: Enlarging the picture/)).toBeVisible();
    await new Service("strict", KEYS[4]).idle();
    await workbench.choose("portrait.jpg");
    await workbench.restore.click();
    await workbench.done();
  });
});
