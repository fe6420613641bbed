const PATHS = {
  add: "M12 5v14M5 12h14",
  alert: "M12 5v9M12 18.5v.5",
  beside: "M4 5h7v14H4zM13 5h7v14h-7z",
  camera: "M4 8h3l2-3h6l2 3h3v11H4zM12 10a3.5 3.5 0 1 0 0 7 3.5 3.5 0 0 0 0-7z",
  check: "M5 12.5l5 5L19 7",
  clock: "M12 6v6l4 3",
  close: "M6 6l12 12M18 6L6 18",
  disk: "M5 4h11l3 3v13H5zM9 4v5h6V4M8 20v-6h8v6",
  copy: "M9 9h10v11H9zM5 15V4h10",
  difference: "M9 7a5 5 0 1 0 0 10 5 5 0 0 0 0-10zM15 7a5 5 0 1 0 0 10 5 5 0 0 0 0-10z",
  download: "M12 4v11M7 11l5 5 5-5M5 20h14",
  eye: "M3 12s3.5-6 9-6 9 6 9 6-3.5 6-9 6-9-6-9-6zM12 9.4a2.6 2.6 0 1 0 0 5.2 2.6 2.6 0 0 0 0-5.2z",
  faces: "M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM5 20c1-4 4-6 7-6s6 2 7 6",
  fit: "M4 9V4h5M20 9V4h-5M4 15v5h5M20 15v5h-5",
  mark: "M4 8V4h4M16 4h4v4M20 16v4h-4M8 20H4v-4M12 9v6M9 12h6",
  globe: "M12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16zM4 12h16M12 4c5 5 5 11 0 16M12 4c-5 5-5 11 0 16",
  layers: "M12 4l9 5-9 5-9-5zM3 14l9 5 9-5",
  link: "M10 14a4 4 0 0 0 6 .5l3-3a4 4 0 0 0-6-6l-1.5 1.5M14 10a4 4 0 0 0-6-.5l-3 3a4 4 0 0 0 6 6l1.5-1.5",
  more: "M5 12h.5M12 12h.5M19 12h.5",
  minus: "M5 12h14",
  moon: "M19 14.5A8 8 0 0 1 9.5 5 8 8 0 1 0 19 14.5z",
  photo: "M4 5h16v14H4zM4 16l5-5 4 4 3-3 4 4",
  question: "M9 9a3 3 0 1 1 4.5 2.6c-1 .6-1.5 1.2-1.5 2.4M12 17.5v.5",
  redo: "M16 5l4 4-4 4M20 9H10a5 5 0 0 0 0 10h6",
  retry: "M19 12a7 7 0 1 1-2-5M19 4v4h-4",
  share: "M12 15V4M8 8l4-4 4 4M6 12v8h12v-8",
  settings: "M4 7h9M17 7h3M15 5v4M4 17h3M11 17h9M9 15v4",
  split: "M9 7l-5 5 5 5M15 7l5 5-5 5",
  swap: "M4 8h14l-4-4M20 16H6l4 4",
  undo: "M8 5L4 9l4 4M4 9h10a5 5 0 0 1 0 10H8",
  warning: "M12 4l9 16H3zM12 10v5M12 17.5v.5",
} as const;

export type IconName = keyof typeof PATHS;

/** A decorative icon, hidden from screen readers. */
export function Icon({ name, size = 18 }: { name: IconName; size?: number }) {
  return (
    <svg
      aria-hidden="true"
      width={size}
      height={size}
      viewBox="0 0 24 24"
      fill="none"
      stroke="currentColor"
      strokeWidth={size < 14 ? 3.5 : 1.7}
      strokeLinecap="round"
      strokeLinejoin="round"
    >
      <path d={PATHS[name]} />
    </svg>
  );
}
