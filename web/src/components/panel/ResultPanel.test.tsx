import { render, screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, it, vi } from "vitest";
import type { Photo } from "@/photos/photo";
import type { Config, Facts } from "@/api/types";
import { CONFIG, faceOf, OPTIONS, photoOf, resultOf, WITHOUT_RECOGNISER } from "@/test/samples";
import { ResultPanel } from "./ResultPanel";

function showing(facts: Partial<Facts> = {}, changes: Partial<Photo> = {}, config: Config = CONFIG) {
  const callbacks = { onFace: vi.fn(), onOverride: vi.fn(), onUnmark: vi.fn() };
  const result = resultOf(facts);
  render(
    <ResultPanel
      photo={photoOf(changes)}
      result={result}
      config={config}
      options={OPTIONS}
      isWithFaces
      selectedFace={0}
      {...callbacks}
    />,
  );
  return { ...callbacks, user: userEvent.setup() };
}

/** The row of a figure, by its name. */
const beside = (name: string) => screen.getByText(name, { selector: "dt" }).parentElement;

describe("the figures", () => {
  it("are shown with a word for their meaning", () => {
    showing();
    expect(beside("PSNR")).toHaveTextContent(/31\.5 dB.*changed/);
    expect(beside("Identity")).toHaveTextContent("0.92same person, clearly");
  });

  it("name the recogniser and its threshold", () => {
    showing();
    expect(beside("Identity")).toHaveTextContent(/same person from 0\.50 on, by own-faces/);
    expect(screen.getByText("Likeness 0.92: same person from 0.50 on, by own-faces.")).toBeVisible();
  });

  it("show an unknown likeness without a recogniser", () => {
    const metrics = { psnr: 30, ssim: 0.9, lpips: 0.1, identity_similarity: null, reference: "input" } as const;
    const warnings = [{ code: "identity_unavailable", message: "Identity is unknown." }];
    const models = { detector: "mtcnn", restorer: "compact" };
    const faces = [faceOf({ identity_similarity: null })];
    showing({ metrics, warnings, models, faces }, {}, WITHOUT_RECOGNISER);
    expect(beside("Identity")).toHaveTextContent(/unknownIdentity is unknown: no face recognition model/);
    expect(screen.queryByText(/same person/)).not.toBeInTheDocument();
    expect(screen.queryByRole("list", { name: "Warnings" })).not.toBeInTheDocument();
  });

  it("show the reason of an unknown one, which is not repeated as a warning", () => {
    const warnings = [
      { code: "lpips_unavailable", message: "LPIPS was not measured." },
      { code: "identity_low", message: "One face may be another person." },
    ];
    showing({ metrics: { psnr: 30, ssim: 0.9, lpips: null, identity_similarity: 0.4, reference: "input" }, warnings });
    expect(beside("LPIPS")).toHaveTextContent("unknownLPIPS was not measured: no perceptual model is installed.");
    const list = within(screen.getByRole("list", { name: "Warnings" })).getAllByRole("listitem");
    expect(list.map((item) => item.textContent)).toEqual(["One face may be another person."]);
  });

  it("are replaced by a sentence if there are none", () => {
    showing({ metrics: null });
    expect(screen.getByText("The figures were not asked for.")).toBeVisible();
    expect(screen.queryByText("PSNR")).not.toBeInTheDocument();
  });

  it("come without a list of warnings if there are none", () => {
    showing();
    expect(screen.queryByRole("list", { name: "Warnings" })).not.toBeInTheDocument();
  });
});

describe("the faces", () => {
  it("have a card each, one of them open", () => {
    showing({ faces: [faceOf(), faceOf()] });
    expect(screen.getByRole("heading", { name: "2 faces" })).toBeVisible();
    expect(screen.getAllByRole("slider")).toHaveLength(1);
  });

  it("are counted in the heading, which is missing without faces", () => {
    showing({ faces: [] });
    expect(screen.queryByRole("heading", { name: /face/ })).not.toBeInTheDocument();
    showing();
    expect(screen.getByRole("heading", { name: "One face" })).toBeVisible();
  });

  it("show the override of this colour correction, and that it has not taken effect", () => {
    showing({}, { overrides: { none: { 0: 0.25 }, auto: { 0: 0.75 } } });
    expect(screen.getByRole("slider")).toHaveValue("25");
    expect(screen.getByText(/takes effect when the photo is restored again/)).toBeVisible();
  });

  it("have the box that was drawn around one of them", async () => {
    const boxes = [[12, 9, 41, 40]] as const;
    const { onUnmark, user } = showing({ faces: [faceOf({ box: [10, 10, 40, 40] })] }, { boxes });
    expect(screen.getByText(/With other boxes the faces are looked for anew/)).toBeVisible();
    await user.click(screen.getByRole("button", { name: "Remove your box" }));
    expect(onUnmark).toHaveBeenCalledExactlyOnceWith(0);
  });

  it("are changed one at a time", async () => {
    const { onOverride, onFace, user } = showing({ faces: [faceOf(), faceOf()] });
    await user.click(screen.getByRole("button", { name: "Leave as it was" }));
    expect(onOverride).toHaveBeenCalledExactlyOnceWith(0, 0);
    await user.click(screen.getByRole("button", { expanded: false }));
    expect(onFace).toHaveBeenCalledExactlyOnceWith(1);
  });

  it("start with the strength of the request that made the result", () => {
    const result = resultOf({}, { ...OPTIONS, strength: 0.6 });
    const ignore = () => undefined;
    render(
      <ResultPanel
        photo={photoOf()}
        result={result}
        config={CONFIG}
        options={result.request.options}
        isWithFaces
        selectedFace={0}
        onFace={ignore}
        onOverride={ignore}
        onUnmark={null}
      />,
    );
    expect(screen.getByRole("slider")).toHaveValue("60");
  });
});

describe("the details", () => {
  it("show the time of each step and the models", async () => {
    const { user } = showing();
    await user.click(screen.getByText("200 × 160 pixels in 2.5 s"));
    const rows = within(screen.getByRole("table", { name: "Time of each step" }))
      .getAllByRole("row")
      .slice(1);
    expect(rows.map((row) => row.textContent)).toEqual([
      "Waiting0.1 ms",
      "Reading the photo12 ms",
      "Restoring the faces900 ms",
    ]);
    expect(
      screen.getByText(
        /On the server 1\.23 s, by mtcnn \(detector\), compact \(restorer\), own-faces \(recogniser\)\./,
      ),
    ).toBeVisible();
  });
});
