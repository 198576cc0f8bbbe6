"""Money (入金と突合の検算): deposits from their raw bytes, bundles from payments, settlements from their members."""

from collections import Counter
from collections.abc import Iterator

import polars as pl

from elqr.audit.verification.audit import Audit, compare_rows, mismatch
from elqr.formats.deposits import RULE
from elqr.rules.deposits import rank_deposits
from elqr.rules.settlement import bundles as compute_bundles
from elqr.store.entries.links import DifferenceEnd, says
from elqr.store.entries.money import money_yen
from elqr.store.queries import money as money_queries
from elqr.store.queries import verification as queries
from elqr.store.queries.requests import DIFFERENCE, requests
from elqr.vocabulary.audit_frames import BundledPayment, EnteredSettlement
from elqr.vocabulary.codes import Code
from elqr.vocabulary.findings import LISTED_PER_CODE, Finding
from elqr.vocabulary.money_frames import Bundle, Deposit, DepositContent, Settled
from elqr.vocabulary.ruling_terms import RulingResult
from elqr.vocabulary.terms import Outcome, SettlementOutcome

_BY_RULE = (Deposit.IDENTITY, Deposit.RANK_NO, Deposit.REPEATS_NO, Deposit.KIND)
"""Columns that an older rule decided and today's rule cannot compute again."""


def deposits(
    audit: Audit, stored: pl.DataFrame, decoded: pl.DataFrame, spec: str, known: pl.DataFrame, where: str
) -> Iterator[Finding]:
    """入金明細 of one file: each equals its raw record, with the rank that it had when it was taken in.

    `stored` is frame Deposit, `decoded` the file read again; `known` are the deposits of earlier files.
    """
    audit.count("入金明細", stored.height)
    first = int(stored[Deposit.DEPOSIT_NO].min() or 1)  # type: ignore[arg-type]
    computed = rank_deposits(DepositContent.of(decoded), known, spec, first).drop(Deposit.DEPOSIT_NO)
    if not stored[Deposit.IDENTITY].str.starts_with(RULE).all():
        computed = computed.drop(_BY_RULE)
    stored_rows = stored.select(*computed.columns)
    yield from compare_rows(
        stored_rows, computed, [Deposit.RECORD_NO], Code.RECORD_DIFFERS, where, (Deposit.SENDER, Deposit.IDENTITY)
    )


def file_sums(stored: pl.DataFrame, file: dict[str, object], received_on: object, where: str) -> Iterator[Finding]:
    """入金ファイルの合計: lines and yen of its deposits, compared with the row of the money file.

    `file` has night_on, lines, new_lines and money_yen.
    """
    new = stored.filter(pl.col(Deposit.REPEATS_NO).is_null())
    counted = (str(received_on), stored.height, new.height, money_yen(new))
    recorded = (file.get("night_on"), file.get("lines"), file.get("new_lines"), file.get("money_yen"))
    if counted != recorded:
        yield mismatch(
            where,
            Code.FILE_TOTALS,
            f"{counted[1]}行（新規{counted[2]}）{counted[3]:,}円",
            f"{recorded[1]}行（新規{recorded[2]}）{recorded[3]}円",
        )


def bundles(audit: Audit) -> Iterator[Finding]:
    """収納の束: computed again from payments and decisions, equal in every column."""
    connection = audit.session.ledger.connection
    rows = queries.decided_payments(connection)
    stored = queries.bundles(connection)
    audit.count("収納の束", stored.height)
    decided = rows.drop_nulls(BundledPayment.NIGHT_ON)
    computed = compute_bundles(
        decided.select(BundledPayment.OF_PAYMENT),
        decided.select(BundledPayment.PAYMENT_NO, *BundledPayment.OF_DECISION),
    )
    nights = rows.select(Bundle.FILE_NO, BundledPayment.NIGHT_ON).unique()
    computed = computed.join(nights, on=Bundle.FILE_NO, how="left")
    key = [str(name) for name in (Bundle.FILE_NO, Bundle.CHANNEL, Bundle.STAGE, Bundle.DAY_ON, Bundle.IS_FUNDS_DAY)]
    yield from compare_rows(
        stored.drop(Bundle.BUNDLE_NO),
        computed.select(stored.drop(Bundle.BUNDLE_NO).columns),
        key,
        Code.SETTLEMENT_DIFFERS,
        "収納の束",
    )


def settlements(audit: Audit) -> Iterator[Finding]:
    """突合済: count and yen of its members, sums that agree after the fee, and who closed a difference."""
    connection = audit.session.ledger.connection
    rows = queries.settlements(connection)
    audit.count("突合済", rows.height)
    pairs = tuple(zip((Settled.PAYMENTS, Settled.PAYMENT_YEN, Settled.MONEY_YEN), EnteredSettlement.HELD, strict=True))
    differs = pl.any_horizontal(pl.col(column).ne_missing(pl.col(members).fill_null(0)) for column, members in pairs)
    is_empty = pl.all_horizontal(pl.col(members).is_null() for _, members in pairs)
    for number in rows.filter(differs | is_empty)[EnteredSettlement.SETTLEMENT_NO].head(LISTED_PER_CODE):
        yield mismatch(f"突合済 {number}", Code.SETTLEMENT_DIFFERS, "件数・額が違う", "中にある収納と入金の合計")
    agreed = [
        outcome.value
        for outcome in (SettlementOutcome.AGREED, SettlementOutcome.AGREED_NET, SettlementOutcome.TAKEN_BACK)
    ]
    unequal = pl.col(Settled.PAYMENT_YEN) - pl.col(Settled.FEE_YEN) != pl.col(Settled.MONEY_YEN)
    has_no_fee = (pl.col(Settled.OUTCOME) == SettlementOutcome.AGREED_NET.value) == (pl.col(Settled.FEE_YEN) == 0)
    is_agreed = pl.col(Settled.OUTCOME).is_in(agreed)
    ended = [*agreed, SettlementOutcome.OUTSIDE.value, SettlementOutcome.CLOSED.value]
    broken = (is_agreed & (unequal | has_no_fee)) | ~pl.col(Settled.OUTCOME).is_in(ended)
    for number in rows.filter(broken)[EnteredSettlement.SETTLEMENT_NO].head(LISTED_PER_CODE):
        yield mismatch(f"突合済 {number}", Code.SETTLEMENT_DIFFERS, "結果と額が合わない", "収納額－手数料＝入金額")
    for number in money_queries.offset_badly(connection)[:LISTED_PER_CODE]:
        yield mismatch(
            f"突合済 {number}", Code.SETTLEMENT_DIFFERS, "相殺の組でない", "入金と、後でそれを取り消した一行"
        )
    yield from _check_nights(audit, rows)
    yield from _check_differences(audit, rows)
    for what, number in money_queries.settled_twice(connection):
        yield mismatch(f"{what}{number}", Code.SETTLEMENT_DIFFERS, "突合済の行が二つ", "多くても一つ")
    for number, _, on, watched_on, outcome in queries.overdue(connection).iter_rows():
        if on != watched_on or outcome != Outcome.PENDING.value:
            yield mismatch(f"受付{number}", Code.SETTLEMENT_DIFFERS, "期限超過の速報でない", "期限を調べた夜の速報")


def _check_nights(audit: Audit, rows: pl.DataFrame) -> Iterator[Finding]:
    """夜ごとの数: settled lines and overdue 速報 of each contract are as many as the runs say."""
    connection = audit.session.ledger.connection
    by_runs = Counter[tuple[str, str, str]]()
    for run in audit.runs():
        for what, counts in run["read"].get("settlement", {}).items():
            by_runs.update({(run["night_on"], what, name): count for name, count in counts.items()})
    counted = Counter[tuple[str, str, str]]()
    settled = rows.filter(pl.col(Settled.OUTCOME) != SettlementOutcome.CLOSED.value)
    for what, frame in (("settled", settled), ("overdue", queries.overdue(connection))):
        counted_rows = frame.select(EnteredSettlement.NIGHT_ON, Settled.CONTRACT)
        counted.update((on, what, name) for on, name in counted_rows.iter_rows())
    for key in sorted(counted.keys() | by_runs.keys()):
        if counted[key] != by_runs[key]:
            yield mismatch(f"夜 {key[0]}", Code.SETTLEMENT_DIFFERS, counted[key], by_runs[key], f"{key[2]} {key[1]}")


def _check_differences(audit: Audit, rows: pl.DataFrame) -> Iterator[Finding]:
    connection = audit.session.ledger.connection
    links = audit.links_of(DifferenceEnd)
    closed = {
        row["settlement_no"]: row
        for row in rows.filter(pl.col(Settled.OUTCOME) == SettlementOutcome.CLOSED.value).to_dicts()
    }
    for row in requests(connection, DIFFERENCE):
        if row["result"] is None:
            continue
        where, link = f"差額の確認 {row['difference_no']}", links.pop(row["difference_no"], {"read": {}})
        for name in says(DifferenceEnd):
            if link["read"].get(name) != row[name]:
                yield mismatch(
                    where, Code.SETTLEMENT_DIFFERS, str(row[name])[:16], str(link["read"].get(name))[:16], name
                )
        if link.get("night_on") != row["ended_on"]:
            yield mismatch(where, Code.SETTLEMENT_DIFFERS, row["ended_on"], link.get("night_on"), "処理日")
        settlement = closed.pop(row["settlement_no"], None)
        if row["result"] == RulingResult.APPROVED.value:
            figures = tuple(row[name] for name in ("contract", "payment_yen", "money_yen"))
            if (
                settlement is None
                or figures != tuple(settlement[name] for name in ("contract", "payment_yen", "money_yen"))
                or settlement["night_on"] != link.get("night_on")
            ):
                yield mismatch(where, Code.SETTLEMENT_DIFFERS, "突合済の行と違う", "承認した行")
    for number in [*links, *closed]:
        yield mismatch(f"差額の確認 {number}", Code.SETTLEMENT_DIFFERS, "申請と承認がない", "二人の記録")
