"""The undocumented names of uvicorn that app/connection uses: if an upgrade lacks one, a test says which."""

from __future__ import annotations

import ast
import asyncio
from importlib import import_module
from pathlib import Path
from unittest.mock import Mock

import pytest
import uvicorn
from starlette.types import Receive, Scope, Send

CONNECTION = Path(__file__).resolve().parents[3] / "app" / "connection"
REQUEST = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"

MODULE_NAMES = (
    ("uvicorn.protocols.http.httptools_impl", "HttpToolsProtocol"),
    ("uvicorn.protocols.http.httptools_impl", "STATUS_LINE"),
    ("uvicorn.middleware.proxy_headers", "ProxyHeadersMiddleware"),
)
SERVER_NAMES = ("config", "handle_exit", "on_tick", "should_exit", "shutdown")
PROTOCOL_NAMES = (
    *("connection_made", "connection_lost", "data_received", "eof_received", "pause_writing"),
    *("on_message_begin", "on_headers_complete", "on_body", "on_message_complete", "on_header"),
    *("cycle", "headers", "loop", "on_response_complete", "pipeline", "scope", "send_400_response", "transport"),
)
CYCLE_NAMES = (
    *("disconnected", "message_event", "response_complete", "response_started", "scope"),
    *("chunked_encoding", "expected_content_length", "keep_alive"),
)  # of one request with its answer


@pytest.fixture(scope="module")
def installed() -> dict[str, object]:
    """A server, a connection and a request of the installed uvicorn, under the names that app/connection uses."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await asyncio.sleep(0)

    async def connect() -> dict[str, object]:
        config = uvicorn.Config(app, http="httptools", ws="none", lifespan="off", log_config=None)
        config.load()
        server = uvicorn.Server(config)
        protocol = config.http_protocol_class(config=config, server_state=server.server_state, app_state={})
        protocol.connection_made(Mock(asyncio.Transport, get_extra_info=Mock(return_value=None)))
        protocol.data_received(REQUEST * 2)
        return {
            "server": server,
            "protocol": protocol,
            "cycle": getattr(protocol, "cycle", None),
            "queued": getattr(protocol, "pipeline", None),
        }

    return asyncio.run(connect())


def gone(owner: str, name: str) -> str:
    return f"uvicorn {uvicorn.__version__} has no {owner}.{name}, which app/connection uses"


@pytest.mark.parametrize(("module", "name"), MODULE_NAMES)
def test_modules_have_the_names(module: str, name: str) -> None:
    assert hasattr(import_module(module), name), gone(module, name)


@pytest.mark.parametrize("name", SERVER_NAMES)
def test_a_server_has_the_names(installed: dict[str, object], name: str) -> None:
    assert hasattr(installed["server"], name), gone("Server", name)


@pytest.mark.parametrize("name", PROTOCOL_NAMES)
def test_a_connection_has_the_names(installed: dict[str, object], name: str) -> None:
    assert hasattr(installed["protocol"], name), gone("HttpToolsProtocol", name)


@pytest.mark.parametrize("name", CYCLE_NAMES)
def test_a_request_has_the_names(installed: dict[str, object], name: str) -> None:
    assert hasattr(installed["cycle"], name), gone("RequestResponseCycle", name)


def test_queued_requests_are_pairs_that_begin_with_the_request(installed: dict[str, object]) -> None:
    queued = installed["queued"]
    assert queued, gone("HttpToolsProtocol", "pipeline of requests that wait")
    (pair,) = queued  # type: ignore[misc]
    assert isinstance(pair, tuple)
    assert pair[0] is installed["cycle"]


@pytest.mark.parametrize(
    ("file", "owner", "listed"),
    [
        ("uvicorn_protocol.py", "self", PROTOCOL_NAMES),
        ("protocol.py", "super", PROTOCOL_NAMES),
        ("uvicorn_protocol.py", "cycle", CYCLE_NAMES),
        ("server.py", "self", SERVER_NAMES),
        ("server.py", "super", SERVER_NAMES),
    ],
)
def test_every_name_that_is_used_is_checked_here(file: str, owner: str, listed: tuple[str, ...]) -> None:
    used = attributes_of(owner, CONNECTION / file)
    assert used
    assert used <= set(listed)


def attributes_of(owner: str, file: Path) -> set[str]:
    """The public names after `owner.`, `self.owner.` or `owner().` in a file, without those that the file defines."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    own = {node.name for node in ast.walk(tree) if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))}
    found = set()
    for node in ast.walk(tree):
        if not isinstance(node, ast.Attribute):
            continue
        base = node.value.func if isinstance(node.value, ast.Call) else node.value
        name = base.attr if isinstance(base, ast.Attribute) else getattr(base, "id", None)
        if name == owner and not node.attr.startswith("_") and (owner == "super" or node.attr not in own):
            found.add(node.attr)
    return found
