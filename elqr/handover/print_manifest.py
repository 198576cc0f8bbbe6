"""The manifest of a print (印刷の目録), and what must be true before it leaves the house.

One person requests the release of a print and another approves it. Refused: a print that preflight stopped, a file that
is not the one that was checked, and any notice that is not uploaded to 共通納税IFS, or is cancelled, replaced or paid,
unless its page was pulled from the pile. A print on a provisional template leaves only if both give a reason.
"""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Self

import polars as pl
from pydantic import ValidationError

from elqr.disk.own_json import own_json_bytes
from elqr.printing.imposition import page_label
from elqr.vocabulary.codes import Code
from elqr.vocabulary.errors import BadFile, explain
from elqr.vocabulary.findings import Finding, Location
from elqr.vocabulary.frames import NoticeStanding, PrintNotice
from elqr.vocabulary.strict import Strict
from elqr.vocabulary.terms import PrintState

MANIFEST = "manifest.json"


class PrintedFile(Strict):
    """印刷ファイル: one PDF and its list."""

    name: str
    sha256: str
    list_name: str
    list_sha256: str
    template: str
    pages: int
    notices: int
    yen: int


class Preflight(Strict):
    """印刷前検査の結果: what was read back, and what was found."""

    scope: Literal["all", "sample"]
    pages: int
    symbols: int
    bar_codes: int
    texts: int
    findings: tuple[dict[str, str], ...] = ()


class Person(Strict):
    """誰が・いつ, and why a print on a provisional template may leave."""

    by: str
    at: str
    reason: str = ""


class Manifest(Strict):
    """発送の目録. All but the steps of the release is hashed, and the ledger keeps the hash."""

    print_no: int
    ledger_id: str = ""
    printed_on: str
    program: str
    sheets: dict[str, str]
    font: str
    is_reprint: bool
    files: tuple[PrintedFile, ...]
    pages: int
    notices: int
    yen: int
    preflight: Preflight
    left_out: tuple[dict[str, str], ...] = ()
    state: PrintState
    pulled: tuple[str, ...] = ()
    requested: Person | None = None
    released: Person | None = None

    @property
    def body_sha256(self) -> str:
        """印刷の照合値: the hash of what was printed and checked, independent of its release."""
        steps = {"state", "pulled", "requested", "released"}
        body = self.model_dump(mode="json", exclude=steps if self.ledger_id else {*steps, "ledger_id"})
        text = json.dumps(body, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()

    def as_bytes(self) -> bytes:
        """manifest.json."""
        return own_json_bytes(self.model_dump(mode="json"))

    @classmethod
    def read(cls, data: bytes, path: Path) -> Self:
        """目録を読む. Raises BadFile."""
        try:
            return cls.model_validate_json(data)
        except ValidationError as error:
            raise BadFile(
                f"{path} は発送の目録ではありません（{explain(error)}）。"
                "elqr notice print が作ったフォルダを指定してください。"
            ) from error


@dataclass(frozen=True)
class Blocked:
    """発送できない納付書: findings, and the labels of their pages."""

    findings: tuple[Finding, ...]
    pages: tuple[str, ...] = ()


Rules = tuple[tuple[Code, pl.Expr], ...]
"""規則: reasons against a notice, as a code and an expression over NoticeStanding."""

_RULES: Rules = (
    (Code.NOT_UPLOADED, ~pl.col(NoticeStanding.IS_UPLOADED)),
    (Code.NOTICE_CANCELLED, pl.col(NoticeStanding.IS_CANCELLED)),
    (Code.NOTICE_OLD, ~pl.col(NoticeStanding.IS_CURRENT)),
    (Code.NOTICE_PAID, (pl.col(NoticeStanding.COLLECTED_YEN) != 0) | pl.col(NoticeStanding.IS_ANNOUNCED)),
)
"""発送できない理由. A print leaves only if none applies to any notice still in the pile."""

_SENT_BEFORE = (Code.SENT_BEFORE, pl.col(NoticeStanding.IS_RELEASED))
"""What was sent before may leave only in a 刷り直し, a print of which all was sent before."""

PRINT_RULES = _RULES[1:]
"""印刷できない理由. A notice may be printed before it is uploaded."""


def release_rules(*, is_reprint: bool) -> Rules:
    """発送できない理由 of one print."""
    return _RULES if is_reprint else (*_RULES, _SENT_BEFORE)


def standing_findings(notices: pl.DataFrame, rules: Rules) -> list[Finding]:
    """納付書ごとの指摘: frame NoticeStanding → every rule broken, by key."""
    findings = []
    for code, broken in rules:
        for row in notices.filter(broken).iter_rows(named=True):
            findings.append(Finding(Location(f"納付番号{row[NoticeStanding.KEY_NO]}"), code, _paid_text(row, code)))
    return sorted(findings)


def _paid_text(notice: dict[str, Any], code: Code) -> str:
    """収納: what has come in for a paid notice: confirmed yen, or a 速報 that no 取消 has taken back; else empty."""
    if code is not Code.NOTICE_PAID:
        return ""
    collected = notice[NoticeStanding.COLLECTED_YEN]
    return f"収納額 {collected:,}円" if collected else "速報あり"


def find_blocked(standings: pl.DataFrame, placed: pl.DataFrame, pulled: tuple[str, ...], rules: Rules) -> Blocked:
    """止まるもの by these rules: frames NoticeStanding and PrintNotice of one print, without the pulled pages."""
    rows = placed.join(standings, on=PrintNotice.NOTICE_NO, how="left", validate="1:1", maintain_order="left")
    assert rows[NoticeStanding.KEY_NO].null_count() == 0, "what was printed is in the ledger"
    labels = pl.Series(
        "label",
        [page_label(*row) for row in rows.select(PrintNotice.FILE_NO, PrintNotice.PAGE_NO).iter_rows()],
        pl.String,
    )
    in_pile = rows.with_columns(labels).filter(~pl.col("label").is_in(list(pulled)))
    findings, pages = [], set()
    for code, broken in rules:
        for row in in_pile.filter(broken).iter_rows(named=True):
            at = Location(
                f"{row['label']}ページ",
                field=f"{row[PrintNotice.PLACE_NO] + 1}枚目 納付番号{row[NoticeStanding.KEY_NO]}",
            )
            findings.append(Finding(at, code, _paid_text(row, code)))
            pages.add(row["label"])
    return Blocked(tuple(sorted(findings)), tuple(sorted(pages)))
