"""Why a photo cannot be had from its address. No sentence tells what a name resolves to."""

from pipeline.errors import InputError


class UrlRefused(InputError):
    """The address, or one that it redirects to, is not one that this server fetches from."""

    code = "url_refused"
    stage = "fetch"


class UrlUnreachable(InputError):
    """The address may be fetched from, but no photo came from there."""

    code = "url_unreachable"
    stage = "fetch"


class FetchedTooMuch(InputError):
    """The file at the address has more bytes than an upload may have."""

    code = "too_many_bytes"
    stage = "fetch"
