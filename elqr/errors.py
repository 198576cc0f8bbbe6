"""What the operator did wrong: one Japanese sentence with what to do about it; exit 1.

OperatorError
├── BadFile       a file a person wrote (job, register, spec) cannot be used
├── NotFound      a named file, folder, notice or format does not exist
├── CannotWrite   a folder or file cannot be written
├── LedgerError   the ledger cannot be opened or is not ours
└── Locked        another run holds the lock; exit 5
"""

from pydantic import ValidationError


class OperatorError(Exception):
    """操作の誤り. Its message is what the operator reads."""

    exit_code = 1


class BadFile(OperatorError):
    """設定ファイルの誤り."""


class NotFound(OperatorError):
    """見つからない."""


class CannotWrite(OperatorError):
    """書き込めない."""


class LedgerError(OperatorError):
    """台帳を開けない."""


class Locked(OperatorError):
    """別の実行が動いている."""

    exit_code = 5


def explain(error: ValidationError) -> str:
    """どこが・なぜ: what pydantic found in a file a person wrote, as place: reason."""
    words = {
        "missing": "項目がありません",
        "extra_forbidden": "知らない項目です（つづりを確かめてください）",
        "enum": "決められた値ではありません",
    }
    lines = []
    for problem in error.errors():
        place = ".".join(str(part + 1) if isinstance(part, int) else part for part in problem["loc"]) or "全体"
        said = words.get(problem["type"], problem["msg"].removeprefix("Value error, "))
        lines.append(f"{place}: {said}")
    return " / ".join(lines)
