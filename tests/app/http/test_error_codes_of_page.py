"""The page has a sentence of its own for every code that an answer of the service may have."""

import importlib
import json
import pkgutil
import re
from pathlib import Path

import pytest

import app
import jobs
import pipeline
from pipeline.errors import PipelineError

WEB = Path(__file__).parents[3] / "web" / "src"

# Written by `_answer` of app/http/errors.py for what is no PipelineError, and before there is a request.
OF_THE_FRAMEWORK = {"not_found", "method_not_allowed", "internal_error"}
# Never in an answer: of the command line, of the start, and of a job that another worker goes on with.
UNANSWERED = {"bad_objects_url", "download_failed", "lease_lost", "place_unusable", "service_stopped"}


def _codes_of_errors() -> set[str]:
    for package in (app, jobs, pipeline):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if not re.search(r"__main__|\.migrations\.", module.name):
                importlib.import_module(module.name)
    found, kinds = set(), [PipelineError]
    while kinds:
        kind = kinds.pop()
        kinds += kind.__subclasses__()
        if kind.__module__.split(".")[0] in ("app", "jobs", "pipeline"):
            found.add(kind.code)
    return found


def _codes_of_connections() -> set[str]:
    """Those of the protocol, which answers before there is a request."""
    text = (Path(app.__file__).parent / "connection" / "protocol.py").read_text()
    return set(re.findall(r'_refuse\(\d+, "(\w+)"', text))


def _codes_of_page() -> set[str]:
    messages = json.loads((WEB / "messages" / "en.json").read_text(encoding="utf-8"))
    listed = re.search(r"MISUNDERSTOOD = \[(.*?)\]", (WEB / "photos" / "problems.ts").read_text(), re.DOTALL)
    assert listed is not None
    return {*messages["problems"]["byCode"], *re.findall(r'"(\w+)"', listed[1])}


@pytest.fixture(scope="module")
def answered() -> set[str]:
    of_connections = _codes_of_connections()
    assert "malformed_request" in of_connections
    return (_codes_of_errors() | of_connections | OF_THE_FRAMEWORK) - UNANSWERED


def test_no_code_lacks_a_sentence(answered: set[str]) -> None:
    assert answered - _codes_of_page() == set()


def test_no_sentence_is_for_a_code_that_there_is_not(answered: set[str]) -> None:
    assert _codes_of_page() - answered == set()
