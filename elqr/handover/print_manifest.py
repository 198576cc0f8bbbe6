"""The manifest of a print (印刷の目録), and what must be true before it leaves the house.

A print is asked for by one person and approved by another. Refused: a print that preflight stopped, a file
that is not the one that was checked, and any notice that is not uploaded to 共通納税IFS, cancelled, replaced
or already paid, unless its page was pulled from the pile. What was printed on a provisional sheet leaves only when
both say why.
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
    """印刷前検査の結果: pages that were proved, and what was found."""

    scope: Literal["all", "sample"]
    pages: int
    symbols: int
    bar_codes: int
    texts: int
    findings: tuple[dict[str, str], ...] = ()


class Person(Strict):
    """誰が・いつ, and why what was printed on a provisional sheet may leave."""

    by: str
    at: str
    reason: str = ""


class Manifest(Strict):
    """発送の目録. Everything but the steps of the release is hashed, and the ledger keeps the hash."""

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
        """Hash of what was printed and checked, whoever releases it."""
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
    """発送できない納付書: findings, and the labels of the pages they are on."""

    findings: tuple[Finding, ...]
    pages: tuple[str, ...] = ()


Rules = tuple[tuple[Code, pl.Expr], ...]
"""規則: what speaks against a notice, as a code and an expression over NoticeStanding."""

_RULES: Rules = (
    (Code.NOT_UPLOADED, ~pl.col(NoticeStanding.IS_UPLOADED)),
    (Code.NOTICE_CANCELLED, pl.col(NoticeStanding.IS_CANCELLED)),
    (Code.NOTICE_OLD, ~pl.col(NoticeStanding.IS_CURRENT)),
    (Code.NOTICE_PAID, (pl.col(NoticeStanding.COLLECTED_YEN) != 0) | pl.col(NoticeStanding.IS_ANNOUNCED)),
)
"""発送できない理由. A print leaves only when none of them holds for any notice that is still in the pile."""

_SENT_BEFORE = (Code.SENT_BEFORE, pl.col(NoticeStanding.IS_RELEASED))
"""A print of what was sent before may leave only when all of it was, that is as a 刷り直し."""

PRINT_RULES = _RULES[1:]
"""印刷できない理由. A notice may be printed before it is uploaded."""


def release_rules(*, is_reprint: bool) -> Rules:
    """発送できない理由 of one print."""
    return _RULES if is_reprint else (*_RULES, _SENT_BEFORE)


def standing_findings(notices: pl.DataFrame, rules: Rules) -> list[Finding]:
    """納付書ごとの指摘: frame NoticeStanding → every rule broken, by key."""
    found = []
    for code, broken in rules:
        for row in notices.filter(broken).iter_rows(named=True):
            found.append(Finding(Location(f"納付番号{row[NoticeStanding.KEY_NO]}"), code, _paid(row, code)))
    return sorted(found)


def _paid(notice: dict[str, Any], code: Code) -> str:
    """What has come in for a notice that is paid: confirmed yen, or a 速報 that no 取消 has taken back."""
    if code is not Code.NOTICE_PAID:
        return ""
    collected = notice[NoticeStanding.COLLECTED_YEN]
    return f"収納額 {collected:,}円" if collected else "速報あり"


def blocked(standings: pl.DataFrame, placed: pl.DataFrame, pulled: tuple[str, ...], rules: Rules) -> Blocked:
    """止まるもの by these rules: frames NoticeStanding and PrintNotice of one print, without the pages pulled."""
    rows = placed.join(standings, on=PrintNotice.NOTICE_NO, how="left", validate="1:1", maintain_order="left")
    assert rows[NoticeStanding.KEY_NO].null_count() == 0, "what was printed is in the ledger"
    labels = pl.Series(
        "label",
        [page_label(*row) for row in rows.select(PrintNotice.FILE_NO, PrintNotice.PAGE_NO).iter_rows()],
        pl.String,
    )
    left = rows.with_columns(labels).filter(~pl.col("label").is_in(list(pulled)))
    found, pages = [], set()
    for code, broken in rules:
        for row in left.filter(broken).iter_rows(named=True):
            at = Location(
                f"{row['label']}ページ",
                field=f"{row[PrintNotice.PLACE_NO] + 1}枚目 納付番号{row[NoticeStanding.KEY_NO]}",
            )
            found.append(Finding(at, code, _paid(row, code)))
            pages.add(row["label"])
    return Blocked(tuple(sorted(found)), tuple(sorted(pages)))
