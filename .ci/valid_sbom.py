"""Passes a CycloneDX document from standard input to standard output if it is valid: the last part of `make sbom`."""

from __future__ import annotations

import json
import sys

from cyclonedx.schema import SchemaVersion  # only in the environment of the tools
from cyclonedx.validation.json import JsonStrictValidator


def main() -> str | None:
    """The validation error, or None after the document was written."""
    text = sys.stdin.read()
    fault = JsonStrictValidator(SchemaVersion.from_version(json.loads(text)["specVersion"])).validate_str(text)
    if fault is None:
        sys.stdout.write(f"{text}\n")
    return None if fault is None else str(fault)


if __name__ == "__main__":
    sys.exit(main())
