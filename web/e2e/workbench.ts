/** The page, by accessible roles and names. */
import { expect, test, type Locator, type Page, type Request } from "@playwright/test";
import { existsSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { FOLDER } from "./servers";

export function photo(name: string): string {
  return join(FOLDER, name);
}

export function hasPhoto(name: string): boolean {
  return existsSync(photo(name));
}

export class Workbench {
  readonly restore: Locator;
  readonly restoreAgain: Locator;
  readonly cancel: Locator;
  readonly download: Locator;
  readonly line: Locator;
  readonly viewer: Locator;
  readonly zoom: Locator;
  readonly photos: Locator;
  readonly before: Locator;
  readonly after: Locator;
  readonly progress: Locator;
  readonly markFace: Locator;
  readonly drawing: Locator;

  constructor(readonly page: Page) {
    this.restore = page.getByRole("button", { name: "Restore", exact: true });
    this.restoreAgain = page.getByRole("button", { name: "Restore again" });
    this.cancel = page.getByRole("button", { name: "Cancel", exact: true });
    this.download = page.getByRole("link", { name: "Download" });
    this.line = page.getByRole("slider", { name: /^Line between/ });
    this.viewer = page.getByRole("group", { name: /^Comparison/ });
    this.zoom = page.getByLabel("Zoom", { exact: true });
    this.photos = page.getByRole("navigation", { name: "Photos" }).getByRole("listitem");
    this.before = page.getByRole("img", { name: / before$/ });
    this.after = page.getByRole("img", { name: / after$/ });
    this.progress = page.getByRole("region", { name: "Next step" }).getByRole("progressbar");
    this.markFace = page.getByRole("button", { name: "Mark a face" });
    this.drawing = page.getByRole("application");
  }

  /**
   * Opens the page, and waits for the server's config. Unless it is a `firstVisit`, on which a way to begin is chosen, the
   * options are the server's defaults, and all controls are shown.
   */
  async open(address = "/", { firstVisit = false } = {}): Promise<void> {
    if (!firstVisit) {
      await this.page.addInitScript(() => {
        if (location.origin === "null") return; // about:blank, from which a test shares photos, stores nothing
        if (localStorage.getItem("likeness.options") === null) localStorage.setItem("likeness.options", "{}");
      });
    }
    await this.page.goto(address);
    await expect(this.page.getByText(/megapixels\./)).toBeVisible();
  }

  async choose(...names: string[]): Promise<void> {
    await this.page.getByLabel("Photos to add").setInputFiles(names.map(photo));
    await expect(this.page.getByRole("button", { name: `Remove ${names.at(-1)}` }).last()).toBeVisible();
  }

  /** Chooses a photo and restores it. */
  async restored(name = "portrait.jpg"): Promise<void> {
    await this.choose(name);
    await this.restore.click();
    await this.done();
  }

  /** Restores the shown photo, and returns the fields that were sent. */
  async restoredFields(): Promise<Record<string, string>> {
    let fields: Record<string, string> = {};
    await this.page.route("**/api/v1/enhance", async (route) => {
      fields = fieldsOf(route.request());
      await route.continue();
    });
    await this.page.getByRole("button", { name: /^Restore/ }).click();
    await this.done();
    return fields;
  }

  async done(): Promise<void> {
    const timeout = test.info().timeout * 0.75; // 45 s, more if the run gives more
    await expect(this.download).toBeVisible({ timeout });
    await expect(this.progress).toHaveCount(0, { timeout });
  }

  /** Opens the options, which are closed once there is a result. */
  async unfoldOptions(): Promise<void> {
    await this.page.getByRole("heading", { name: "Options" }).click();
  }

  /** Opens or closes the options of the file. */
  async unfoldFile(): Promise<void> {
    await this.page.getByRole("heading", { name: "File", exact: true }).click();
  }

  /** Waits until this browser keeps so many photos, each with its file, and results. */
  async kept(photos: number, results: number): Promise<void> {
    await expect.poll(() => rowsKept(this.page)).toMatchObject({ photos, files: photos, results });
  }

  problem(words: string | RegExp): Locator {
    return this.page.getByRole("alert").filter({ hasText: words });
  }

  card(number: number): Locator {
    return this.page.getByRole("article", { name: `Face ${number}`, exact: true });
  }

  mark(number: number): Locator {
    return this.page.getByRole("button", { name: `Face ${number}`, exact: true });
  }

  /** Waits until the page says so of the faces that a look has found. */
  async found(words: string): Promise<void> {
    await expect(this.page.getByRole("heading", { name: words, exact: true })).toBeVisible({ timeout: 45_000 });
  }

  tick(number: number): Locator {
    return this.card(number).getByRole("checkbox", { name: "Restore this face" });
  }

  async valueOfLine(): Promise<number> {
    return Number(await this.line.getAttribute("aria-valuenow"));
  }

  async percent(): Promise<number> {
    return Number.parseInt((await this.zoom.textContent()) ?? "", 10);
  }

  /** A DataTransfer with these photos, for drop events. */
  async files(...names: string[]) {
    const contents = names.map((name) => [basename(name), readFileSync(photo(name)).toString("base64")] as const);
    return this.page.evaluateHandle((files) => {
      const transfer = new DataTransfer();
      for (const [name, base64] of files) {
        const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
        transfer.items.add(new File([bytes], name));
      }
      return transfer;
    }, contents);
  }

  /** RGBA values of a region of the result (x, y, width, height in pixels), as text. */
  async pixels([x, y, width, height]: [number, number, number, number]): Promise<string> {
    return this.after.evaluate(
      async (image, region) => {
        const picture = image as HTMLImageElement;
        await picture.decode();
        const canvas = new OffscreenCanvas(picture.naturalWidth, picture.naturalHeight);
        const context = canvas.getContext("2d")!;
        context.drawImage(picture, 0, 0);
        return context.getImageData(...region).data.join();
      },
      [x, y, width, height] as const as [number, number, number, number],
    );
  }
}

/** The fields of a form that was sent, without the photo. */
export function fieldsOf(request: Request): Record<string, string> {
  const form = request.postDataBuffer()?.toString("latin1") ?? "";
  return Object.fromEntries(
    [...form.matchAll(/name="(\w+)"\r\n\r\n([^\r]*)/g)].map(([, name = "", value = ""]) => [name, value]),
  );
}

export async function box(locator: Locator): Promise<{ x: number; y: number; width: number; height: number }> {
  const found = await locator.boundingBox();
  if (found === null) throw new Error("The element is not visible.");
  return found;
}

export async function sizeOf(image: Locator): Promise<[number, number]> {
  return image.evaluate(async (element) => {
    const picture = element as HTMLImageElement;
    await picture.decode();
    return [picture.naturalWidth, picture.naturalHeight];
  });
}

/** How many rows each table of the browser's database has. */
export function rowsKept(page: Page): Promise<Record<string, number>> {
  return page.evaluate(async () => {
    const asked = <T>(request: IDBRequest<T>) =>
      new Promise<T>((resolve, reject) => {
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => reject(request.error);
      });
    const database = await asked(indexedDB.open("likeness"));
    const tables = [...database.objectStoreNames];
    const change = database.transaction(tables);
    const counts = await Promise.all(tables.map((table) => asked(change.objectStore(table).count())));
    database.close();
    return Object.fromEntries(tables.map((table, index) => [table, counts[index] ?? 0]));
  });
}
