"""The files of specs (様式のファイル): TOML → specs, with nested layouts filled in.

Refused: references to fields that do not exist, and a name that differs from that of the file.
"""

from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from elqr.disk.config_files import parse_toml, read_text, read_toml
from elqr.formats.spec import Spec
from elqr.vocabulary.errors import BadFile, NotFound, explain

_WHAT, _REMEDY = "様式", "パスを確かめてください。"


def _unknown_references(spec: Spec) -> Iterable[str]:
    """Dotted names of fields that are used in the spec but do not exist."""
    names: set[str] = set()
    for record in spec.record:
        for field in record.fields:
            parts = [field.name]
            if field.nested is not None:
                parts += [f"{field.name}.{part.name}" for part in field.nested.record[0].fields]
            names |= {f"{record.name}.{part}" for part in parts}
        names |= {f"{record.name}.{name}" for name in record.derived}
    references: list[str] = []
    for control in spec.control:
        references += [name for name in (control.at, control.sum, *control.plus, *control.minus) if name]
        references += [f"{record}.{name}" for record in control.records for name in control.where]
    references += [f"{r.name}.{name}" for r in spec.record for several in r.derived.values() for name in several]
    references += spec.result_totals
    heads = {record.name for record in spec.record}
    for mapping in spec.maps:
        others = heads - {mapping.record}
        references += [
            name if name.partition(".")[0] in others else f"{mapping.record}.{name}" for name in mapping.names
        ]
    for probe in spec.recognize:
        references += [f"{probe.record}.{name}" for name in (*probe.fields, *probe.blank)]
    if spec.charset_kind is not None and spec.charset_kind.field:
        references.append(spec.charset_kind.field)
    return sorted(set(references) - names)


def read_spec(path: Path, parts: dict[str, Spec] | None = None) -> Spec:
    """様式を読む: one TOML file, with its nested layouts filled in from `parts`. Raises BadFile."""
    return _build(path, read_toml(path, _WHAT, _REMEDY), parts or {})


def _build(path: Path, written: dict[str, Any], parts: dict[str, Spec]) -> Spec:
    """Build a spec from the tables of its file. Raises BadFile."""
    try:
        for record in written.get("record", []):
            for field in record.get("fields", []):
                if isinstance(field, dict) and field.get("spec") in parts:
                    field["nested"] = parts[field["spec"]]
        spec = Spec.model_validate(written)
    except ValidationError as error:
        raise BadFile(f"様式 {path} に誤りがあります: {explain(error, Spec)}") from error
    lost = [f.spec for r in spec.record for f in r.fields if f.kind == "nested" and f.nested is None]
    if lost:
        raise BadFile(f"様式 {path}: 入れ子の様式 {', '.join(map(str, lost))} がありません。")
    if unknown := list(_unknown_references(spec)):
        raise BadFile(f"様式 {path}: ない項目を指しています: {', '.join(unknown)}")
    return spec


def read_specs(folders: Iterable[Path]) -> dict[str, Spec]:
    """様式一覧: all specs in the folders, by name; a spec in a later folder replaces one in an earlier folder.

    If it names no sender it keeps that of the spec it replaces, because earlier deliveries are recognised by it.
    """
    texts: list[tuple[Path, str]] = []
    for folder in folders:
        if not folder.is_dir():
            raise NotFound(f"様式のフォルダ {folder} がありません。ジョブの specs を確かめてください。")
        texts += [(path, read_text(path, _WHAT, _REMEDY)) for path in sorted(folder.glob("*.toml"))]
    return dict(_specs_of(tuple(texts)))


@lru_cache(maxsize=8)
def _specs_of(texts: tuple[tuple[Path, str], ...]) -> dict[str, Spec]:
    """様式一覧 of the files' texts, in order: built anew only where one has changed."""
    paths: dict[str, Path] = {}
    written: dict[str, dict[str, Any]] = {}
    for path, text in texts:
        written[path.stem] = _keep_sender(parse_toml(text, path, _WHAT), written.get(path.stem, {}))
        paths[path.stem] = path
    parts = {stem: _build(paths[stem], table, {}) for stem, table in written.items() if table.get("purpose") == "part"}
    specs = parts | {stem: _build(paths[stem], table, parts) for stem, table in written.items() if stem not in parts}
    for stem, spec in specs.items():
        if stem != spec.name:
            raise BadFile(f"様式 {paths[stem]}: name = {spec.name} をファイル名と同じにしてください。")
    return dict(sorted(specs.items()))


def _keep_sender(written: dict[str, Any], replaced: dict[str, Any]) -> dict[str, Any]:
    payment, before = written.get("payment"), replaced.get("payment")
    if isinstance(payment, dict) and isinstance(before, dict) and "sender" in before and "sender" not in payment:
        return {**written, "payment": {**payment, "sender": before["sender"]}}
    return written
