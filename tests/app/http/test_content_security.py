"""The content security policy of a page."""

from __future__ import annotations

import base64
import hashlib

from app.http.content_security import page_policy


def sources(policy: str) -> dict[str, list[str]]:
    """Directive → the sources that it allows."""
    return {name: allowed for name, *allowed in (part.split() for part in policy.split(";"))}


def hash_of(script: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'"


def test_a_page_may_load_only_from_its_own_origin() -> None:
    found = sources(page_policy("<html></html>"))
    assert found["default-src"] == ["'none'"]
    assert found["script-src"] == found["style-src"] == found["connect-src"] == ["'self'"]
    assert found["manifest-src"] == found["worker-src"] == ["'self'"]
    assert found["frame-ancestors"] == found["base-uri"] == ["'none'"]
    assert "unsafe" not in page_policy("<script>1</script><style>a{}</style>")


def test_inline_scripts_are_allowed_by_hash() -> None:
    outside, inside = '<script src="/a.js"></script>', "<script>\n let a = 1;\n</script>"
    page = outside + inside + '<SCRIPT type="module">2</SCRIPT><script>2</script>'
    assert sources(page_policy(page))["script-src"] == ["'self'", hash_of("\n let a = 1;\n"), hash_of("2")]


def test_a_script_with_src_has_no_hash() -> None:
    page = '<script data-src="x">1</script><script async src="https://cdn.example.org/a.js"></script>'
    assert sources(page_policy(page))["script-src"] == ["'self'", hash_of("1")]
