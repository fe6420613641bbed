"""A server process as operators run it: no log line and no metric contains what clients sent."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import httpx
import PIL.Image
import pytest
from PIL.ExifTags import GPS, IFD, Base

from pipeline.codec.photoshop import PHOTOSHOP
from tests import images
from tests.app import samples
from tests.app.server import ENHANCE, READY, eventually
from tests.pipeline.metadata import blocks

ROOT = Path(__file__).resolve().parents[2]
KEY, WRONG_KEY, FILE_NAME, EXIF, QUERY, PATH, CONTENT, FIELD, AGENT = CANARIES = [
    f"canary-{name}" for name in ("key", "wrong-key", "file", "exif", "query", "path", "content", "field", "agent")
]
PLACE = (48.0, 51.0, 29.13)  # degrees, minutes, seconds
XMP = f"<dc:rights>{EXIF}</dc:rights><crs:Name>{EXIF}</crs:Name>", f"photoshop:City='{EXIF}' exif:UserComment='{EXIF}'"
IPTC = blocks.iptc((2, 25, EXIF.encode()), (2, 80, EXIF.encode()), (2, 90, EXIF.encode()))
KEPT, DAMAGED = "kept", "damaged"  # requests that ask for metadata, by their IDs
HEADERS = {"User-Agent": AGENT}
KEYS = ({"X-API-Key": KEY}, {"Authorization": f"Bearer {KEY}"}, {"X-API-Key": WRONG_KEY}, {"Authorization": WRONG_KEY})


@dataclass(frozen=True)
class Traces:
    """The output, metrics and answers of the process."""

    stdout: str
    stderr: str
    metrics: str
    answers: list[httpx.Response]

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.stderr.splitlines()]


def photo() -> bytes:
    """A photo with a face, a description in EXIF, XMP and IPTC, and the place where it was taken."""
    exif = PIL.Image.Exif()
    exif[Base.ImageDescription] = exif[Base.Artist] = EXIF
    exif.get_ifd(IFD.GPSInfo).update({GPS.GPSLatitudeRef: "N", GPS.GPSLatitude: PLACE, GPS.GPSAreaInformation: EXIF})
    file = samples.file_of(samples.head(), exif=exif, comment=EXIF.encode(), xmp=blocks.xmp(*XMP))
    return file[:2] + images.segment(0xED, PHOTOSHOP + blocks.photoshop(IPTC)) + file[2:]


def damaged_metadata() -> bytes:
    """The photo with EXIF, XMP and IPTC that cannot be read."""
    file = photo().replace(b"\x1c\x02\x5a", b"\xff\x02\x5a").replace(b"</x:xmpmeta>", b"</x:wrong>..")
    return file.replace(b"Exif\0\0II*\0", b"Exif\0\0II**").replace(b"Exif\0\0MM\0*", b"Exif\0\0MM**")


def broken() -> list[tuple[str, bytes]]:
    """Files with canaries that are refused at different stages of decoding."""
    text = images.chunk(b"tEXt", b"Comment\0" + CONTENT.encode())
    png = images.with_chunks(images.png(images.gradient()), text)
    return [
        ("no photo", CONTENT.encode() * 100),
        ("cut off", photo()[:-500]),
        ("cut off", png[:-40]),
        ("damaged", photo()[:200] + CONTENT.encode() * 20 + photo()[200:]),
    ]


@pytest.fixture(scope="module")
def traces(tmp_path_factory: pytest.TempPathFactory) -> Traces:
    """A process that served all kinds of requests with log level debug and was terminated."""
    folder = tmp_path_factory.mktemp("process")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("LIKENESS_", "OTEL_"))}
    environment |= {
        "LIKENESS_MODELS": "embedded",
        "LIKENESS_DEVICE": "cpu",
        "LIKENESS_PORT": str(port),
        "LIKENESS_LOG_FORMAT": "json",
        "LIKENESS_LOG_LEVEL": "debug",
        "LIKENESS_DRAIN_S": "0",
        "LIKENESS_API_KEYS": f"someone:{hashlib.sha256(KEY.encode()).hexdigest()}",
    }
    with (folder / "out").open("wb") as out, (folder / "err").open("wb") as err:
        command = [sys.executable, "-W", "always", "-m", "app", "serve"]
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=out, stderr=err)
        try:
            with httpx.Client(base_url=f"http://127.0.0.1:{port}", headers=HEADERS, timeout=60) as client:
                eventually(lambda: _is_ready(client, process))
                answers = list(_requests(client))
                metrics = client.get("/metrics", headers=KEYS[0]).text
        finally:
            process.terminate()
            process.wait(60)
    return Traces((folder / "out").read_text(), (folder / "err").read_text(), metrics, answers)


def _is_ready(client: httpx.Client, process: subprocess.Popen[bytes]) -> bool:
    assert process.poll() is None, "the server did not start"
    try:
        return client.get(READY).status_code == 200
    except httpx.ConnectError:
        return False


def _requests(client: httpx.Client) -> Iterator[httpx.Response]:
    for key in KEYS:
        yield client.post(ENHANCE, files={"file": (FILE_NAME, photo())}, headers={**key, "X-Request-ID": "7f3a"})
    for _, file in broken():
        yield client.post(ENHANCE, files={"file": (FILE_NAME, file)}, headers=KEYS[0])
    wish = {"metadata": "keep", "keep_location": "true"}
    for name, file in ((KEPT, photo()), (DAMAGED, damaged_metadata())):
        headers = {**KEYS[0], "X-Request-ID": name}
        yield client.post(ENHANCE, files={"file": (FILE_NAME, file)}, data=wish, headers=headers)
    yield client.post(ENHANCE, files={"file": (FILE_NAME, photo())}, data={FIELD: FIELD}, headers=KEYS[0])
    yield client.post(ENHANCE, files={FILE_NAME: (FILE_NAME, photo())}, data={"strength": FIELD}, headers=KEYS[0])
    bare = f"--x\r\n{CONTENT}\r\n\r\n--x--\r\n".encode()
    yield client.post(ENHANCE, content=bare, headers={**KEYS[0], "Content-Type": "multipart/form-data; boundary=x"})
    yield client.post(ENHANCE, content=CONTENT.encode(), headers={**KEYS[0], "Content-Type": CONTENT})
    for query in (f"{QUERY}=1", f"strength={QUERY}"):
        for sent in ({"files": {"file": (FILE_NAME, photo())}}, {"content": photo()}):
            headers = {**KEYS[0], "Content-Type": f"image/{CONTENT}"} if "content" in sent else KEYS[0]
            yield client.post(f"{ENHANCE}?{query}", headers=headers, **sent)
    yield client.get(f"/{PATH}?{QUERY}", headers={**KEYS[0], "X-Request-ID": f"{PATH}/", "traceparent": PATH})
    yield client.request(PATH.upper(), "/api/v1/status", headers=KEYS[0])


def test_nothing_that_clients_sent_is_in_output_or_metrics(traces: Traces) -> None:
    assert {answer.status_code for answer in traces.answers} >= {200, 400, 401, 404, 415, 422}
    for canary in CANARIES:
        assert canary not in traces.stdout
        assert canary not in traces.stderr
        assert canary not in traces.metrics
    assert "127.0.0.1:" not in traces.stderr.replace("Uvicorn running on http://127.0.0.1:", "")
    assert hashlib.sha256(KEY.encode()).hexdigest() not in traces.stderr


def test_every_log_line_is_json(traces: Traces) -> None:
    assert traces.stdout == ""
    assert all(line["event"] and line["level"] and line["timestamp"] for line in traces.lines)


def test_every_request_has_a_log_line(traces: Traces) -> None:
    lines = {line["request_id"]: line for line in traces.lines if line["event"] == "request"}
    for answer in traces.answers:
        line = lines.get(answer.headers["x-request-id"])
        if line is None:  # refused before it was parsed as a request
            assert answer.json()["code"] == "malformed_request"
            assert answer.headers["x-request-id"] in traces.stderr
        else:
            assert line["status"] == answer.status_code or line["request_id"] == "7f3a"
            assert line.get("code") == answer.json().get("code") or line["request_id"] == "7f3a"
    photos = [line for line in traces.lines if line["event"] == "request" and line["request_id"] == "7f3a"]
    assert [line["status"] for line in photos] == [200, 200, 401, 401]
    assert photos[0]["key"] == "someone"
    assert photos[0]["route"] == ENHANCE
    assert "key" not in photos[-1]


def test_the_answer_has_no_exif_and_no_location(traces: Traces) -> None:
    assert dict(PIL.Image.open(BytesIO(photo())).getexif().get_ifd(IFD.GPSInfo))[GPS.GPSLatitude] == PLACE
    for answer in traces.answers[:2]:
        file = base64.b64decode(answer.json()["data"]["restored_image"])
        assert dict(samples.opened(file).getexif()) == {}
        assert EXIF.encode() not in file


def test_metadata_is_in_the_answer_that_asks_for_it_and_nowhere_else(traces: Traces) -> None:
    answers = {answer.headers["x-request-id"]: answer for answer in traces.answers}
    kept, damaged = (answers[name].json()["data"] for name in (KEPT, DAMAGED))
    exif = samples.opened(base64.b64decode(kept["restored_image"])).getexif()
    assert exif[Base.Artist] == EXIF
    assert exif.get_ifd(IFD.GPSInfo)[GPS.GPSAreaInformation] == EXIF.encode()
    (warning,) = [warning for warning in damaged["warnings"] if warning["code"] == "metadata_dropped"]
    assert warning["message"] == "Metadata of the photo that is damaged or too large was left out: EXIF, XMP, IPTC."
