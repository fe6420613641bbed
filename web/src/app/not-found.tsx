"use client";

import { useWords } from "@/words/context";

export default function NotFound() {
  const t = useWords();
  return (
    <main className="lost">
      <h1>{t("app.lost")}</h1>
      <p>
        {/* A plain link, because each page has its own Content-Security-Policy, which takes effect only on a full load. */}
        {/* eslint-disable-next-line @next/next/no-html-link-for-pages */}
        <a href="/">{t("app.back")}</a>
      </p>
    </main>
  );
}
