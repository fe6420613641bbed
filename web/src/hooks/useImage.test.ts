import { act, renderHook } from "@testing-library/react";
import { expect, it, vi } from "vitest";
import { useImage } from "./useImage";

it("gives the picture of the present URL only", () => {
  const images: { src: string; onload: () => void }[] = [];
  vi.stubGlobal(
    "Image",
    class {
      src = "";
      onload = () => undefined;
      constructor() {
        images.push(this);
      }
    },
  );
  const { result, rerender } = renderHook((url: string | null) => useImage(url), {
    initialProps: "blob:one" as string | null,
  });
  expect(result.current).toBeNull();
  act(() => images[0]?.onload());
  expect(result.current?.src).toBe("blob:one");
  rerender("blob:two"); // which may never be loaded
  expect(result.current).toBeNull();
  act(() => images[1]?.onload());
  expect(result.current?.src).toBe("blob:two");
  rerender(null);
  expect(result.current).toBeNull();
});
