"""A small export as Next.js writes it: pages with inline scripts, and files named by the hash of their content."""

from __future__ import annotations

from pathlib import Path

SCRIPT = "/_next/static/chunks/x-0a1b2c.js"
STYLE = "/_next/static/css/y-0a1b2c.css"
FONT = "/_next/static/media/z-0a1b2c.woff2"

INDEX = f"""<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>Likeness</title>
<link rel="icon" href="/favicon.ico"><link rel="stylesheet" href="{STYLE}">
<script src="{SCRIPT}" async=""></script></head>
<body><h1>The app</h1><script>(self.__next_f=self.__next_f||[]).push([0])</script>
<script>self.__next_f.push([1,"é \\u003c/script\\u003e"])</script></body></html>"""

# Writes into the document how many inline scripts ran and the colour that the style sheet sets.
LOADED = (
    """addEventListener("load", () => {
  const { color } = getComputedStyle(document.querySelector("h1"));
  document.body.dataset.ran = `${self.__next_f.length} pieces, ${color}`;
});
"""
    + "// "
    + "x" * 2000
)


def export(folder: Path) -> Path:
    """Write an export into the folder; the folder."""
    contents = {
        "index.html": INDEX,
        "about.html": "<!DOCTYPE html><title>About</title><p>About</p>",
        "help/index.html": "<!DOCTYPE html><title>Help</title><p>Help</p>",
        "404.html": "<!DOCTYPE html><title>404</title><p>No such page</p><script>1</script>",
        "index.txt": "what the app loads instead of a page\n" * 100,
        "favicon.ico": b"\x00\x00\x01\x00",
        "manifest.webmanifest": '{"name": "Likeness"}',
        "sw.js": "// the service worker",
        SCRIPT: LOADED,
        STYLE: "h1 { color: rgb(1, 2, 3) }",
        FONT: b"wOF2",
    }
    for name, content in contents.items():
        file = folder / name.lstrip("/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder
