"""What is owed on a claim (調定額): the sum of its entries; and which of its notices names the payer."""

from datetime import date
from typing import Any

from sqlalchemy import Select, and_, func, literal, or_, select
from sqlalchemy.sql import ColumnElement

from elqr.store.tables import ledger as t
from elqr.vocabulary.claim_frames import ClaimEntry
from elqr.vocabulary.claim_terms import EntryKind, NoticeKind
from elqr.vocabulary.frames import ClaimKey, Notice

_NOTICE, _FILE, _CANCEL = t.notice.alias("valid_notice"), t.notice_file.alias("brought"), t.notice_cancel.alias("gone")
_PAYS = t.notice_claim.alias("pays")


def entry_yen() -> ColumnElement[int]:
    """異動の額 of an entry: its items together."""
    principal, demand_fee, late_charge = (t.claim_entry.c[name] for name in ClaimEntry.ITEMS)
    return principal + demand_fee + late_charge


def owed_yen(
    claim_no: ColumnElement[int], night: ColumnElement[Any] | None = None, closing: ColumnElement[Any] | None = None
) -> ColumnElement[int]:
    """調定額 of a claim of a query, now or up to a night, and of entries that count by a closing day."""
    entry = t.claim_entry.c
    query = select(func.coalesce(func.sum(entry_yen()), 0)).where(entry.claim_no == claim_no)
    if night is not None:
        query = query.where(entry.night_on <= night)
    if closing is not None:
        query = query.where(entry.entered_on <= closing)
    return query.correlate_except(t.claim_entry).scalar_subquery()


def collected_yen(*conditions: ColumnElement[bool]) -> ColumnElement[int]:
    """収納額 of the claim of a query: the sum of its postings, or of those that meet the conditions."""
    posting = t.posting.c
    query = select(func.coalesce(func.sum(posting.yen), 0)).where(posting.claim_no == t.claim.c.claim_no, *conditions)
    return query.correlate(t.claim).scalar_subquery()


def owed_items() -> dict[str, ColumnElement[int]]:
    """調定額の内訳 of the claim of a query: the yen of each item of ClaimEntry."""
    entry = t.claim_entry.c
    return {
        name: select(func.coalesce(func.sum(entry[name]), 0))
        .where(entry.claim_no == t.claim.c.claim_no)
        .correlate_except(t.claim_entry)
        .scalar_subquery()
        for name in ClaimEntry.ITEMS
    }


def last_entered_on(claim_no: ColumnElement[int], night: ColumnElement[Any]) -> ColumnElement[Any]:
    """最後の異動日 of a claim of a query, up to a night."""
    entry = t.claim_entry.c
    query = select(func.max(entry.entered_on)).where(entry.claim_no == claim_no, entry.night_on <= night)
    return query.correlate_except(t.claim_entry).scalar_subquery()


def written_off_yen(claim_no: ColumnElement[int], night: ColumnElement[Any], closing: ColumnElement[Any]) -> Any:
    """不納欠損の額 of a claim of a query, up to a night and of entries that count by a closing day."""
    entry = t.claim_entry.c
    query = select(func.coalesce(-func.sum(entry_yen()), 0)).where(
        entry.claim_no == claim_no,
        entry.kind == EntryKind.WRITTEN_OFF.value,
        entry.night_on <= night,
        entry.entered_on <= closing,
    )
    return query.correlate_except(t.claim_entry).scalar_subquery()


def newest_notice_no(night: ColumnElement[Any]) -> ColumnElement[int]:
    """最新の有効な納付書 of the claim of a query, up to a night: notice_no or null."""
    return _select_newest(Notice.NOTICE_NO, _FILE.c.night_on <= night, _CANCEL.c.night_on <= night)


def notice_no_at_closing(closing: ColumnElement[Any], as_of: date) -> ColumnElement[int]:
    """締めの日の納付書 of the claim of a query: notice_no, issued by that day and known on a night; or null.

    By 発行日, because a city's ledger may begin after a year has ended. A later cancellation counts only when the
    notice itself came to the ledger after the day.
    """
    known = literal(as_of.isoformat())
    is_issued = and_(_FILE.c.night_on <= known, _NOTICE.c.issued_on <= closing)
    is_gone = and_(_CANCEL.c.night_on <= known, or_(_CANCEL.c.night_on <= closing, _FILE.c.night_on > closing))
    return _select_newest(Notice.NOTICE_NO, is_issued, is_gone)


def _select_newest(column: str, is_there: ColumnElement[bool], is_gone: ColumnElement[bool]) -> ColumnElement[int]:
    """Among the claim's notices that are there and not gone, the one with the highest 発行連番: one for all of it.

    One of which only the paper was taken back still says what is owed, and is not gone. Where none is left, one for
    延滞金 or 督促 says so: the claim owes what it brought, and is due when it says. One for 分納 never does, because it
    only asks. A cancelled notice of 期別 0 that instalments replaced bears the key of a claim that it does not pay. The
    conditions may use columns of the outermost query, so everything but the tables declared here is correlated.
    """
    takes_claim = _CANCEL.c.is_paper_only.is_distinct_from(1)
    cancelled = select(_CANCEL.c.notice_no).where(_CANCEL.c.notice_no == _NOTICE.c.notice_no, takes_claim, is_gone)
    pays = select(_PAYS.c.notice_no).where(
        _PAYS.c.notice_no == _NOTICE.c.notice_no, _PAYS.c.claim_no == t.claim.c.claim_no
    )
    newest: Select[tuple[int]] = (
        select(_NOTICE.c[column])
        .join(_FILE, _FILE.c.notice_file_no == _NOTICE.c.notice_file_no)
        .where(
            *(_NOTICE.c[name] == t.claim.c[name] for name in ClaimKey.SCHEMA),
            _NOTICE.c.part_kind.is_distinct_from(NoticeKind.INSTALMENT_PLAN.value),
            is_there,
            pays.correlate_except(_PAYS).exists(),
            ~cancelled.correlate_except(_CANCEL).exists(),
        )
        .order_by(_NOTICE.c.part_kind.is_not(None), _NOTICE.c.issue_no.desc())
        .limit(1)
    )
    return newest.correlate_except(_NOTICE, _FILE).scalar_subquery()
