"""Makes the software bill of materials from that of a whole environment: `make sbom`.

Reads a CycloneDX document of the environment from standard input. Writes to standard output what Likeness needs to run:
the packages that the lock files named as arguments pin, the embedded models, and the npm packages that the pages of the
browser app are built from (web/package-lock.json). Needs the packages that run; valid_sbom.py needs the tools.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import sys
from pathlib import Path
from typing import Any, TypeAlias
from urllib.parse import quote

from pipeline.models.catalogue.registry import REGISTRY
from pipeline.models.catalogue.weights import EMBEDDED_DIR

Part: TypeAlias = dict[str, Any]  # a component, or a node of the tree of dependencies

# Of embedded files that are not a model of their own, and so not in the registry; NOTICE says more.
LICENCES = {"lpips-heads.safetensors": "BSD-2-Clause"}


def names_in(lock: str) -> set[str]:
    """The names of the packages that the text of a lock file pins."""
    return set(re.findall(r"^([a-z0-9][a-z0-9-]*)(?:\[.+\])?==", lock, flags=re.MULTILINE))


def completed(document: Part, names: set[str], web_lock: Part) -> Part:
    """The CycloneDX document with only the packages in `names`, and with the embedded models and the browser app.

    `web_lock` is package-lock.json. Raises `KeyError` for an embedded file or npm package whose licence is unknown.
    """
    packages = [part for part in document["components"] if _normalized(part["name"]) in names]
    models = _models()
    app, app_tree = _browser_app(web_lock["packages"])
    root = document["metadata"]["component"]["bom-ref"]
    kept = {root, *(part["bom-ref"] for part in packages)}
    tree = [
        {**node, "dependsOn": [ref for ref in node.get("dependsOn", ()) if ref in kept]}
        for node in document["dependencies"]
        if node["ref"] in kept
    ]
    next(node for node in tree if node["ref"] == root)["dependsOn"] += [part["bom-ref"] for part in (*models, app[0])]
    return {**document, "components": packages + models + app, "dependencies": tree + app_tree}


def _browser_app(packages: Part) -> tuple[list[Part], list[Part]]:
    """The browser app, then the npm packages that its pages are built from; and what depends on what.

    Optional packages are left out: they are programs for single platforms that the build uses, and no page has them.
    `npm sbom --omit dev` would leave out React, since some tools of the development need it too.
    """
    needed: dict[str, list[str]] = {}  # path of a package in the lock file → paths of those that it needs
    waiting = [""]
    while waiting:
        path = waiting.pop()
        if path not in needed:
            needed[path] = [_found_by_node(name, path, packages) for name in _names_needed(packages[path])]
            waiting += needed[path]
    parts = {path: _npm_part(path, packages[path]) for path in sorted(needed)}
    tree = [
        {"ref": part["bom-ref"], "dependsOn": sorted(parts[other]["bom-ref"] for other in needed[path])}
        for path, part in parts.items()
    ]
    return list(parts.values()), tree


def _names_needed(package: Part) -> set[str]:
    peers = package.get("peerDependenciesMeta", {})
    optional = {name for name, about in peers.items() if about.get("optional")}
    return {*package.get("dependencies", ()), *package.get("peerDependencies", ())} - optional


def _found_by_node(name: str, path: str, packages: Part) -> str:
    """The path of the package `name` for the one at `path`: in its own folder, else in the nearest one around it."""
    folder = path
    while (found := f"{folder}/node_modules/{name}".lstrip("/")) not in packages:
        if not folder:
            raise KeyError(f"{path or 'the browser app'} needs {name}, which is not in package-lock.json")
        folder = folder.rpartition("node_modules/")[0].rstrip("/")
    return found


def _npm_part(path: str, package: Part) -> Part:
    name = package.get("name") or path.rpartition("node_modules/")[2]
    licence = package["license"]
    part = {
        "type": "library" if path else "application",
        "bom-ref": f"npm:{name}@{package['version']}",
        "name": name,
        "version": package["version"],
        "licenses": [{"expression": licence} if " " in licence else {"license": {"id": licence}}],
    }
    if path:  # the browser app itself is on no registry
        algorithm, _, digest = package["integrity"].partition("-")
        hashed = {"alg": algorithm.upper().replace("SHA", "SHA-"), "content": base64.b64decode(digest).hex()}
        part |= {"purl": f"pkg:npm/{quote(name)}@{package['version']}", "hashes": [hashed]}
    return part


def _models() -> list[Part]:
    """A component for each weights file that ships in the repository."""
    return [_model(path) for path in sorted(EMBEDDED_DIR.glob("*.safetensors"))]


def _model(path: Path) -> Part:
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


def main(locks: list[str], web_lock: str) -> None:
    """Write the completed document."""
    document = json.load(sys.stdin)
    names = set().union(*(names_in(Path(lock).read_text(encoding="utf-8")) for lock in locks))
    web = json.loads(Path(web_lock).read_text(encoding="utf-8"))
    json.dump(completed(document, names, web), sys.stdout, indent=2, ensure_ascii=False)


if __name__ == "__main__":
    main(sys.argv[1:-1], sys.argv[-1])
