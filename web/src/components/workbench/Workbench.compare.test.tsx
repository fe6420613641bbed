import { screen } from "@testing-library/react";
import { beforeEach, describe, expect, it } from "vitest";
import { button, findButton, openWith, serveSite, type FakeSite } from "@/test/page";
import { CONFIG, faceOf, factsOf } from "@/test/samples";
import { json } from "@/test/server";

const OFFERED = ["portrait-face", "compact-face"];
const MODELS = factsOf().models;

let site: FakeSite;
beforeEach(() => {
  site = serveSite();
  site.config = () => json(200, { ...CONFIG, choices: { ...CONFIG.choices, restorer: OFFERED } });
});

/** Opens the page with photos, and restores the first with the first restorer, then with the second. */
async function openWithTwoResults(...names: string[]) {
  const user = await openWith(...names);
  await user.click(button("Restore"));
  await site.respond((request) => request.succeeds({ models: { ...MODELS, restorer: "portrait-face" } }));
  await user.click(screen.getByRole("radio", { name: /compact-face/ }));
  await user.click(button("Restore again"));
  await site.respond((request) => request.succeeds({ models: { ...MODELS, restorer: "compact-face" } }));
  return user;
}

const side = (name: "Left" | "Right") => screen.getByRole("combobox", { name: `${name} side` });

describe("two results of a photo", () => {
  it("are made with two restorers and compared with each other", async () => {
    const user = await openWithTwoResults("oma.png");
    expect(site.requests.map(({ fields }) => fields.restorer)).toEqual([undefined, "compact-face"]);
    expect(side("Left")).toHaveDisplayValue("before");
    expect(side("Right")).toHaveDisplayValue("result 2 · compact-face");
    await user.selectOptions(side("Left"), "result 1 · portrait-face");
    expect(screen.getByRole("img", { name: "oma.png result 1" })).toBeInTheDocument();
    expect(screen.getByRole("img", { name: "oma.png after" })).toBeInTheDocument();
    expect(screen.queryByRole("img", { name: "oma.png before" })).not.toBeInTheDocument();

    await user.click(button("Faces 1"));
    expect(screen.getByRole("img", { name: "Face 1 result 1" })).toBeInTheDocument();
    await user.selectOptions(side("Right"), "before");
    expect(screen.getByRole("img", { name: "Face 1 before" })).toBeInTheDocument();
    expect(screen.queryByRole("img", { name: "Face 1 after" })).not.toBeInTheDocument();
  });

  it("do not change what is shown of a photo with one result", async () => {
    const user = await openWithTwoResults("oma.png", "opa.png");
    await user.selectOptions(side("Left"), "result 1 · portrait-face");
    await user.click(await findButton("opa.png, new"));
    await user.click(button("Restore"));
    await site.respond((request) => request.succeeds());
    expect(screen.getByRole("img", { name: "opa.png before" })).toBeInTheDocument();
    expect(screen.queryByRole("combobox", { name: /side$/ })).not.toBeInTheDocument();
    await user.click(button("oma.png, done"));
    expect(side("Left")).toHaveDisplayValue("result 1 · portrait-face");
  });
});

it("saves the restorer with the other options", async () => {
  await openWithTwoResults("oma.png");
  expect(JSON.parse(localStorage.getItem("likeness.options") ?? "")).toMatchObject({ restorer: "compact-face" });
});

it("shows a face in which the restorer found nothing to change", async () => {
  const user = await openWith("oma.png");
  await user.click(button("Restore"));
  const face = faceOf({
    action: "unchanged",
    strength: 0,
    identity_similarity: null,
    blur: 0.42,
    reason: "It is sharp.",
  });
  await site.respond((request) => request.succeeds({ faces: [face] }));
  expect(screen.getByRole("article", { name: "Face 1" })).toHaveTextContent(
    /Nothing found to restore.*It is sharp\..*Was sharp · 0\.4 px/,
  );
});
