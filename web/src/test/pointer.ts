/** Pointer events, because jsdom has none. */

/** Lets `fireEvent.pointerDown` and the like have a place, a button and `isPrimary`. */
export function servePointer(): void {
  const view = document.defaultView as (Window & typeof globalThis) | null;
  if (view === null) return;
  view.PointerEvent = class extends view.MouseEvent {
    readonly isPrimary: boolean;
    readonly pointerId: number;
    constructor(type: string, init: PointerEventInit = {}) {
      super(type, init);
      this.isPrimary = init.isPrimary ?? true;
      this.pointerId = init.pointerId ?? 1;
    }
  } as unknown as typeof PointerEvent;
  Element.prototype.setPointerCapture = () => undefined;
  Element.prototype.releasePointerCapture = () => undefined;
  Element.prototype.hasPointerCapture = () => false;
}

/** A primary pointer at a point of the photo, which `SCREEN` shows 7.5 times as large, 25 pixels from the left. */
export function pointAt(x: number, y: number): PointerEventInit {
  return { clientX: 25 + x * 7.5, clientY: y * 7.5, isPrimary: true, button: 0 };
}
