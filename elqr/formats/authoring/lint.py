"""Lint (様式の検査): everything that is wrong or doubtful in a spec that a city wrote, all at once.

An error is something that the program would refuse or misread; a warning is something that it accepts but a person
should look at. The rules work on the text as written (spec_text.py); at the end the spec is read as the night
reads it, so that the night accepts a spec without errors. The rules are in lint_fields, lint_records, lint_references
and lint_identity.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from pydantic import ValidationError

from elqr.formats.authoring.lint_fields import field_remarks
from elqr.formats.authoring.lint_identity import identity
from elqr.formats.authoring.lint_lines import claim, debit, deposit, refund, status
from elqr.formats.authoring.lint_records import order, record_kinds, widths
from elqr.formats.authoring.lint_references import controls, doubts, payment, probes
from elqr.formats.authoring.overlap import overlapping
from elqr.formats.authoring.spec_text import Remark, SpecText, fields_of, read_text, words_of
from elqr.formats.spec import Spec
from elqr.vocabulary.errors import explain

Rule = Callable[[SpecText, Mapping[str, Spec]], Iterator[Remark]]


def lint(data: bytes, stem: str, others: Mapping[str, Spec]) -> list[Remark]:
    """様式を検査する. `stem`: the file's name; `others`: specs that it may nest or overlap with, by name."""
    written, remarks = read_text(data)
    if written is None:
        return remarks
    if written.values.get("name") != stem:
        at = written.line_of("", 0, "name")
        actual = f"name = {written.values.get('name')!r} がファイル名と違います"
        remarks.append(Remark(at, "name", actual, f'name = "{stem}"', "name かファイル名を合わせてください。"))
    for rule in RULES:
        remarks += rule(written, others)
    remarks += _model_remarks(written, others, quiet=any(remark.is_error for remark in remarks))
    return sorted(set(remarks), key=lambda remark: (not remark.is_error, remark))


def _overlap_remarks(written: SpecText, spec: Spec, others: Mapping[str, Spec]) -> Iterator[Remark]:
    for name in overlapping(spec, others.values()):
        yield Remark(
            written.line_of("recognize"),
            "recognize",
            f"様式 {name} のファイルと見分けられません",
            "この形式だけが正しく読める項目",
            f"recognize の項目を足すか、ジョブの受信箱の specs に {name} と一緒に書かないでください。",
            is_error=False,
        )


def _model_remarks(written: SpecText, others: Mapping[str, Spec], *, quiet: bool) -> Iterator[Remark]:
    """What the model refuses: types, missing and misspelt keys. When `quiet`, its cross-checks are left out.

    The rules have then reported errors, which those checks would repeat with less detail.
    """
    for record in written.records():
        for field in fields_of(record):
            if isinstance(field, dict) and str(field.get("spec")) in others:
                field["nested"] = others[str(field["spec"])]
    try:
        spec = Spec.model_validate(written.values)
        if not quiet:
            yield from _overlap_remarks(written, spec, others)
    except ValidationError as error:
        for problem in error.errors():
            if problem["type"] == "value_error" and quiet:
                continue
            place, line = _place_of(written, problem["loc"])
            actual = explain(ValidationError.from_exception_data("様式", [_input_of(problem)]))  # type: ignore[list-item]
            actual = actual.partition(": ")[2] if problem["type"] != "value_error" else actual
            remedy = "specs/README.md の「書けること」に合わせて直してください。"
            yield Remark(line, place, actual or "決まりと違います", "", remedy)


def _input_of(problem: Any) -> dict[str, Any]:
    kept = {name: problem[name] for name in ("type", "loc", "input", "ctx") if name in problem}
    if problem["type"] == "value_error":
        kept["ctx"] = {"error": problem["ctx"]["error"]}
    return kept


def _place_of(written: SpecText, loc: tuple[int | str, ...]) -> tuple[str, int]:
    """The place of an error that the model reports, in words, and its line."""
    if loc[:1] == ("record",) and len(loc) > 1 and isinstance(loc[1], int):
        records = written.values.get("record", [])
        record = records[loc[1]] if isinstance(records, list) and loc[1] < len(records) else {}
        name = record.get("name", f"{loc[1] + 1}番目") if isinstance(record, dict) else f"{loc[1] + 1}番目"
        if loc[2:3] == ("fields",) and len(loc) > 3 and isinstance(loc[3], int) and isinstance(record, dict):
            fields = record.get("fields", [])
            field = fields[loc[3]] if isinstance(fields, list) and loc[3] < len(fields) else {}
            title = field.get("name", f"{loc[3] + 1}番目") if isinstance(field, dict) else f"{loc[3] + 1}番目"
            suffix = "".join(f" の {part}" for part in loc[4:])
            return f"レコード {name} の項目 {title}{suffix}", written.line_of_field(loc[1], title)
        suffix = "".join(f" の {part}" for part in loc[2:])
        key = str(loc[2]) if len(loc) > 2 else ""
        return f"レコード {name}{suffix}", written.line_of("record", loc[1], key)
    if loc and isinstance(loc[0], str):
        number = loc[1] if len(loc) > 1 and isinstance(loc[1], int) else 0
        key = next((part for part in loc[1:] if isinstance(part, str)), "")
        suffix = "".join(f" の {part + 1 if isinstance(part, int) else part}" for part in loc[1:])
        return f"{loc[0]}{suffix}", written.line_of(loc[0], number, key)
    return "ファイル全体", 0


def standing(written: SpecText, others: Mapping[str, Spec]) -> Iterator[Remark]:
    """確かめたかどうか: verified, grade, sources and open_questions agree, and no shipped spec has the name."""
    values = written.values
    sources = [source for source in words_of(values, "sources") if source.strip()]
    at = written.line_of("", 0, "verified")
    verified: Any = values.get("verified")
    words = list(verified.values()) if isinstance(verified, dict) else [verified]
    if True in words:
        if not sources or all("仮" in source for source in sources):
            yield Remark(
                at,
                "verified",
                "確かめた（true）とあるのに出典がありません",
                "sources に文書の名前と版",
                "確かめた文書を sources に書くか、verified を false にしてください。",
            )
        if values.get("grade") in ("PROVISIONAL", "LOW"):
            yield Remark(
                at,
                "verified",
                f"確かめた（true）とあるのに grade = {values['grade']} です",
                "確度の高い grade か false",
                "どちらかを直してください。",
                is_error=False,
            )
    if False in words and not values.get("open_questions"):
        yield Remark(
            at,
            "open_questions",
            "確かめていない（false）のに、わかっていないことが書かれていません",
            "open_questions に一つ以上",
            "何を確かめれば true にできるかを書いてください。",
            is_error=False,
        )
    if str(values.get("name")) in others:
        yield Remark(
            written.line_of("", 0, "name"),
            "name",
            f"同じ名前の様式 {values['name']} があります",
            "ほかにない名前",
            "この様式で置き換えるつもりでなければ、名前を変えてください。",
            is_error=False,
        )


RULES: tuple[Rule, ...] = (
    standing,
    widths,
    record_kinds,
    order,
    field_remarks,
    controls,
    payment,
    doubts,
    identity,
    deposit,
    claim,
    debit,
    status,
    refund,
    probes,
)
