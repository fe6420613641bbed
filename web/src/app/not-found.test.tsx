import { render, screen } from "@testing-library/react";
import { expect, it, vi } from "vitest";
import { LanguageProvider } from "@/words/LanguageProvider";
import NotFound from "./not-found";

it("says in the person's language that there is nothing, and leads to the page", async () => {
  vi.spyOn(navigator, "languages", "get").mockReturnValue(["fr-CH"]);
  render(
    <LanguageProvider>
      <NotFound />
    </LanguageProvider>,
  );
  expect(await screen.findByRole("heading", { name: "Il n’y a rien à cette adresse" })).toBeInTheDocument();
  expect(screen.getByRole("link", { name: "Restaurer une photo" })).toHaveAttribute("href", "/");
});
