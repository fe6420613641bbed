/** The zoom and position of a picture in the part of the screen that shows it. All lengths are in CSS pixels. */

export type Size = { width: number; height: number };
export type Point = { x: number; y: number };

/** `scale`: CSS pixels per picture pixel; `x`, `y`: position of the picture's top left corner. */
export type View = { scale: number; x: number; y: number };

/** The largest zoom, as a multiple of 1:1. */
const MAX_ZOOM = 8;

/** The view that shows the whole picture as large as possible, centred. */
export function fitted(picture: Size, screen: Size): View {
  const scale = Math.min(screen.width / picture.width, screen.height / picture.height);
  return placed({ scale, x: 0, y: 0 }, picture, screen);
}

/** The smallest and the largest scale. `pixelRatio`: device pixels per CSS pixel; 1:1 means device pixels. */
export function scaleBounds(picture: Size, screen: Size, pixelRatio: number): [number, number] {
  const fit = fitted(picture, screen).scale;
  const actual = 1 / pixelRatio;
  return [Math.min(fit, actual), Math.max(fit, actual * MAX_ZOOM)];
}

/** The view after zooming to `scale`; the point `around` of the screen still shows the same point of the picture. */
export function zoomed(view: View, scale: number, around: Point, picture: Size, screen: Size): View {
  const factor = scale / view.scale;
  const moved = { scale, x: around.x - (around.x - view.x) * factor, y: around.y - (around.y - view.y) * factor };
  return placed(moved, picture, screen);
}

/** The view that shows a square part of the picture as large as possible, in the middle. `bounds`: of the scale. */
export function showing(
  { x, y, side }: Point & { side: number },
  [least, most]: readonly [number, number],
  picture: Size,
  screen: Size,
): View {
  const scale = Math.min(most, Math.max(least, Math.min(screen.width, screen.height) / side));
  const middle = { x: x + side / 2, y: y + side / 2 };
  const view = { scale, x: screen.width / 2 - middle.x * scale, y: screen.height / 2 - middle.y * scale };
  return placed(view, picture, screen);
}

export function moved(view: View, by: Point, picture: Size, screen: Size): View {
  return placed({ ...view, x: view.x + by.x, y: view.y + by.y }, picture, screen);
}

/** The view moved so that no edge of the screen is empty; along an axis on which the picture fits, it is centred. */
export function placed(view: View, picture: Size, screen: Size): View {
  const along = (offset: number, length: number, room: number) =>
    length <= room ? (room - length) / 2 : Math.min(0, Math.max(room - length, offset));
  return {
    scale: view.scale,
    x: along(view.x, picture.width * view.scale, screen.width),
    y: along(view.y, picture.height * view.scale, screen.height),
  };
}

/** The part of the screen that the picture covers. */
export function visible(view: View, picture: Size, screen: Size): Point & Size {
  const x = Math.max(0, view.x);
  const y = Math.max(0, view.y);
  return {
    x,
    y,
    width: Math.min(screen.width, view.x + picture.width * view.scale) - x,
    height: Math.min(screen.height, view.y + picture.height * view.scale) - y,
  };
}
