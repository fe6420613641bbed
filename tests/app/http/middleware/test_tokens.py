"""Tokens in requests: beside keys or alone, wherever a key may stand; each owner's jobs and counts are its own."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app.access.keys import new_key
from tests.app import samples
from tests.app.access.issuer import AUDIENCE, ISSUER, Issuer, handmade, issuing, jwk, private_key, public_pem, token
from tests.app.fakes import FakeModels
from tests.app.http.job_clients import JOBS, done, keeping, submit
from tests.app.http.socket_clients import events_of, followed, new_job, refused
from tests.app.server import ENHANCE, STATUS, Likeness, answer_on, serving

SHOP, SHOP_ENTRY = new_key("shop")
EXPECTED = {"jwt_audience": AUDIENCE, "jwt_issuer": ISSUER}


def bearer(text: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {text}"}


@pytest.fixture(scope="module")
def issuer() -> Iterator[Issuer]:
    with issuing(jwk(key_id="1")) as running:
        yield running


def signed(**changes: Any) -> str:
    return token(headers={"kid": "1"}, **changes)


@pytest.fixture(scope="module")
def server(likeness: Likeness, issuer: Issuer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Likeness]:
    """A server with a key and tokens that keeps jobs. `likeness` starts first, so that it does not get the fakes."""
    folder = tmp_path_factory.mktemp("data")
    with keeping(folder, FakeModels(), api_keys=SHOP_ENTRY, jwks_url=issuer.url, **EXPECTED) as running:
        yield running


def assert_refused(response: Any, sentence: str) -> None:
    body = response.json()
    assert (response.status_code, body["code"], body["stage"]) == (401, "unauthorized", "keys")
    assert body["error"] == sentence
    assert response.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize("header", ["Authorization", "X-API-Key"])
def test_a_token_stands_wherever_a_key_may(server: Likeness, header: str) -> None:
    for credentials in (signed(), SHOP):
        value = f"Bearer {credentials}" if header == "Authorization" else credentials
        assert server.client.get(STATUS, headers={header: value}).status_code == 200


def test_a_websocket_takes_a_token(server: Likeness) -> None:
    path = new_job(server, headers=bearer(signed()))
    with followed(server, path, subprotocols=["likeness.events", f"likeness.key.{signed()}"]) as client:
        assert events_of(client)[0][-1][0] == "result"
    assert refused(server, path, subprotocols=[f"likeness.key.{signed(sub='ben')}"]) == (404, "unknown_job")
    assert refused(server, path, subprotocols=["likeness.key.a.b.c"]) == (401, "unauthorized")


def test_refusals_have_sentences(server: Likeness) -> None:
    get = server.client.get
    assert_refused(get(STATUS), "An API key or a token is needed: send it as X-API-Key, or as Authorization: Bearer.")
    assert_refused(get(STATUS, headers=bearer("wrong")), "This API key is not known here.")
    assert_refused(get(STATUS, headers=bearer("a.b.c")), "This token is malformed.")
    assert_refused(get(STATUS, headers=bearer(signed(exp=int(time.time()) - 90))), "This token has expired.")
    unknown = token(headers={"kid": "2"})
    assert_refused(get(STATUS, headers=bearer(unknown)), "This token is signed with a key that is not known here.")
    forged = handmade({"alg": "HS256", "kid": "1"}, {"sub": "root"}, secret=public_pem(private_key()))
    unfit = "This token is signed with an algorithm (alg) that is not accepted for its key."
    assert_refused(get(STATUS, headers=bearer(forged)), unfit)
    assert_refused(get(STATUS, headers=bearer(handmade({"alg": "none", "kid": "1"}, {"sub": "root"}))), unfit)
    assert_refused(get(STATUS, headers=bearer("x" * 9000 + ".y.z")), "This token has more than 8192 characters.")
    assert get(STATUS, headers={b"Authorization": b"Bearer \xe4.\xf6.\xfc"}).status_code == 401


def test_a_public_path_does_not_look_at_a_token(server: Likeness, issuer: Issuer) -> None:
    asked = issuer.asked
    assert server.client.get("/api/v1/config", headers=bearer(token(headers={"kid": "3"}))).status_code == 200
    assert issuer.asked == asked


def test_a_token_never_gets_what_a_key_owns(server: Likeness) -> None:
    """Neither by a subject that is a key's name nor by one that looks like another owner."""
    holders = {name: bearer(signed(sub=name)) for name in ("shop", "token:shop", "ada", "ada ")}
    holders["the key"] = {"X-API-Key": SHOP}
    jobs = {name: done(server, headers=headers, upscale_factor=1) for name, headers in holders.items()}
    for name, headers in holders.items():
        listed = server.client.get(JOBS, headers=headers).json()["jobs"]
        assert [job["id"] for job in listed if job["id"] in {each["id"] for each in jobs.values()}] == [
            jobs[name]["id"]
        ]
        for other in holders.keys() - {name}:
            path = jobs[other]["links"]["self"]
            for part in ("", "/result", "/report"):
                assert server.client.get(path + part, headers=headers).status_code == 404
            assert server.client.delete(path, headers=headers).status_code == 404


