import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, it, vi } from "vitest";
import type { Config } from "@/api/types";
import { CONFIG, WITHOUT_RECOGNISER } from "@/test/samples";
import { JOBS } from "@/test/sets";
import { Welcome } from "./Welcome";

function showing(config: Config | null, onAddress: ((text: string) => boolean) | null = null, isWaiting = false) {
  const onSample = vi.fn();
  render(
    <Welcome
      config={config}
      accept="image/png"
      isWaiting={isWaiting}
      onFiles={() => undefined}
      onAddress={onAddress}
      onSample={onSample}
    />,
  );
  return onSample;
}

describe("Welcome", () => {
  it("says how to add photos, and what the server accepts", () => {
    showing(CONFIG);
    expect(screen.getByRole("heading", { name: "Drop a photo here" })).toBeVisible();
    expect(screen.getByRole("button", { name: "Choose photos" })).toBeEnabled();
    expect(screen.getByText(/up to 10 MB and 25 megapixels/)).toHaveTextContent(/never written to the server’s disk/);
  });

  it("promises to tell whether it is the same person only where the server can", () => {
    showing(null);
    expect(screen.queryByText(/same person/)).not.toBeInTheDocument();
    document.body.innerHTML = "";
    showing(CONFIG);
    expect(screen.getByText(/Numbers then show whether it is still the same person/)).toBeVisible();
    document.body.innerHTML = "";
    showing(WITHOUT_RECOGNISER);
    expect(screen.getByText(/cannot measure whether it is still the same person/)).toBeVisible();
    document.body.innerHTML = "";
    showing({ ...WITHOUT_RECOGNISER, models: {} }); // they are still loading
    expect(screen.queryByText(/same person/)).not.toBeInTheDocument();
  });

  it("says that a photo waits for the server", () => {
    showing(null, null, true);
    expect(screen.getByRole("status")).toHaveTextContent(/the server has not answered yet/);
  });

  it("says what the server keeps where it keeps sets", () => {
    showing({ ...CONFIG, jobs: JOBS });
    expect(screen.getByText(/keeps only photos that you send all at once, for 24 hours/)).toBeVisible();
  });

  it("shows no limits before the server has answered", () => {
    showing(null);
    expect(screen.queryByText(/megapixels/)).not.toBeInTheDocument();
    expect(screen.getByRole("button", { name: "Choose photos" })).toBeEnabled();
  });

  it("asks for an address only where the server fetches photos", async () => {
    showing(CONFIG);
    expect(screen.queryByRole("textbox")).not.toBeInTheDocument();
    document.body.innerHTML = "";
    const onAddress = vi.fn(() => true);
    showing(CONFIG, onAddress);
    await userEvent.type(screen.getByRole("textbox", { name: /address of a photo/ }), "example.org/a.jpg{Enter}");
    expect(onAddress).toHaveBeenCalledExactlyOnceWith("example.org/a.jpg");
    expect(screen.getByRole("textbox")).toHaveValue("");
  });

  it("offers a sample photo", async () => {
    const onSample = showing(CONFIG);
    await userEvent.click(screen.getByRole("button", { name: "Try it with this photo" }));
    expect(onSample).toHaveBeenCalledOnce();
  });
});
