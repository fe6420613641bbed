"""Entity tags (RFC 9110, section 8.8.3)."""


def names(if_none_match: str, etag: str) -> bool:
    """Whether an `If-None-Match` header lists the ETag, by the weak comparison; `*` lists none."""
    tags = (tag.strip().removeprefix("W/") for tag in if_none_match.split(","))
    return etag.removeprefix("W/") in tags
