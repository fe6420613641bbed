import { act, renderHook } from "@testing-library/react";
import { describe, expect, it, vi } from "vitest";
import { useStored } from "./useStored";

/** A stored value and its setter. */
function stored(name: string) {
  const { result } = renderHook(() => useStored("localStorage", name));
  return {
    value: () => result.current[0],
    write: (value: string | null) => act(() => result.current[1](value)),
  };
}

describe("useStored", () => {
  it("stores a text, and removes it", () => {
    const theme = stored("theme");
    expect(theme.value()).toBeNull();
    theme.write("dark");
    expect(theme.value()).toBe("dark");
    expect(localStorage.getItem("theme")).toBe("dark");
    theme.write(null);
    expect(theme.value()).toBeNull();
    expect(localStorage.getItem("theme")).toBeNull();
  });

  it("reads a text that was stored before", () => {
    localStorage.setItem("found", "text");
    expect(stored("found").value()).toBe("text");
  });

  it("is shared by all users of a name, and only by them", () => {
    const [one, other, another] = [stored("shared"), stored("shared"), stored("not shared")];
    one.write("text");
    expect(other.value()).toBe("text");
    expect(another.value()).toBeNull();
  });

  it("follows changes in another window", () => {
    const one = stored("elsewhere");
    localStorage.setItem("elsewhere", "text");
    act(() => window.dispatchEvent(new StorageEvent("storage", { key: "elsewhere" })));
    expect(one.value()).toBe("text");
  });

  it("works without storage for as long as the page", () => {
    const refuse = () => {
      throw new DOMException("denied", "SecurityError");
    };
    for (const method of ["getItem", "setItem", "removeItem"] as const) {
      vi.spyOn(Storage.prototype, method).mockImplementation(refuse);
    }
    const one = stored("denied");
    expect(one.value()).toBeNull();
    one.write("text");
    expect(one.value()).toBe("text");
    one.write(null);
    expect(one.value()).toBeNull();
  });

  it("uses storage again once it works", () => {
    const refusing = vi.spyOn(Storage.prototype, "setItem").mockImplementation(() => {
      throw new DOMException("full", "QuotaExceededError");
    });
    const one = stored("full");
    one.write("held");
    expect(one.value()).toBe("held");
    refusing.mockRestore();
    one.write("kept");
    expect(one.value()).toBe("kept");
    expect(localStorage.getItem("full")).toBe("kept");
  });
});
