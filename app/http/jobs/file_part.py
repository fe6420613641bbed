"""A file of a batch while it arrives: a photo, or a ZIP of photos."""

from io import BytesIO

from app.http.jobs.room import Room
from app.http.jobs.route import Jobs
from app.http.jobs.stored_part import StoredFile, StoredPart
from app.http.refusals import BodyTooLarge
from app.settings import FORM_OVERHEAD, Settings
from jobs.quota import Load

ZIP = b"PK\x03\x04"


class FilePart:
    """A photo goes into the object store as it arrives. A ZIP is kept in memory until it is whole and can be read.

    What is stored is added to `stored`, of which there may be `batch_size` in the end. `kept`: bytes held in memory.
    """

    def __init__(self, file_name: str, stored: list[StoredFile], jobs: Jobs, settings: Settings, room: Room) -> None:
        self._file_name, self._stored, self._jobs, self._settings = file_name, stored, jobs, settings
        self._room = room
        self._head = b""
        self._photo: StoredPart | None = None
        self._archive: BytesIO | None = None

    @property
    def kept(self) -> int:
        """Bytes that are held in memory."""
        if self._archive is not None:
            return self._archive.tell()
        return 0 if self._photo is None else self._photo.kept

    async def write(self, data: bytes) -> None:
        """Take some bytes. Raises `StoreUnavailable`, `QuotaExceeded`, and `BodyTooLarge` for a large archive."""
        if self._archive is None and self._photo is None:
            self._head += data
            if len(self._head) < len(ZIP):
                return
            data, self._head = self._head, b""
            if data.startswith(ZIP):
                self._archive = BytesIO()
        if self._archive is None:
            await self._begun().write(data)
        elif self.kept + len(data) > self._settings.max_archive_bytes:
            raise BodyTooLarge(self._settings.max_archive_bytes + FORM_OVERHEAD)
        else:
            self._archive.write(data)

    async def end(self) -> None:
        """The file is whole. Raises `StoreUnavailable`, `QuotaExceeded` and `BadArchive`."""
        if self._archive is not None:
            await self._unpack(self._archive)
            return
        photo = self._begun()
        if self._head:
            await photo.write(self._head)
        self._keep(await photo.end())

    async def discard(self) -> None:
        """Store no more of it."""
        if self._photo is not None:
            await self._photo.discard()

    async def _unpack(self, archive: BytesIO) -> None:
        from jobs.upload_archive import (  # like all that servers without jobs do not need
            BadArchiveEntry,
            archived_photos,
        )

        settings = self._settings
        photos = await archived_photos(
            archive,
            max_photos=settings.batch_size - len(self._stored),
            max_bytes=settings.max_fetched_bytes,
            max_total_bytes=settings.max_batch_bytes,
        )
        for found in photos:
            self._file_name, self._photo = found.name, None
            photo = self._begun()
            try:
                async for chunk in found.chunks:
                    await photo.write(chunk)
                self._keep(await photo.end())
            except BadArchiveEntry as error:
                self._keep(await photo.fail(error))

    def _keep(self, file: StoredFile) -> None:
        self._stored.append(file)  # first, so that it is deleted with the others where there is no room for it
        self._room.take(Load(waiting=0 if file.fault else 1, kept_bytes=file.kept_bytes))

    def _begun(self) -> StoredPart:
        if self._photo is None:
            self._photo = StoredPart(self._file_name, self._jobs, self._settings.max_fetched_bytes, self._room)
        return self._photo
