"""The files of specs (様式のファイル): from TOML to specs, with nested layouts filled in.

Refused: references to fields that do not exist, and a name that is not the file's.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from elqr.disk.config_files import read_toml
from elqr.formats.spec import Spec
from elqr.vocabulary.errors import BadFile, NotFound, explain


def _unknown_references(spec: Spec) -> Iterable[str]:
    """Dotted names in controls and in the maps that no field has."""
    names: set[str] = set()
    for record in spec.record:
        for field in record.fields:
            parts = [field.name]
            if field.nested is not None:
                parts += [f"{field.name}.{part.name}" for part in field.nested.record[0].fields]
            names |= {f"{record.name}.{part}" for part in parts}
    asked: list[str] = []
    for control in spec.control:
        asked += [name for name in (control.at, control.sum, *control.plus, *control.minus) if name]
        asked += [f"{control.count or (control.sum or '').partition('.')[0]}.{name}" for name in control.where]
    heads = {record.name for record in spec.record}
    for own in spec.maps:
        others = heads - {own.record}
        asked += [name if name.partition(".")[0] in others else f"{own.record}.{name}" for name in own.names]
    for probe in spec.recognize:
        asked += [f"{probe.record}.{name}" for name in (*probe.fields, *probe.blank)]
    if spec.charset_kind is not None and spec.charset_kind.field:
        asked.append(spec.charset_kind.field)
    return sorted(set(asked) - names)


def read_spec(path: Path, parts: dict[str, Spec] | None = None) -> Spec:
    """様式を読む: one TOML file, with its nested layouts filled in from `parts`. Raises BadFile."""
    return _spec(path, _written(path), parts or {})


def _written(path: Path) -> dict[str, Any]:
    return read_toml(path, "様式", "パスを確かめてください。")


def _spec(path: Path, written: dict[str, Any], parts: dict[str, Spec]) -> Spec:
    """What a file says as a spec. Raises BadFile."""
    try:
        for record in written.get("record", []):
            for field in record.get("fields", []):
                if isinstance(field, dict) and field.get("spec") in parts:
                    field["nested"] = parts[field["spec"]]
        spec = Spec.model_validate(written)
    except ValidationError as error:
        raise BadFile(f"様式 {path} に誤りがあります: {explain(error)}") from error
    lost = [f.spec for r in spec.record for f in r.fields if f.kind == "nested" and f.nested is None]
    if lost:
        raise BadFile(f"様式 {path}: 入れ子の様式 {', '.join(map(str, lost))} がありません。")
    if unknown := list(_unknown_references(spec)):
        raise BadFile(f"様式 {path}: ない項目を指しています: {', '.join(unknown)}")
    return spec


def read_specs(folders: Iterable[Path]) -> dict[str, Spec]:
    """様式一覧: all specs of some folders by name; a later folder's spec replaces an earlier one's.

    One that names no sender keeps that of the spec it replaces: what was delivered before is recognised by it.
    """
    paths: dict[str, Path] = {}
    written: dict[str, dict[str, Any]] = {}
    for folder in folders:
        if not folder.is_dir():
            raise NotFound(f"様式のフォルダ {folder} がありません。ジョブの specs を確かめてください。")
        own = {path.stem: path for path in sorted(folder.glob("*.toml"))}
        written |= {stem: _with_sender(_written(path), written.get(stem, {})) for stem, path in own.items()}
        paths |= own
    parts = {stem: _spec(paths[stem], own, {}) for stem, own in written.items() if own.get("purpose") == "part"}
    specs = parts | {stem: _spec(paths[stem], own, parts) for stem, own in written.items() if stem not in parts}
    for stem, spec in specs.items():
        if stem != spec.name:
            raise BadFile(f"様式 {paths[stem]}: name = {spec.name} をファイル名と同じにしてください。")
    return dict(sorted(specs.items()))


def _with_sender(written: dict[str, Any], replaced: dict[str, Any]) -> dict[str, Any]:
    payment, before = written.get("payment"), replaced.get("payment")
    if isinstance(payment, dict) and isinstance(before, dict) and "sender" in before and "sender" not in payment:
        return {**written, "payment": {**payment, "sender": before["sender"]}}
    return written