def test_a_token_that_was_renewed_has_the_same_jobs(server: Likeness) -> None:
    job = done(server, headers=bearer(signed(sub="eve")), upscale_factor=1)
    later = bearer(signed(sub="eve", exp=int(time.time()) + 5000))
    assert server.client.get(job["links"]["self"], headers=later).status_code == 200


def test_neither_token_nor_subject_is_in_log_or_answers(server: Likeness, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG", "likeness")
    good, bad = signed(sub="canary@example.org"), signed(sub="canary@example.org", aud="canary")
    assert server.client.get(STATUS, headers=bearer(good)).status_code == 200
    refused = server.client.get(STATUS, headers=bearer(bad))
    submitted = submit(server, headers=bearer(good))
    metrics = server.client.get("/metrics", headers=bearer(good))
    exposed = caplog.text + refused.text + str(refused.headers) + submitted.text + metrics.text
    lines = "".join(str(vars(record)) for record in caplog.records if record.name.startswith("likeness"))
    for secret in ("canary", good.split(".")[1], good.split(".")[2]):
        assert secret not in exposed + lines
    assert "'key': 'token:" in lines


def test_the_rate_limit_counts_each_subject(issuer: Issuer) -> None:
    with serving(FakeModels(), rate_limit="1/day", jwks_url=issuer.url, **EXPECTED) as server:
        for name in ("ada", "ben"):
            statuses = [
                server.client.post(
                    ENHANCE, files={"file": samples.no_face()}, headers=bearer(signed(sub=name))
                ).status_code
                for _ in range(2)
            ]
            assert statuses == [200, 429]


def test_answers_are_kept_for_each_subject(issuer: Issuer) -> None:
    with serving(FakeModels(), cache_mb=1, jwks_url=issuer.url, **EXPECTED) as server:
        hits = []
        for name in ("ada", "ada", "ben"):
            files = {"file": samples.no_face()}
            answer = server.client.post(
                ENHANCE, files=files, data={"require_face": "false"}, headers=bearer(signed(sub=name))
            )
            assert answer.status_code == 200, answer.text
            hits.append(answer.headers.get("x-likeness-cache"))
        assert hits == [None, "hit", None]


def test_tokens_alone_with_a_key_file(tmp_path: Path) -> None:
    file = tmp_path / "issuer.pem"
    file.write_bytes(public_pem(private_key("p256")))
    with serving(FakeModels(), jwt_key_file=file, **EXPECTED) as server:
        assert server.client.get(STATUS, headers=bearer(token("p256"))).status_code == 200
        needed = "A token is needed: send it as X-API-Key, or as Authorization: Bearer."
        assert_refused(server.client.get(STATUS), needed)
        assert_refused(server.client.get(STATUS, headers=bearer(SHOP)), "This is no token.")
        document = server.client.get("/openapi.json").json()
        schemes = document["components"]["securitySchemes"]
        assert schemes["Bearer"] == {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}
        assert document["paths"][STATUS]["get"]["responses"]["401"]["description"] == "No key or token, or a wrong one"


def test_without_the_issuers_keys_only_api_keys_get_in() -> None:
    with serving(FakeModels(), api_keys=SHOP_ENTRY, jwks_url="http://127.0.0.1:1/jwks", **EXPECTED) as server:
        response = server.client.get(STATUS, headers=bearer(signed()))
        assert (response.status_code, response.json()["code"]) == (503, "tokens_unverifiable")
        assert response.headers["retry-after"] == "5"
        assert server.client.get(STATUS, headers=bearer(SHOP)).status_code == 200


def test_the_refusal_does_not_wait_for_the_body(server: Likeness) -> None:
    connection = server.connect()
    head = (
        f"POST {ENHANCE} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer a.b.c\r\nContent-Length: 9000000\r\n\r\n"
    )
    connection.sendall(head.encode())
    connection.settimeout(5)
    assert json.loads(answer_on(connection).partition(b"\r\n\r\n")[2])["code"] == "unauthorized"
