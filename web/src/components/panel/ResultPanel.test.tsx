import { fireEvent, render, screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, describe, expect, it, vi } from "vitest";
import type { Photo } from "@/photos/photo";
import type { Config, Facts } from "@/api/types";
import { CONFIG, EARLIER, faceOf, OPTIONS, photoOf, resultOf, WITHOUT_RECOGNISER } from "@/test/samples";
import { Figures } from "./Figures";
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

beforeEach(() => localStorage.clear());

const LACK = {
  role: "recogniser" as const,
  models: ["arcface"],
  command: "python -m app models pull arcface --accept-licences",
  setting: null,
  instead: [],
  bytes: 166_000_000,
};
const UNKNOWN: Partial<Facts> = {
  metrics: { psnr: 30, ssim: 0.9, lpips: 0.1, identity_similarity: null, reference: "input" },
  faces: [faceOf({ identity_similarity: null })],
  models: { detector: "mtcnn" },
  warnings: [{ code: "identity_unavailable", message: "Identity is unknown." }],
};

describe("the verdict", () => {
  it("comes first, with what was done", () => {
    showing();
    expect(screen.getAllByRole("heading")[0]).toHaveTextContent("Same person: 0.92 (threshold 0.50)");
    expect(screen.getByText("1 face restored. Enlarged ×2.")).toBeVisible();
  });

  it("warns of another person", () => {
    showing({ faces: [faceOf({ identity_similarity: 0.41 })] });
    const words = "May be taken for another person: 0.41 (threshold 0.50)";
    expect(screen.getByRole("heading", { name: words })).toBeVisible();
  });

  it("tells how to learn what is unknown, once", () => {
    showing(UNKNOWN, {}, { ...WITHOUT_RECOGNISER, lacking: [LACK] });
    expect(screen.getByRole("heading", { name: "Whether it is the same person is unknown" })).toBeVisible();
    expect(screen.getByText(LACK.command)).toBeVisible();
    expect(screen.getByText(/downloads it where the service runs \(166 MB\)/)).toBeVisible();
    expect(screen.queryByRole("list", { name: "Warnings" })).not.toBeInTheDocument();
  });

  it("names the setting that stands in the way, and what would do without it", () => {
    const lack = { ...LACK, command: null, setting: "LIKENESS_RECOGNISER=none", instead: ["dlib-resnet"] };
    showing({ ...UNKNOWN, metrics: null }, {}, { ...WITHOUT_RECOGNISER, lacking: [lack] });
    expect(screen.getByText("The setting LIKENESS_RECOGNISER=none of the service wants it so.")).toBeVisible();
    expect(screen.getByText("Without it dlib-resnet, which ships with Likeness, can do it.")).toBeVisible();
    expect(screen.queryByRole("code")).not.toBeInTheDocument();
    expect(screen.queryByRole("list", { name: "Warnings" })).not.toBeInTheDocument();
  });

  it("gives the server's reason where an earlier version does not say what it lacks", () => {
    showing(UNKNOWN, {}, { ...EARLIER, identity_recogniser: null });
    expect(
      screen.getByText("Identity is unknown: no face recognition model is in use.", { selector: "p" }),
    ).toBeVisible();
  });
});

describe("the fold of the figures", () => {
  const fold = () => screen.getByText("Figures").closest("details");

  it("is closed at first, and stays as the person has left it", () => {
    const { unmount } = render(<Shown />);
    expect(fold()).not.toHaveAttribute("open");
    const opened = fold() as HTMLDetailsElement;
    opened.open = true;
    fireEvent(opened, new Event("toggle"));
    unmount();
    render(<Shown />);
    expect(fold()).toHaveAttribute("open");
  });

  it("tells how LPIPS gets known", () => {
    localStorage.setItem("likeness.figures", "open");
    const lack = { ...LACK, role: "perceptual" as const, command: "python -m app models pull lpips-alex" };
    const metrics = { psnr: 30, ssim: 0.9, lpips: null, identity_similarity: 0.9, reference: "input" } as const;
    const warnings = [{ code: "lpips_unavailable", message: "LPIPS was not measured." }];
    showing({ metrics, warnings }, {}, { ...CONFIG, lacking: [lack] });
    expect(beside("LPIPS")).toHaveTextContent("This server has no model that measures LPIPS.");
    expect(screen.getByText(lack.command)).toBeVisible();
  });
});

function Shown() {
  const result = resultOf();
  return <Figures result={result} scale={{ threshold: 0.5, recogniser: "own-faces" }} config={CONFIG} />;
}

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
    expect(screen.queryByText(/^same person/i)).not.toBeInTheDocument();
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
    localStorage.setItem("likeness.figures", "open");
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
    expect(screen.queryByRole("heading", { name: /^(One|\d+) face/ })).not.toBeInTheDocument();
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
    await user.click(screen.getByRole("button", { name: "Do not restore" }));
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
