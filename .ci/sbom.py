"""Makes the software bill of materials from that of a whole environment: `make sbom`.

Reads a CycloneDX document of the environment from standard input. Writes to standard output the packages that the lock
files named as arguments pin, which are those that Likeness needs to run, and the embedded models.
"""

from __future__ import annotations

import hashlib
import json
import re
import sys
from pathlib import Path
from typing import Any

from pipeline.models.catalogue.registry import REGISTRY
from pipeline.models.catalogue.weights import EMBEDDED_DIR

# Of embedded files that are not a model of their own, and so not in the registry; NOTICE says more.
LICENCES = {"lpips-heads.safetensors": "BSD-2-Clause"}


def names_in(lock: str) -> set[str]:
    """The names of the packages that the text of a lock file pins."""
    return set(re.findall(r"^([a-z0-9][a-z0-9-]*)==", lock, flags=re.MULTILINE))


def completed(document: dict[str, Any], names: set[str]) -> dict[str, Any]:
    """The CycloneDX document with only the packages in `names`, and with the embedded models.

    Raises `KeyError` for an embedded file whose licence is unknown.
    """
    packages = [part for part in document["components"] if _normalized(part["name"]) in names]
    models = _models()
    root = document["metadata"]["component"]["bom-ref"]
    kept = {root, *(part["bom-ref"] for part in packages)}
    tree = [
        {**node, "dependsOn": [ref for ref in node.get("dependsOn", ()) if ref in kept]}
        for node in document["dependencies"]
        if node["ref"] in kept
    ]
    next(node for node in tree if node["ref"] == root)["dependsOn"] += [model["bom-ref"] for model in models]
    return {**document, "components": packages + models, "dependencies": tree}


def _models() -> list[dict[str, Any]]:
    """A component for each weights file that ships in the repository."""
    return [_model(path) for path in sorted(EMBEDDED_DIR.glob("*.safetensors"))]


def _model(path: Path) -> dict[str, Any]:
    rows = [row for row in REGISTRY if row.origin == "embedded" and row.file == path.name]
    licence = rows[0].licence if rows else LICENCES[path.name]
    return {
        "type": "machine-learning-model",
        "bom-ref": f"model:{path.stem}",
        "name": path.name,
        "description": ", ".join(f"{row.name} ({row.role})" for row in rows) or "part of the perceptual metric",
        "hashes": [{"alg": "SHA-256", "content": hashlib.sha256(path.read_bytes()).hexdigest()}],
        "licenses": [{"license": {"id": licence}}],
    }


def _normalized(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def main(locks: list[str]) -> str | None:
    """Write the completed document. Returns the validation error, or None."""
    from cyclonedx.schema import SchemaVersion  # installed with the tools only
    from cyclonedx.validation.json import JsonStrictValidator

    document = json.load(sys.stdin)
    names = set().union(*(names_in(Path(lock).read_text(encoding="utf-8")) for lock in locks))
    text = json.dumps(completed(document, names), indent=2, ensure_ascii=False)
    fault = JsonStrictValidator(SchemaVersion.from_version(document["specVersion"])).validate_str(text)
    if fault is None:
        sys.stdout.write(f"{text}\n")
    return None if fault is None else str(fault)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
