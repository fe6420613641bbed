"""Content security policies: what a browser may load and run for a page or another answer."""

import base64
import hashlib
import re

_INLINE_SCRIPT = re.compile(r"<script(?![^>]*\ssrc\s*=)[^>]*>(.*?)</script>", re.DOTALL | re.IGNORECASE)

DATA_POLICY = "default-src 'none'; frame-ancestors 'none'"  # for answers that are not pages: nothing
# A service worker obeys the policy of its own file, not that of the page. It fetches files, and loads no script.
WORKER_POLICY = "default-src 'none'; connect-src 'self'; frame-ancestors 'none'"

_PAGE_SOURCES = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data: blob:",  # blob: the restored picture
    "font-src": "'self'",
    "connect-src": "'self'",
    "manifest-src": "'self'",
    "worker-src": "'self'",
    "base-uri": "'none'",
    "form-action": "'none'",
    "frame-ancestors": "'none'",
}


def page_policy(html: str) -> str:
    """The policy of a page of this server: everything from this server, and inline scripts by their SHA-256."""
    digests = [hashlib.sha256(script.encode()).digest() for script in _INLINE_SCRIPT.findall(html)]
    hashes = [f"'sha256-{base64.b64encode(digest).decode()}'" for digest in dict.fromkeys(digests)]
    sources = _PAGE_SOURCES | {"script-src": " ".join([_PAGE_SOURCES["script-src"], *hashes])}
    return "; ".join(f"{directive} {allowed}" for directive, allowed in sources.items())
