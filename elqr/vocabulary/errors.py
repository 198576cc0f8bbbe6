"""What the operator did wrong: one Japanese sentence with what to do about it; exit 1.

OperatorError
├── BadFile       something that a person wrote or named (job, register, spec, folder, option) cannot be used
├── Refused       a rule forbids it now: two people are needed, the month is closed, it was done already
├── NotFound      a named file, folder, notice or format does not exist
├── CannotWrite   a folder or file cannot be written
├── LedgerError   the ledger cannot be opened, or is not the right one
├── ClusterError  the cluster cannot be used, or gave up
└── Locked        another run holds the lock; exit 5
"""

import errno
import re
from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, get_args

from elqr.vocabulary.terms import ExitCode

if TYPE_CHECKING:
    from pydantic import BaseModel, ValidationError


class OperatorError(Exception):
    """操作の誤り. The operator reads its message."""

    exit_code = ExitCode.FAILED


class BadFile(OperatorError):
    """設定ファイルの誤り: something that a person wrote or named cannot be used."""


class Refused(OperatorError):
    """規則により断る: the files are right, but this may not be done, or not now, or not by this person."""


class NotFound(OperatorError):
    """見つからない: something that a person named does not exist."""


class CannotWrite(OperatorError):
    """書き込めない: a folder or file that we have to write."""


class LedgerError(OperatorError):
    """台帳を開けない: it cannot be opened, or is not the right one."""


class ClusterError(OperatorError):
    """クラスタを使えない: its machines cannot be reached, or gave up."""


class Locked(OperatorError):
    """別の実行が動いている: another run holds the lock."""

    exit_code = ExitCode.LOCKED


_WORDS = {
    "missing": "項目がありません",
    "extra_forbidden": "知らない項目です（つづりを確かめてください）",
    "enum": "決められた値ではありません",
    "literal_error": "決められた値ではありません",
    "json_invalid": "JSONとして読めません（括弧・引用符・コンマを確かめてください）",
    "string_type": "文字列（引用符つき）で書いてください",
    "string_too_short": "空にはできません",
    "string_too_long": "長すぎます",
    "string_pattern_mismatch": "桁数か文字が決まりと違います",
    "int_type": "整数（引用符も小数点もない数）で書いてください",
    "int_parsing": "整数で書いてください",
    "int_parsing_size": "大きすぎます",
    "int_from_float": "整数で書いてください",
    "float_type": "数（引用符のない数）で書いてください",
    "float_parsing": "数で書いてください",
    "finite_number": "数で書いてください",
    "bool_type": "true か false（引用符なし）で書いてください",
    "bool_parsing": "true か false で書いてください",
    "date_type": "日付（YYYY-MM-DD）で書いてください",
    "date_parsing": "日付（YYYY-MM-DD）で書いてください",
    "date_from_datetime_parsing": "日付（YYYY-MM-DD）で書いてください",
    "date_from_datetime_inexact": "日付（YYYY-MM-DD）で書いてください",
    "greater_than_equal": "小さすぎます",
    "less_than_equal": "大きすぎます",
    "greater_than": "小さすぎます",
    "less_than": "大きすぎます",
    "too_short": "一つ以上必要です",
    "too_long": "多すぎます",
    "tuple_type": "並び（[ ] か [[ ]]）で書いてください",
    "list_type": "並び（[ ] か [[ ]]）で書いてください",
    "set_type": "並び（[ ] か [[ ]]）で書いてください",
    "frozen_set_type": "並び（[ ] か [[ ]]）で書いてください",
    "dict_type": "表（[ ]）で書いてください",
    "model_type": "表（[ ]）で書いてください",
    "model_attributes_type": "表（[ ]）で書いてください",
    "path_type": "パス（引用符つき）で書いてください",
}

_HINTS = {
    "extra_forbidden": "。{} ではありませんか",
    "enum": "。{} のどれかです",
    "literal_error": "。{} のどれかです",
    "greater_than_equal": "。{} 以上です",
    "less_than_equal": "。{} 以下です",
    "greater_than": "。{} より大きい数です",
    "less_than": "。{} より小さい数です",
}
"""What is wanted, where that is known."""

_AS_WRITTEN = ("int_type", "float_type", "bool_type")
"""Mistakes in which a quotation mark matters."""

_SHOWN = 5
"""So many mistakes of a file are told at once."""

