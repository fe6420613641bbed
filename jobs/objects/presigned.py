"""URLs from which a browser downloads a result straight from S3, under a name for people."""

import hashlib
import hmac
import re
from datetime import timedelta
from urllib.parse import parse_qsl, quote, urlsplit, urlunsplit

import obstore
from obstore.store import S3Store

from jobs.file_names import content_disposition
from jobs.objects.errors import writing
from jobs.objects.upload import Store

MEDIA_TYPE = re.compile(r"[a-z0-9]+/[a-z0-9.+-]+", re.ASCII)
LONGEST = timedelta(days=7)  # S3 takes no more


async def presigned(store: Store, key: str, lasts: timedelta, file_name: str, media_type: str) -> str | None:
    """The URL, or None for another store than S3 and for credentials that change (roles of a machine).

    obstore signs no `response-…` parameters. So its URL is taken, which has the right host, path, date and scope, and
    is signed again with them.
    """
    if not isinstance(store, S3Store):
        return None
    secret = store.config.get("secret_access_key")
    if secret is None:
        return None
    if MEDIA_TYPE.fullmatch(media_type) is None:
        raise ValueError(f"{media_type!r} is no media type.")
    with writing():
        plain = await obstore.sign_async(store, "GET", key, min(lasts, LONGEST))
    asked = {
        "response-content-disposition": content_disposition(file_name),
        "response-content-type": media_type,
        "response-cache-control": "private, no-store",
    }
    return with_parameters(plain, asked, secret)


def with_parameters(url: str, asked: dict[str, str], secret: str) -> str:
    """A URL signed for GET by AWS Signature Version 4, with more parameters and signed anew.

    Source: "Authenticating Requests: Using Query Parameters", Amazon S3 API Reference.
    """
    scheme, host, path, query, _ = urlsplit(url)
    given = dict(parse_qsl(query, keep_blank_values=True))
    del given["X-Amz-Signature"]
    given |= asked
    sent = "&".join(f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in sorted(given.items()))
    request = "\n".join(["GET", path, sent, f"host:{host}\n", "host", "UNSIGNED-PAYLOAD"])
    scope = given["X-Amz-Credential"].split("/", 1)[1]
    digest = hashlib.sha256(request.encode()).hexdigest()
    text = "\n".join(["AWS4-HMAC-SHA256", given["X-Amz-Date"], scope, digest])
    signer = b"AWS4" + secret.encode()
    for part in scope.split("/"):
        signer = hmac.digest(signer, part.encode(), "sha256")
    signature = hmac.digest(signer, text.encode(), "sha256").hex()
    return urlunsplit((scheme, host, path, f"{sent}&X-Amz-Signature={signature}", ""))
