"""Lint (様式の検査): everything that is wrong or doubtful with a spec that a city wrote, all at once.

An error is what the program would refuse or misread; a warning is what it takes and a person should look at.
The rules work on the text as written (formats/spec_text.py); at the end the spec is read as the night reads it,
so that a spec without errors here is one that the night accepts. The rules stand in lint_fields, lint_records,
lint_references and lint_identity.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from pydantic import ValidationError

from elqr.formats.authoring.lint_fields import field_remarks
from elqr.formats.authoring.lint_identity import identity
from elqr.formats.authoring.lint_records import order, record_kinds, widths
from elqr.formats.authoring.lint_references import controls, deposit, payment, probes
from elqr.formats.authoring.overlap import overlapping
from elqr.formats.authoring.spec_text import Remark, SpecText, fields_of, read_text, words_of
from elqr.formats.spec import Spec
from elqr.vocabulary.errors import explain

Rule = Callable[[SpecText, Mapping[str, Spec]], Iterator[Remark]]


def lint(data: bytes, stem: str, others: Mapping[str, Spec]) -> list[Remark]:
    """様式を検査する. `stem`: the file's name; `others`: the specs it may nest or overlap, by name."""
    own, remarks = read_text(data)
    if own is None:
        return remarks
    if own.given.get("name") != stem:
        at = own.line_of("", 0, "name")
        found = f"name = {own.given.get('name')!r} がファイル名と違います"
        remarks.append(Remark(at, "name", found, f'name = "{stem}"', "name かファイル名を合わせてください。"))
    for rule in RULES:
        remarks += rule(own, others)
    remarks += _model_remarks(own, others, quiet=any(remark.is_error for remark in remarks))
    return sorted(set(remarks), key=lambda remark: (not remark.is_error, remark))


def _overlap_remarks(own: SpecText, spec: Spec, others: Mapping[str, Spec]) -> Iterator[Remark]:
    for name in overlapping(spec, others.values()):
        yield Remark(
            own.line_of("recognize"),
            "recognize",
            f"様式 {name} のファイルと見分けられません",
            "この形式だけが正しく読める項目",
            f"recognize の項目を足すか、ジョブの受信箱の specs に {name} と一緒に書かないでください。",
            is_error=False,
        )


def _model_remarks(own: SpecText, others: Mapping[str, Spec], *, quiet: bool) -> Iterator[Remark]:
    """What the model refuses: types, missing and misspelt keys. Its own cross-checks only if no rule said more."""
    for record in own.records():
        for field in fields_of(record):
            if isinstance(field, dict) and str(field.get("spec")) in others:
                field["nested"] = others[str(field["spec"])]
    try:
        spec = Spec.model_validate(own.given)
        if not quiet:
            yield from _overlap_remarks(own, spec, others)
    except ValidationError as error:
        for problem in error.errors():
            if problem["type"] == "value_error" and quiet:
                continue
            place, line = _place(own, problem["loc"])
            said = explain(ValidationError.from_exception_data("様式", [_only(problem)]))  # type: ignore[list-item]
            said = said.partition(": ")[2] if problem["type"] != "value_error" else said
            remedy = "specs/README.md の「書けること」に合わせて直してください。"
            yield Remark(line, place, said or "決まりと違います", "", remedy)


def _only(problem: Any) -> dict[str, Any]:
    kept = {name: problem[name] for name in ("type", "loc", "input", "ctx") if name in problem}
    if problem["type"] == "value_error":
        kept["ctx"] = {"error": problem["ctx"]["error"]}
    return kept


def _place(own: SpecText, loc: tuple[int | str, ...]) -> tuple[str, int]:
    """Where the model's complaint stands, in words and as a line."""
    if loc[:1] == ("record",) and len(loc) > 1 and isinstance(loc[1], int):
        records = own.given.get("record", [])
        record = records[loc[1]] if isinstance(records, list) and loc[1] < len(records) else {}
        name = record.get("name", f"{loc[1] + 1}番目") if isinstance(record, dict) else f"{loc[1] + 1}番目"
        if loc[2:3] == ("fields",) and len(loc) > 3 and isinstance(loc[3], int) and isinstance(record, dict):
            fields = record.get("fields", [])
            field = fields[loc[3]] if isinstance(fields, list) and loc[3] < len(fields) else {}
            title = field.get("name", f"{loc[3] + 1}番目") if isinstance(field, dict) else f"{loc[3] + 1}番目"
            rest = "".join(f" の {part}" for part in loc[4:])
            return f"レコード {name} の項目 {title}{rest}", own.line_of_field(loc[1], title)
        rest = "".join(f" の {part}" for part in loc[2:])
        key = str(loc[2]) if len(loc) > 2 else ""
        return f"レコード {name}{rest}", own.line_of("record", loc[1], key)
    if loc and isinstance(loc[0], str):
        number = loc[1] if len(loc) > 1 and isinstance(loc[1], int) else 0
        key = next((part for part in loc[1:] if isinstance(part, str)), "")
        rest = "".join(f" の {part + 1 if isinstance(part, int) else part}" for part in loc[1:])
        return f"{loc[0]}{rest}", own.line_of(loc[0], number, key)
    return "ファイル全体", 0


def standing(own: SpecText, others: Mapping[str, Spec]) -> Iterator[Remark]:
    """確かめたかどうか: verified, grade, sources and open_questions against each other; a shipped name."""
    given = own.given
    sources = [source for source in words_of(given, "sources") if source.strip()]
    at = own.line_of("", 0, "verified")
    if given.get("verified") is True:
        if not sources or all("仮" in source for source in sources):
            yield Remark(
                at,
                "verified",
                "verified = true なのに出典がありません",
                "sources に文書の名前と版",
                "確かめた文書を sources に書くか、verified = false にしてください。",
            )
        if given.get("grade") in ("PROVISIONAL", "LOW"):
            yield Remark(
                at,
                "verified",
                f"verified = true で grade = {given['grade']} です",
                "確度の高い grade か verified = false",
                "どちらかを直してください。",
                is_error=False,
            )
    elif given.get("verified") is False and not given.get("open_questions"):
        yield Remark(
            at,
            "open_questions",
            "verified = false なのに、わかっていないことが書かれていません",
            "open_questions に一つ以上",
            "何を確かめれば verified = true にできるかを書いてください。",
            is_error=False,
        )
    if str(given.get("name")) in others:
        yield Remark(
            own.line_of("", 0, "name"),
            "name",
            f"同じ名前の様式 {given['name']} があります",
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
    identity,
    deposit,
    probes,
)
