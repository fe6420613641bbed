import { render, screen } from "@testing-library/react";
import { lazy, Suspense } from "react";
import { beforeEach, expect, it, vi } from "vitest";
import { ErrorBoundary } from "./ErrorBoundary";

beforeEach(() => void vi.spyOn(console, "error").mockReturnValue()); // React tells of what was caught

function failing(error: Error) {
  return lazy(async (): Promise<{ default: () => null }> => {
    throw error;
  });
}

it.each([
  ["an answer that cannot be shown", new TypeError("faces is undefined"), /^The server’s answer cannot be shown/],
  [
    "a script that cannot be fetched",
    Object.assign(new Error("Failed to load chunk"), { name: "ChunkLoadError" }),
    /^This part of the page could not be loaded/,
  ],
])("tells of %s, and leaves the rest of the page", async (_, error, words) => {
  const Part = failing(error);
  const page = (resetKey: string, isPartShown: boolean) => (
    <>
      <p>Photo</p>
      <ErrorBoundary resetKey={resetKey}>
        <Suspense>{isPartShown ? <Part /> : <p>Part</p>}</Suspense>
      </ErrorBoundary>
    </>
  );
  const { rerender } = render(page("one", true));
  expect(await screen.findByRole("alert")).toHaveTextContent(words);
  expect(screen.getByText("Photo")).toBeVisible();
  rerender(page("one", false));
  expect(screen.getByRole("alert")).toBeVisible();
  rerender(page("two", false)); // another photo, for example
  expect(screen.queryByRole("alert")).toBeNull();
  expect(screen.getByText("Part")).toBeVisible();
});
