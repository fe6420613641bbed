import "@fontsource-variable/instrument-sans/index.css";
import "./globals.css";
import type { Metadata, Viewport } from "next";
import type { ReactNode } from "react";
import { HIDE_UNTIL_WORDS } from "@/words/beforePaint";
import { LanguageProvider } from "@/words/LanguageProvider";

export const metadata: Metadata = {
  title: "Likeness",
  description: "Restores faces in photos and shows, with numbers, that it is still the same person.",
  manifest: "/manifest.webmanifest",
};

export const viewport: Viewport = {
  width: "device-width",
  initialScale: 1,
  colorScheme: "dark light",
  // --page of globals.css
  themeColor: [
    { media: "(prefers-color-scheme: light)", color: "#f4f3f0" },
    { media: "(prefers-color-scheme: dark)", color: "#131312" },
  ],
};

// Runs before the first paint; otherwise the page would flash in the system's theme.
const THEME = `try{var t=localStorage.getItem("likeness.theme");if(t)document.documentElement.dataset.theme=t}catch{}`;

export default function Layout({ children }: { children: ReactNode }) {
  return (
    <html lang="en" suppressHydrationWarning>
      <head>
        <script dangerouslySetInnerHTML={{ __html: THEME + HIDE_UNTIL_WORDS }} />
      </head>
      <body>
        <LanguageProvider>{children}</LanguageProvider>
      </body>
    </html>
  );
}
