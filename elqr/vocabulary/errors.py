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
from typing import TYPE_CHECKING

from elqr.vocabulary.terms import ExitCode

if TYPE_CHECKING:
    from pydantic import ValidationError


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
    "int_type": "整数で書いてください",
    "int_parsing": "整数で書いてください",
    "int_parsing_size": "大きすぎます",
    "int_from_float": "整数で書いてください",
    "float_type": "数で書いてください",
    "float_parsing": "数で書いてください",
    "finite_number": "数で書いてください",
    "bool_type": "true か false で書いてください",
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


def explain(error: "ValidationError") -> str:
    """どこが・なぜ: the mistakes in a file that a person wrote, each as place: reason (value).

    Values of unknown fields, and of the ledger's address, are left out: they may be passwords.
    """
    lines = []
    for problem in error.errors():
        place = ".".join(str(part + 1) if isinstance(part, int) else part for part in problem["loc"]) or "全体"
        text = _WORDS.get(problem["type"], problem["msg"].removeprefix("Value error, "))
        value = problem["input"]
        is_shown = problem["type"] not in ("json_invalid", "extra_forbidden") and problem["loc"][:1] != ("store",)
        shown = f"（{str(value)[:40]}）" if is_shown and isinstance(value, str | int | float) else ""
        lines.append(f"{place}: {text}{shown}")
    return " / ".join(lines)
