"""Reasons not to remind, as the core system states them (督促の状況): which rows are new, and what holds on a night.

Pure. Every row is kept that was not known, also one stated before what is known: what holds is decided on the night on
which it is asked, by the row of a record that was stated last. So it does not matter in which order files come, nor
whether a claim came before what is said of it. A file with a row that cannot be right is held back whole.
"""

from collections.abc import Collection
from datetime import date

import polars as pl

from elqr.rules.row_checks import CLAIM_KEY, Sieve
from elqr.vocabulary.claim_frames import NamedStatus, Status, StatusContent
from elqr.vocabulary.codes import Code
from elqr.vocabulary.findings import Finding
from elqr.vocabulary.frames import Claim

_STATEMENT = [*StatusContent.IDENTITY, str(StatusContent.STATED_AT)]
"""同じ記録の、同じ時の行."""
_CONTENT = [name for name in StatusContent.SCHEMA if name not in (*_STATEMENT, StatusContent.RECORD_NO)]


def refuse_statuses(
    name: str, rows: pl.DataFrame, procedures: Collection[str] | None, known: pl.DataFrame
) -> list[Finding]:
    """督促の状況の検査: findings about rows (frame StatusContent) that cannot be right, in order.

    `procedures` are the codes of the register, None if there is none to ask; `known` has the same columns: what the
    ledger has of the same records.
    """
    sieve = Sieve(name, rows, [], set())
    parts = [pl.col(column) != ("" if dtype == pl.String else 0) for column, dtype in _CLAIM_PARTS.items()]
    is_whole = pl.all_horizontal(*parts, pl.col(StatusContent.INSTALLMENT_NO).is_not_null())
    is_unclear = (pl.col(StatusContent.PAYER_REF) == "") & ~is_whole
    whose = pl.lit("税目・年度・通知書番号・期別のすべてか、宛名番号だけ")
    sieve.refuse(Code.BLANK, "通知書番号・宛名番号", is_unclear, pl.col(StatusContent.BILL_NO), whose)
    code = pl.col(StatusContent.PROCEDURE_CODE)
    if procedures is not None:
        is_unknown = (code != "") & ~code.is_in(list(procedures))
        sieve.refuse(Code.PROCEDURE_UNKNOWN, "税目", is_unknown, code, pl.lit("手続台帳"))
    first, last = pl.col(StatusContent.FROM_ON), pl.col(StatusContent.UNTIL_ON)
    sieve.refuse(Code.BLANK, "開始日", first.is_null(), pl.lit(""), pl.lit("止めた日"))
    wanted = pl.format("開始日（{}）以後", first)
    for title, day in (("終了日", last), ("解除日", pl.col(StatusContent.RELEASED_ON))):
        sieve.refuse(Code.DATES_REVERSED, title, day < first, day, wanted)
    told = pl.concat([known.select(*_STATEMENT, *_CONTENT), sieve.rows.select(*_STATEMENT, *_CONTENT)])
    contradicted = told.unique().filter(pl.struct(_STATEMENT).is_duplicated()).select(_STATEMENT).unique()
    contradicted = contradicted.with_columns(is_other=True)
    sieve.rows = sieve.rows.join(contradicted, on=_STATEMENT, how="left", validate="m:1", maintain_order="left")
    same, at = pl.lit("同じ記録の同じ時刻の行と同じ中身"), pl.col(StatusContent.STATED_AT)
    sieve.refuse(Code.CLAIM_STATES_DIFFER, "操作年月日", pl.col("is_other"), at, same)
    return sorted(sieve.findings)


_CLAIM_PARTS = {name: StatusContent.SCHEMA[name] for name in CLAIM_KEY[:-1]}
"""調定を名指す項目, but for 期別, which may be 0."""


def new_statuses(rows: pl.DataFrame, known: pl.DataFrame) -> pl.DataFrame:
    """新しい行: those of a file (frame StatusContent) that are not `known`, each once."""
    fresh = rows.join(known, on=_STATEMENT, how="anti", maintain_order="left")
    return fresh.unique(_STATEMENT, keep="first", maintain_order=True)


def statuses_in_force(rows: pl.DataFrame, night: date) -> pl.DataFrame:
    """その夜に効いている状況, of all rows that count by then (frame NamedStatus), in order: frame NamedStatus.

    `until_on` is the last day on which it holds, as far as that is known.
    """
    newest = rows.sort(Status.STATED_AT, maintain_order=True).unique(Status.IDENTITY, keep="last")
    last_on = pl.min_horizontal(Status.UNTIL_ON, pl.col(Status.RELEASED_ON) - pl.duration(days=1))
    newest = newest.with_columns(last_on.alias(Status.UNTIL_ON)).filter(pl.col(Status.FROM_ON) <= night)
    holds = pl.col(Status.UNTIL_ON).is_null() | (pl.col(Status.UNTIL_ON) >= night)
    return NamedStatus.of(newest.filter(holds).sort(Status.STATUS_NO))


def statuses_of_claims(statuses: pl.DataFrame, claims: pl.DataFrame) -> pl.DataFrame:
    """調定ごとの状況: `statuses` (frame NamedStatus) with claim_no, for each of `claims` that one is about.

    Of a claim, the one that lasts longest comes last. `claims` has claim_no, payer_ref and the columns of ClaimKey.
    """
    of_claims = statuses.join(claims.select(*CLAIM_KEY, Claim.CLAIM_NO), on=CLAIM_KEY)
    of_payers = statuses.filter(pl.col(Status.PAYER_REF) != "")
    of_payers = of_payers.join(claims.select(Claim.PAYER_REF, Claim.CLAIM_NO), on=Claim.PAYER_REF)
    return pl.concat([of_claims, of_payers]).sort(Claim.CLAIM_NO, Status.UNTIL_ON, Status.STATED_AT, nulls_last=True)
