"""The answer to what is refused before it is a request."""

import uuid
from dataclasses import dataclass, field

import orjson


@dataclass(frozen=True, slots=True)
class Refusal:
    """An error in the form that all errors have, with an id of its own."""

    status: int
    code: str
    message: str
    request_id: str = field(default_factory=lambda: uuid.uuid4().hex)

    @property
    def body(self) -> bytes:
        """The JSON document."""
        return orjson.dumps(
            {"error": self.message, "stage": "request", "code": self.code, "request_id": self.request_id}
        )

    @property
    def headers(self) -> dict[str, str]:
        """The headers that go with the body."""
        return {
            "content-type": "application/json",
            "content-length": str(len(self.body)),
            "x-request-id": self.request_id,
        }
