"""The object store that a URL names."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, unquote, urlsplit

from obstore.exceptions import BaseError
from obstore.store import AzureStore, GCSStore, LocalStore, MemoryStore, S3Store

from jobs.objects.errors import BadObjectsUrl, unavailable
from jobs.objects.local_file import remove_abandoned
from jobs.objects.store import ObjectStore

if TYPE_CHECKING:
    from obstore.store import ClientConfig, RetryConfig, S3Config

FORMS = "file:///folder, memory://, s3://bucket/prefix, gs://bucket/prefix or az://container/prefix"
S3_ROLES = (
    "AWS_SKIP_SIGNATURE",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
)
REPEATS = 4


def open_objects(url: str, *, timeout_s: float = 30.0) -> ObjectStore:
    """The store of a URL; nothing is asked of it yet (`ObjectStore.check`). A local folder is made if it is not there.

    Endpoint, region and credentials come from the environment: `AWS_…`, `GOOGLE_…`, `AZURE_…`. A request to a remote
    store may take `timeout_s` seconds and is repeated up to four times. Raises `BadObjectsUrl` for a URL or a setting
    that is wrong or missing, and `StoreUnavailable` for a folder that cannot be used.
    """
    try:
        parts = urlsplit(url)
    except ValueError as error:
        raise BadObjectsUrl(f"The URL of the object store cannot be read. It is {FORMS}.") from error
    if parts.query or parts.fragment or parts.username or parts.password:
        raise BadObjectsUrl(
            "The URL of the object store has a place only: credentials and other settings belong in the environment."
        )
    client: ClientConfig = {
        "connect_timeout": timedelta(seconds=min(5, timeout_s)),
        "timeout": timedelta(seconds=timeout_s),
    }
    retry: RetryConfig = {
        "max_retries": REPEATS,
        "retry_timeout": timedelta(seconds=timeout_s),
        "backoff": {"init_backoff": timedelta(milliseconds=100), "max_backoff": timedelta(seconds=2), "base": 3},
    }
    try:
        match parts.scheme:
            case "file":
                return ObjectStore(_folder(parts))
            case "memory":
                return ObjectStore(MemoryStore())
            case "s3":
                return ObjectStore(_s3(parts, client, retry))
            case "gs":
                return ObjectStore(
                    GCSStore(_place(parts), prefix=_prefix(parts), client_options=client, retry_config=retry)
                )
            case "az":
                return ObjectStore(_azure(parts, client, retry))
    except BaseError as error:
        reason = str(error).partition("\n")[0]
        raise BadObjectsUrl(f"A setting of the object store is wrong or missing: {reason}") from error
    raise BadObjectsUrl(f"The URL of the object store is of no known kind. It is {FORMS}.")


def _folder(parts: SplitResult) -> LocalStore:
    path = Path(unquote(parts.path))
    if parts.netloc not in ("", "localhost") or not path.is_absolute() or path == Path("/"):
        raise BadObjectsUrl("The URL of a local folder is file:///folder, with three slashes.")
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        remove_abandoned(path)
    except OSError as error:
        raise unavailable(error) from error
    return LocalStore(path.resolve(), automatic_cleanup=True)


def _s3(parts: SplitResult, client: ClientConfig, retry: RetryConfig) -> S3Store:
    key, secret = _set("AWS_ACCESS_KEY_ID"), _set("AWS_SECRET_ACCESS_KEY")
    endpoint = _set("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_ENDPOINT")
    if (key is None) != (secret is None):
        raise BadObjectsUrl("S3 needs both AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or neither of them.")
    if endpoint and key is None and _set(*S3_ROLES) is None:
        # A store other than Amazon's has no roles of machines from which credentials could come.
        raise BadObjectsUrl("The S3 store of AWS_ENDPOINT_URL needs AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.")
    config: S3Config = {}
    if key and secret:  # obstore reads them too, but only what is given here can be read again, to sign URLs
        config = {"access_key_id": key, "secret_access_key": secret}
        if token := _set("AWS_SESSION_TOKEN"):
            config["session_token"] = token
    if endpoint:
        config["endpoint"] = endpoint
        client["allow_http"] = endpoint.startswith("http://")
    return S3Store(_place(parts), prefix=_prefix(parts), config=config, client_options=client, retry_config=retry)


def _azure(parts: SplitResult, client: ClientConfig, retry: RetryConfig) -> AzureStore:
    account = _set("AZURE_STORAGE_ACCOUNT_NAME")
    if account is None:
        raise BadObjectsUrl("Azure needs AZURE_STORAGE_ACCOUNT_NAME: the URL names the container only.")
    return AzureStore(
        _place(parts), prefix=_prefix(parts), account_name=account, client_options=client, retry_config=retry
    )


def _place(parts: SplitResult) -> str:
    if not parts.hostname or parts.netloc != parts.hostname:
        raise BadObjectsUrl(f"The URL of the object store names no bucket. It is {FORMS}.")
    return parts.hostname


def _prefix(parts: SplitResult) -> str | None:
    return unquote(parts.path).strip("/") or None


def _set(*names: str) -> str | None:
    """The first of these environment variables that is set and not empty."""
    return next((os.environ[name] for name in names if os.environ.get(name)), None)
