"""Content security policies: what a browser may load and run on behalf of an answer."""

from __future__ import annotations

import base64
import hashlib
import re

_INLINE_SCRIPT = re.compile(r"<script(?![^>]*\ssrc\s*=)[^>]*>(.*?)</script>", re.DOTALL | re.IGNORECASE)

DATA_POLICY = "default-src 'none'; frame-ancestors 'none'"  # for answers that are no pages: nothing at all

_PAGE_SOURCES = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data: blob:",  # blob: a picture that an answer brought
    "font-src": "'self'",
    "connect-src": "'self'",
    "base-uri": "'none'",
    "form-action": "'none'",
    "frame-ancestors": "'none'",
}


def page_policy(html: str) -> str:
    """The policy of a page of ours: what comes from this server, and the scripts that stand in the page itself."""
    hashes = [f"'sha256-{_sha256(script)}'" for script in _INLINE_SCRIPT.findall(html)]
    sources = _PAGE_SOURCES | {"script-src": " ".join([_PAGE_SOURCES["script-src"], *dict.fromkeys(hashes)])}
    return "; ".join(f"{directive} {allowed}" for directive, allowed in sources.items())


def _sha256(script: str) -> str:
    return base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