_CAUSES = {
    errno.ENOENT: "ありません",
    errno.EACCES: "権限がありません",
    errno.EPERM: "権限がありません",
    errno.ENOTDIR: "途中にフォルダでないものがあります",
    errno.EISDIR: "フォルダです",
    errno.EEXIST: "同じ名前のものがあります",
    errno.ENOTEMPTY: "フォルダが空ではありません",
    errno.ELOOP: "リンクが輪になっています",
    errno.ENAMETOOLONG: "名前が長すぎます",
    errno.ENOSPC: "空き容量がありません",
    errno.EDQUOT: "割り当てられた容量を使い切りました",
    errno.EFBIG: "大きすぎます",
    errno.EROFS: "書き込めない場所です",
    errno.EIO: "装置が読み書きに失敗しました",
    errno.EBUSY: "使用中です",
    errno.EMFILE: "開いているファイルが多すぎます",
    errno.ENFILE: "開いているファイルが多すぎます",
    errno.ESTALE: "共有フォルダとのつながりが切れました",
    errno.ETIMEDOUT: "応答がありません",
    errno.ECONNREFUSED: "つながりません",
}


def cause(error: OSError) -> str:
    """わけ: the reason of a system error in Japanese; in the system's own words for an unknown error number."""
    text = error.strerror or str(error)
    return text if not text.isascii() else _CAUSES.get(error.errno or 0, text)


def explain(error: "ValidationError", model: "type[BaseModel] | None" = None) -> str:
    """どこが・なぜ: the first mistakes in a file that a person wrote, each as place: reason (value) and what is wanted.

    `model` is what the file was read as: with it a misspelt name is told the one that it is near. Values of unknown
    fields, and of the ledger's address, are left out: they may be passwords.
    """
    problems = error.errors()
    wanted = [_wanted(problem, model) for problem in problems]
    names = zip(problems, wanted, strict=True)
    misspelt = {(*problem["loc"][:-1], name) for problem, name in names if problem["type"] == "extra_forbidden"}
    above = {problem["loc"][:depth] for problem in problems for depth in range(len(problem["loc"]))}
    lines = [
        _line(problem, right)
        for problem, right in zip(problems, wanted, strict=True)
        if not (problem["type"] == "missing" and problem["loc"] in misspelt)
        and not (problem["type"] == "too_short" and problem["loc"] in above)  # what it has is wrong, not too little
    ]
    more = [f"ほか {len(lines) - _SHOWN}か所"] if len(lines) > _SHOWN else []
    return " / ".join([*lines[:_SHOWN], *more])


def _line(problem: Any, wanted: str) -> str:
    """一つの誤り: its place, as a person counts, what is wrong there, and what is wanted if that is known."""
    kind, value = problem["type"], problem["input"]
    place = ".".join(str(part + 1) if isinstance(part, int) else part for part in problem["loc"]) or "全体"
    text = _WORDS.get(kind, problem["msg"].removeprefix("Value error, "))
    is_shown = kind not in ("json_invalid", "extra_forbidden") and problem["loc"][:1] != ("store",)
    as_text = f'"{value}"' if kind in _AS_WRITTEN and isinstance(value, str) else str(value)
    as_text = as_text.lower() if isinstance(value, bool) else as_text
    shown = f"（{as_text[:40]}）" if is_shown and isinstance(value, str | int | float) else ""
    return f"{place}: {text}{shown}{_HINTS[kind].format(wanted) if wanted else ''}"


def _wanted(problem: Any, model: "type[BaseModel] | None") -> str:
    """正しい書き方: the values that may stand there, the bound, or the name that is near; empty where there is none."""
    kind, context = problem["type"], problem.get("ctx", {})
    if kind in ("enum", "literal_error"):
        return "、".join(re.findall(r"'([^']*)'", str(context.get("expected", ""))))
    if kind == "extra_forbidden" and model is not None:
        *above, name = problem["loc"]
        return next(iter(get_close_matches(str(name), _names_at(model, above), n=1)), "")
    bounds = [str(context[name]) for name in ("ge", "le", "gt", "lt") if name in context]
    return bounds[0] if bounds else ""


def _names_at(model: "type[BaseModel]", place: "Sequence[int | str]") -> list[str]:
    """その場所の項目: the names that a table at a place of a file may have."""
    for part in place:
        fields = [field for name, field in model.model_fields.items() if part in (name, field.alias)]
        model = next((inner for field in fields for inner in _models_in(field.annotation)), model)
    return [field.alias or name for name, field in model.model_fields.items()]


def _models_in(annotation: Any) -> "Iterator[type[BaseModel]]":
    """表の形 in a type, however deep: such as the one of a tuple's elements."""
    if hasattr(annotation, "model_fields"):
        yield annotation
    for inner in get_args(annotation):
        yield from _models_in(inner)
