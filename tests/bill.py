"""The bill of materials (部品表): what is inside the wheels, put into `.sbom.json` beside what cyclonedx-py lists.

`python -m tests.bill` writes it anew from the environment it runs in. Three sources, each named at what came from it: the
bill that a wheel brings itself (PEP 770), libraries that lie beside its modules, and what a module says of itself.
Wheels of other platforms hold other libraries; the platform stands in the bill.
"""

import json
import platform
import re
import sys
from collections.abc import Iterator
from importlib.metadata import Distribution, distribution
from pathlib import Path
from typing import Any

from tests.builders import ROOT

BILL = ROOT / ".sbom.json"
_LIBRARY = re.compile(r"lib(?P<name>.+?)(?:-[0-9a-f]{8})*\.so(?:\.(?P<version>[0-9.]+))?")
_OPENSSL = re.compile(rb"OpenSSL (3\.[0-9]+\.[0-9]+) ")
_PLATFORM, _SOURCE = "elqr:platform", "elqr:source"


def where() -> str:
    """The platform whose wheels are described."""
    return f"{sys.implementation.cache_tag} {sys.platform} {platform.machine()}"


def inside(name: str) -> list[dict[str, Any]]:
    """What is inside the wheel of a part, each once, by name."""
    own = distribution(name)
    found: dict[str, dict[str, Any]] = {}
    for part in (*_told_by_wheel(own), *_told_by_module(own), *_told_by_files(own)):
        found.setdefault(re.sub(r"[^a-z0-9]|_$", "", part["name"].lower()) + part["version"], part)
    return sorted(found.values(), key=lambda part: (part["name"].lower(), part["version"]))


def _part(name: str, version: str, source: str = "", purl: str = "") -> dict[str, Any]:
    """One part; where nothing is said of its source, the wheel's own bill names it."""
    link: dict[str, Any] = {"purl": purl} if purl else {}
    said: dict[str, Any] = {"properties": [{"name": _SOURCE, "value": source}]} if source else {}
    return {"type": "library", "name": name, "version": version, **link, **said}


def _told_by_wheel(own: Distribution) -> Iterator[dict[str, Any]]:
    for path in own.files or ():
        if path.parent.name != "sboms" or path.suffix != ".json":
            continue
        for part in json.loads(Path(str(own.locate_file(path))).read_bytes()).get("components", []):
            purl = part.get("purl", "")
            if not purl.startswith("pkg:pypi/"):  # the wheel itself and its own modules
                yield _part(part["name"], part.get("version", ""), purl=purl.partition("?")[0])


def _told_by_module(own: Distribution) -> Iterator[dict[str, Any]]:
    name, source = own.name.lower(), "module"
    if name == "lxml":
        from lxml import etree

        for library, version in (
            ("libxml2", etree.LIBXML_COMPILED_VERSION),
            ("libxslt", etree.LIBXSLT_COMPILED_VERSION),
        ):
            yield _part(library, ".".join(map(str, version)), source)
    elif name == "pypdfium2":
        import pypdfium2

        yield _part("pdfium", str(pypdfium2.PDFIUM_INFO).partition("@")[0], source)
    elif name == "pikepdf":
        import pikepdf

        yield _part("qpdf", pikepdf.__libqpdf_version__, source)
    elif name == "psycopg-binary":
        import psycopg

        number = psycopg.pq.version()
        yield _part("libpq", f"{number // 10_000}.{number % 10_000}", source)
    elif name == "numpy":
        import numpy

        built = numpy.show_config(mode="dicts")["Build Dependencies"]  # type: ignore[call-overload]
        yield _part("openblas", built["blas"]["version"], source)
    elif name == "zxing-cpp":
        yield _part("zxing-cpp", own.version, source)


def _told_by_files(own: Distribution) -> Iterator[dict[str, Any]]:
    """The version of a file is that of its interface, unless the library says more."""
    for path in own.files or ():
        if not path.parts[0].endswith(".libs") or not (found := _LIBRARY.fullmatch(path.name)):
            continue
        version = found["version"] or ""
        if found["name"] in ("crypto", "ssl"):
            folder = Path(str(own.locate_file(path))).parent
            said = {text for file in folder.glob("libcrypto*") for text in _OPENSSL.findall(file.read_bytes())}
            version = min(said).decode() if said else version
        yield _part(f"lib{found['name']}", version, f"file {path.name}")


def written() -> dict[str, Any]:
    """The bill with what is inside its parts, from this environment."""
    bill: dict[str, Any] = json.loads(BILL.read_text(encoding="utf-8"))
    for part in bill["components"]:
        part.pop("components", None)
        if nested := inside(part["name"]):
            part["components"] = nested
    properties = [own for own in bill["metadata"]["properties"] if own["name"] != _PLATFORM]
    bill["metadata"]["properties"] = [*properties, {"name": _PLATFORM, "value": where()}]
    return bill


def described() -> str:
    """The platform that the bill was written on."""
    properties = json.loads(BILL.read_text(encoding="utf-8"))["metadata"]["properties"]
    return next((str(own["value"]) for own in properties if own["name"] == _PLATFORM), "")


if __name__ == "__main__":
    BILL.write_text(json.dumps(written(), ensure_ascii=False, indent=2), encoding="utf-8")
