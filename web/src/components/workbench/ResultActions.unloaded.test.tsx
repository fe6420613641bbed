import { act, render, screen } from "@testing-library/react";
import { expect, it, vi } from "vitest";
import { photoOf, resultOf } from "@/test/samples";
import { ResultActions } from "./ResultActions";

vi.mock("./MoreActions", () => ({
  get MoreActions() {
    throw Object.assign(new Error("Failed to load chunk"), { name: "ChunkLoadError" });
  },
}));

it("a part that cannot be fetched any more is told of, and the picture can still be saved", async () => {
  vi.spyOn(console, "error").mockReturnValue(); // React tells of what was caught
  const result = resultOf();
  const photo = photoOf({ result });
  render(<ResultActions photo={photo} result={result} photos={[photo]} isMain />);
  await act(async () => screen.getByRole("button", { name: "More" }).click());
  expect(await screen.findByRole("alert")).toHaveTextContent("This part of the page could not be loaded.");
  expect(screen.getByRole("link", { name: "Download" })).toBeVisible();
});
