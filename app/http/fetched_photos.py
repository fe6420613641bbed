"""Photos that a request names by their address: whether this server fetches any, and what they take while they come."""

from dataclasses import dataclass

from app.http.upload_memory import Download, UploadMemory
from app.sources.fetcher import Fetcher
from app.work.errors import BadParameter
from pipeline.run import Run


@dataclass(frozen=True)
class FetchedPhotos:
    """Fetches with `fetcher`, None where the operator has not allowed it. Counts what comes in `memory`."""

    fetcher: Fetcher | None
    memory: UploadMemory

    def check_asked(self, *, has_file: bool, has_url: bool) -> None:
        """Raises `BadParameter` unless the form has a photo, either as a file or by an address that may be fetched."""
        if has_url:
            _ = self._allowed
        if has_url and has_file:
            raise BadParameter("file and url contradict each other: give one of them.")
        if not has_url and not has_file:
            raise BadParameter("file is required." if self.fetcher is None else "file or url is required.")

    async def fetch(self, url: str, run: Run) -> bytes:
        """The file at the address, in the stage `fetch`. Raises what `Fetcher.fetch` raises, and `Overloaded`."""
        fetcher = self._allowed
        with run.stage("fetch"):
            return await Download(self.memory).whole(lambda on_bytes: fetcher.fetch(url, on_bytes))

    @property
    def _allowed(self) -> Fetcher:
        if self.fetcher is None:
            raise BadParameter("url is off on this server (LIKENESS_URL_FETCH=on).")
        return self.fetcher
