"""The review (要確認の往復): exceptions go to finance, decisions come back, and a second person approves them.

A request holds the rulings that one person handed in. Nothing moves until another approves it. The approval checks
every ruling again and does not carry out those whose payment or notice has changed since.
"""

from dataclasses import dataclass, replace

import polars as pl

from elqr.approvals.four_eyes import (
    Request,
    end_request,
    enter_request,
    find_waiting,
    record_request,
    refuse_same_person,
)
from elqr.approvals.open_exceptions import NOW, Search, exceptions_table, filter_exceptions, late_notices
from elqr.arithmetic.fiscal_year import OpenYears
from elqr.arithmetic.person_name import name_fault, spelt
from elqr.arithmetic.plain_number import plain_number, plain_number_expr
from elqr.disk.content import sha256_of
from elqr.report.excel.row_mark import CONTENT, marks
from elqr.report.review_form import SHOWN, read_form
from elqr.report.tables import night as shape
from elqr.rules.ruling_reversal import by_payment, refusals, reversal
from elqr.rules.rulings import DECIDED_ON, decided_on, effects, fingerprint, judge_proposals, yen_text
from elqr.rules.sender_correction import other_payments_held
from elqr.session.session import Session
from elqr.store.entries.links import ReviewEnd
from elqr.store.queries import reports as report_queries
from elqr.store.queries import reviews as queries
from elqr.store.queries import sender_corrections as withdrawal_queries
from elqr.store.queries.requests import REVIEW
from elqr.store.queries.ruling_target import TARGET_MARK, target_marks
from elqr.vocabulary.errors import BadFile, NotFound, Refused
from elqr.vocabulary.findings import Finding
from elqr.vocabulary.frames import Move, OpenClaim, Proposal, Ruled, RulingEffect
from elqr.vocabulary.signature import Signature
from elqr.vocabulary.terms import WRITTEN_RULINGS, Account, Outcome, ReviewKind, Ruling, RulingResult

_RULING_OF_LABEL = {ruling.label: ruling.value for ruling in WRITTEN_RULINGS}


@dataclass(frozen=True, slots=True)
class Requested:
    """申請の結果: its number (0 when there is none), how many rulings and yen it holds, and the rows not in it.

    `same` rows repeat a waiting ruling, `findings` say why rows were refused, `left_out` were found by the search but
    have no notice to be applied to. `returned` are pairs of payment_no and yen that undoing a ruling would put into
    suspense, as the claims are now.
    """

    review_no: int
    count: int
    yen: int
    same: int
    findings: tuple[Finding, ...]
    left_out: int = 0
    returned: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Ended:
    """承認・却下の結果: how many rulings had which result, and the yen that they moved out of suspense.

    `withdrawn_yen` were taken back by their sender, wherever they stood. `stale` are the ruling_no of those that were
    not carried out. `returned` are pairs of payment_no and yen that undoing a ruling put into suspense, because the
    claim had no room for them.
    """

    review_no: int
    counts: dict[RulingResult, int]
    moved_yen: int
    withdrawn_yen: int
    stale: tuple[int, ...]
    returned: tuple[tuple[int, int], ...] = ()


def request_from_book(session: Session, name: str, data: bytes, signature: Signature) -> Requested:
    """ブックを取り込む: what people wrote in it becomes a request. Rows that cannot be carried out are refused singly.

    Raises BadFile for a book that is not ours, is of another ledger, or was tampered with.
    """
    form = read_form(data, name)
    with session.ledger.transaction() as connection:
        chain = report_queries.chain(connection, NOW)
    if form.facts["city"] != session.job.city.name or form.facts["ledger"] != chain["ledger"]:
        raise BadFile(
            f"{name} は別の台帳（{form.facts['city']} {form.facts['night_wareki']}）から書き出したブックです。"
            "このジョブの台帳から elqr review export で書き出したブックに書いてください。"
        )
    for staff in form.rows["staff"].unique().sort():
        if fault := name_fault(staff) if staff else "":
            raise BadFile(f"{name} の担当 {spelt(staff)}: {fault}")
    rows = form.rows.with_columns(
        pl.col("ruling_said").replace_strict(_RULING_OF_LABEL, default=None).alias("ruling"),
        plain_number_expr("target"),
        pl.lit(None, dtype=pl.Int64).alias("own_notice_no"),
    )
    request_row = {"kind": ReviewKind.BOOK.value, "source": name, "sha256": sha256_of(data)}
    return _request(session, name, rows, request_row, signature)


def request_by_search(
    session: Session, search: Search, ruling: Ruling, signature: Signature, target: str = ""
) -> Requested:
    """条件でまとめて決める: one ruling on every open exception that the search finds. `target` is a 納付番号.

    「納付書に充てる」 without a target is for payments whose notice came later: each with yen in suspense is applied to
    the notice of its own key. The others that the search finds are left out. Raises NotFound for numbers that are no
    exceptions.
    """
    with session.ledger.transaction() as connection:
        # A payment that is named by its number is answered even when it is decided already.
        is_eligible = pl.col("is_open") | pl.col("payment_no").is_in(search.payment_nos)
        exceptions = filter_exceptions(session, queries.exceptions(connection, NOW).filter(is_eligible), search)
        if search.payment_nos and exceptions.is_empty():
            numbers = "・".join(f"受付{number}" for number in search.payment_nos)
            raise NotFound(f"{numbers}は要確認にありません。elqr review list で確かめてください。")
        own_notices = pl.DataFrame(schema={"payment_no": pl.Int64, "notice_no": pl.Int64})
        is_by_own_key = ruling is Ruling.APPLY and not target.strip()
        if is_by_own_key:
            own_notices = (
                late_notices(session, exceptions.filter(pl.col("suspense_yen") > 0))
                .filter("fits")
                .select("payment_no", "notice_no")
            )
    chosen = exceptions.join(own_notices, on="payment_no", how="semi") if is_by_own_key else exceptions
    rows = chosen.join(own_notices, on="payment_no", how="left", validate="1:1", maintain_order="left")
    rows = rows.join(marks(chosen).rename({"受付番号": "payment_no"}), on="payment_no").select(
        pl.col("payment_no").alias("line_no"),
        "file_sha256",
        "record_no",
        pl.lit("").alias("identity"),
        pl.col(CONTENT).alias("mark"),
        pl.lit(ruling.label).alias("ruling_said"),
        pl.lit(ruling.value).alias("ruling"),
        pl.lit(plain_number(target.strip())).alias("target"),
        pl.lit(signature.stripped().reason).alias("reason"),
        pl.lit(signature.by).alias("staff"),
        pl.lit("").alias("formula"),
        pl.col("notice_no").alias("own_notice_no"),
    )
    request_row = {"kind": ReviewKind.SEARCH.value, "source": str(search), "sha256": ""}
    requested = _request(session, "条件指定", rows, request_row, signature)
    return replace(requested, left_out=exceptions.height - chosen.height)


def _request(
    session: Session, name: str, rows: pl.DataFrame, request_row: dict[str, str], signature: Signature
) -> Requested:
    """申請する, for the rows that can be carried out. `request_row` has keys `kind`, `source` and `sha256`."""
    with session.ledger.transaction():
        session.refuse_earlier_day()
        drafts = _join_ledger(session, rows)
        verdict = judge_proposals(drafts, name)
        review_no = 0
        if not verdict.proposals.is_empty():
            review_no = _enter(session, request_row, verdict.proposals, signature)
    yen = drafts.join(verdict.proposals, on=Proposal.PAYMENT_NO, how="semi")["suspense_yen"].sum()
    return Requested(review_no, verdict.proposals.height, int(yen), verdict.same, verdict.findings)


def _join_ledger(session: Session, rows: pl.DataFrame) -> pl.DataFrame:
    """決裁案に今の台帳を並べる: what the rules of elqr/rules/rulings.py need; frame DraftRuling and more."""
    connection = session.ledger.connection
    known = queries.payments_at(connection, rows)
    rows = rows.join(known, on=["file_sha256", "record_no"], how="left", validate="m:1", maintain_order="left")
    now = queries.exceptions(connection, NOW).join(known, on="payment_no", how="semi")
    shown = exceptions_table(session, now).frame.select(
        pl.col("受付番号").alias("payment_no"), *(pl.col(name).cast(pl.String).alias(f"{name}の今") for name in SHOWN)
    )
    state = (
        now.join(marks(now).rename({"受付番号": "payment_no", CONTENT: "mark_now"}), on="payment_no")
        .join(shown, on="payment_no", validate="1:1")
        .select(
            "payment_no",
            pl.when("is_open").then("mark_now").alias("mark_now"),
            "suspense_yen",
            "payer_ref",
            "stage",
            "outcome",
            pl.when("is_open")
            .then(pl.format("{} 仮受額 {}円", shape.labels_of("outcome", Outcome), yen_text("suspense_yen")))
            .otherwise(pl.format("決裁済（{}）", shape.labels_of("ruling", Ruling)))
            .alias("state_now"),
            *(f"{name}の今" for name in SHOWN),
        )
    )
    rows = rows.join(state, on="payment_no", how="left", validate="m:1", maintain_order="left")
    other_yen = other_payments_held(withdrawal_queries.concerned(connection, known))
    rows = rows.join(other_yen, on="payment_no", how="left", validate="m:1", maintain_order="left")
    rows = rows.with_columns(pl.col("others", "others_yen").fill_null(0))
    rows = _join_targets(session, rows).with_columns(decided_on("mark"))
    waiting = queries.waiting_rulings(connection).select(
        Ruled.PAYMENT_NO, *(pl.col(name).alias(f"waiting_{name}") for name in Ruled.SCHEMA if name != Ruled.PAYMENT_NO)
    )
    rows = rows.join(waiting, on=Proposal.PAYMENT_NO, how="left", validate="m:1", maintain_order="left")
    compared = (Proposal.RULING, Proposal.NOTICE_NO, Proposal.REASON, Proposal.STAFF)
    is_same = [pl.col(name).eq_missing(pl.col(f"waiting_{name}")) for name in compared]
    return rows.with_columns(
        pl.col("state_now").fill_null("要確認にありません"),
        _altered_cell(rows).alias("altered"),
        pl.all_horizontal(*is_same, pl.col(DECIDED_ON) == pl.col(f"waiting_{Proposal.MARK}")).alias("waiting_is_same"),
        shape.labels_of("waiting_ruling", Ruling).alias("waiting_said"),
    )


def _altered_cell(rows: pl.DataFrame) -> pl.Expr:
    """書き換えられた欄: the first cell of a row that differs from the ledger, in words; empty where none does."""
    differ = [
        pl.when(pl.col(name) != pl.col(f"{name}の今").fill_null("").str.strip_chars()).then(
            pl.format("{} {}（台帳では {}）", pl.lit(name), name, pl.col(f"{name}の今").fill_null("空欄"))
        )
        for name in SHOWN
        if name in rows.columns
    ]
    return pl.coalesce(*differ, pl.lit(""))


def _join_targets(session: Session, rows: pl.DataFrame) -> pl.DataFrame:
    """対象の納付書を並べる: the notice of the number that somebody wrote, or of the payment's own key.

    Adds notice_no, target_payer_ref, is_cancelled, target_mark, and left_yen: what is still owed on its claims.
    """
    connection = session.ledger.connection
    written = rows.filter(pl.col("target") != "").select(pl.col("target").alias("key_no"))
    targets = queries.target_notices(connection, written).select(pl.col("key_no").alias("target"), "notice_no")
    rows = rows.join(targets, on="target", how="left", validate="m:1", maintain_order="left")
    rows = rows.with_columns(pl.coalesce("own_notice_no", "notice_no").alias("notice_no"))
    numbers = rows.select("notice_no").drop_nulls().unique()
    notices = queries.notices_by_no(connection, numbers).rename({"payer_ref": "target_payer_ref"})
    claims = queries.target_claims(connection, numbers)
    left_yen = claims.group_by(OpenClaim.NOTICE_NO).agg(
        (pl.col(OpenClaim.OWED_YEN) - pl.col(OpenClaim.COLLECTED_YEN)).sum().alias("left_yen")
    )
    for known in (notices, target_marks(connection, numbers), left_yen):
        rows = rows.join(known, on=OpenClaim.NOTICE_NO, how="left", validate="m:1", maintain_order="left")
    return rows


def request_undo(session: Session, ruling_nos: tuple[int, ...], signature: Signature) -> Requested:
    """決裁の取消を申請する, by their numbers. Raises NotFound; Refused with the reason when one cannot be undone."""
    with session.ledger.transaction() as connection:
        session.refuse_earlier_day()
        rulings = queries.rulings_by_no(connection, ruling_nos)
        if lost := sorted(set(ruling_nos) - set(rulings[Ruled.RULING_NO].to_list())):
            raise NotFound(f"決裁番号 {', '.join(map(str, lost))} はありません。elqr review trail で確かめてください。")
        postings = queries.made_by(connection, rulings)
        undoing = rulings.with_columns(
            pl.lit(Ruling.UNDO.value).alias(Ruled.RULING),
            pl.col(Ruled.RULING_NO).alias(Ruled.UNDOES_NO),
            is_current=pl.lit(True),
        )
        years = OpenYears(session.register.without_closing_period(), session.night_on)
        claims = queries.target_claims(connection, postings.drop_nulls(Ruled.NOTICE_NO))
        reversed_ = reversal(undoing, claims, postings, years)
        rows = _join_for_undoing(session, rulings, postings, reversed_.gone)
        if reasons := refusals(rows):
            raise Refused(f"取り消せない決裁があります。{'。'.join(reasons)}。")
        rows = rows.join(_notice_marks(session, postings), on=Ruled.RULING_NO, how="left", validate="1:1")
        proposals = rows.select(
            Ruled.PAYMENT_NO,
            pl.lit(Ruling.UNDO.value).alias(Proposal.RULING),
            Proposal.NOTICE_NO,
            pl.lit(signature.stripped().reason).alias(Proposal.REASON),
            pl.lit(signature.by).alias(Proposal.STAFF),
            decided_on(pl.lit("")).alias(Proposal.MARK),
            pl.col(Ruled.RULING_NO).alias(Proposal.UNDOES_NO),
        )
        request_row = {"kind": ReviewKind.UNDO.value, "source": "", "sha256": ""}
        review_no = _enter(session, request_row, proposals, signature)
    yen = int(rows["suspense_yen"].sum())
    return Requested(review_no, proposals.height, yen, 0, (), returned=by_payment(reversed_.returned))


def _join_for_undoing(session: Session, rulings: pl.DataFrame, postings: pl.DataFrame, gone: pl.Series) -> pl.DataFrame:
    """取り消す決裁に今の台帳を並べる: what `refusals` needs (frame RulingToUndo), and the balance of its payment."""
    connection = session.ledger.connection
    waiting = queries.waiting_rulings(connection).group_by(Ruled.PAYMENT_NO).agg(
        pl.col(Ruled.REVIEW_NO).max().alias("waiting_review_no")
    )  # fmt: skip
    later = queries.moved_since(connection, postings).rename({"payment_no": "later_payment_no"})
    balances = queries.standing(connection, rulings, NOW)
    rows = rulings
    for known, key in ((balances, Ruled.PAYMENT_NO), (waiting, Ruled.PAYMENT_NO), (later, Ruled.RULING_NO)):
        rows = rows.join(known, on=key, how="left", validate="m:1", maintain_order="left")
    return rows.with_columns(pl.col(Ruled.RULING_NO).is_in(gone.implode()).alias("is_gone"))


def _notice_marks(session: Session, postings: pl.DataFrame) -> pl.DataFrame:
    """取り消す決裁の納付書の照合値: ruling_no, target_mark over all notices of its postings (frame Made)."""
    notices = (
        postings.select(Ruled.RULING_NO, Ruled.NOTICE_NO).drop_nulls().unique().sort(Ruled.RULING_NO, Ruled.NOTICE_NO)
    )
    marked = notices.join(target_marks(session.ledger.connection, notices), on=Ruled.NOTICE_NO, maintain_order="left")
    return marked.group_by(Ruled.RULING_NO).agg(pl.col(TARGET_MARK).str.join("/"))


def _enter(session: Session, request_row: dict[str, str], proposals: pl.DataFrame, signature: Signature) -> int:
    """申請を記す, with its rulings and its link in the chain. Returns its number. `request_row` as of `_request`."""
    request = enter_request(session, REVIEW, request_row, signature)
    queries.enter_rulings(session.ledger.connection, request.number, proposals)
    record_request(session, request)
    return request.number


def approve_review(session: Session, review_no: int, signature: Signature) -> Ended:
    """決裁を承認する: by another person. Carries out the rulings that are still current, in one transaction.

    Raises NotFound; Refused for a request that has ended, and for one's own.
    """
    with session.ledger.transaction() as connection:
        session.refuse_earlier_day()
        request = find_waiting(session, REVIEW, review_no)
        rulings = queries.rulings_of(connection, review_no)
        refuse_same_person(session, request, signature.by, rulings[Ruled.STAFF].unique().sort().to_list())
        rows = _join_payments(session, rulings)
        concerned = withdrawal_queries.concerned(connection, rulings)
        postings = queries.made_by(connection, _rulings_to_undo(rulings))
        claims = queries.target_claims(connection, concerned.slips(rows, postings))
        years = OpenYears(session.register.without_closing_period(), session.night_on)
        carried = effects(rows, claims, postings, concerned, years)
        queries.enter_effects(connection, session.night_on, carried.effects, carried.moves)
        ended = replace(_summarize(review_no, carried.effects, carried.moves), returned=by_payment(carried.returned))
        _end(session, request, RulingResult.APPROVED, replace(signature, reason=""), (ended, rulings))
    return ended


def _rulings_to_undo(rulings: pl.DataFrame) -> pl.DataFrame:
    """取り消す決裁: ruling_no of the rulings that these undo."""
    return rulings.select(pl.col(Ruled.UNDOES_NO).alias(Ruled.RULING_NO)).drop_nulls()


def _join_payments(session: Session, rulings: pl.DataFrame) -> pl.DataFrame:
    """決裁に今の収納を並べる (frame CurrentRuling): is_current, the balance, and the posting that holds it."""
    connection = session.ledger.connection
    now = queries.exceptions(connection, NOW).filter("is_open").join(rulings, on=Ruled.PAYMENT_NO, how="semi")
    marked = marks(now).select(pl.col("受付番号").alias("payment_no"), pl.col(CONTENT).alias("mark_now"))
    held = queries.held(connection, rulings).select(
        "payment_no", pl.col("posting_no").alias("held_no"), "fiscal_year", "is_arrears", "procedure_code"
    )
    targets = target_marks(connection, rulings)
    rows = rulings.join(targets, on=Ruled.NOTICE_NO, how="left", validate="m:1", maintain_order="left")
    notice_marks = _notice_marks(session, queries.made_by(connection, _rulings_to_undo(rulings)))
    notice_marks = notice_marks.rename({Ruled.RULING_NO: Ruled.UNDOES_NO, TARGET_MARK: "undone_mark"})
    rows = rows.join(notice_marks, on=Ruled.UNDOES_NO, how="left", validate="m:1", maintain_order="left")
    for known in (queries.standing(connection, rulings, NOW), marked, held):
        rows = rows.join(known, on=Ruled.PAYMENT_NO, how="left", validate="m:1", maintain_order="left")
    is_undo = pl.col(Ruled.RULING) == Ruling.UNDO.value
    rows = rows.with_columns(pl.when(is_undo).then("undone_mark").otherwise(TARGET_MARK).alias(TARGET_MARK))
    payment_mark = pl.when(is_undo).then(pl.lit("")).otherwise("mark_now")
    is_unchanged = pl.col(Ruled.MARK).eq_missing(decided_on(payment_mark))
    is_still_last = ~is_undo | pl.col("last_standing_no").eq_missing(pl.col(Ruled.UNDOES_NO))
    return rows.with_columns((is_unchanged & is_still_last).alias("is_current"))


def refuse_review(session: Session, review_no: int, signature: Signature) -> Ended:
    """決裁の申請を却下する, or withdraw one's own. Raises NotFound, Refused."""
    with session.ledger.transaction() as connection:
        session.refuse_earlier_day()
        request = find_waiting(session, REVIEW, review_no)
        rulings = queries.rulings_of(connection, review_no)
        yen = queries.standing(connection, rulings, NOW).select(
            "payment_no", *(pl.col("suspense_yen").alias(n) for n in (RulingEffect.BEFORE_YEN, RulingEffect.AFTER_YEN))
        )
        refused = rulings.join(yen, on=Ruled.PAYMENT_NO, validate="m:1", maintain_order="left").with_columns(
            pl.lit(RulingResult.REFUSED.value).alias(RulingEffect.RESULT)
        )
        queries.enter_effects(connection, session.night_on, refused, Move.empty())
        ended = _summarize(review_no, refused, Move.empty())
        _end(session, request, RulingResult.REFUSED, signature.stripped(), (ended, rulings))
    return ended


def _summarize(review_no: int, ruling_effects: pl.DataFrame, moves: pl.DataFrame) -> Ended:
    """結果をまとめる, from frames RulingEffect and Move."""
    results = ruling_effects[RulingEffect.RESULT].to_list()
    counts = {result: results.count(result.value) for result in RulingResult}
    before, after = ruling_effects.select(pl.col(RulingEffect.BEFORE_YEN, RulingEffect.AFTER_YEN).sum()).row(0)
    withdrawn = moves.filter(pl.col(Move.ACCOUNT) == Account.WITHDRAWN.value)
    stale = ruling_effects.filter(pl.col(RulingEffect.RESULT) == RulingResult.STALE.value)
    stale_nos = tuple(stale[RulingEffect.RULING_NO].to_list())
    return Ended(review_no, counts, int(before - after), int(withdrawn[Move.YEN].sum()), stale_nos)


def _end(
    session: Session, request: Request, result: RulingResult, signature: Signature, done: tuple[Ended, pl.DataFrame]
) -> None:
    """申請を終える: the link of the chain has the result of each ruling, and the yen that moved."""
    ended, rulings = done
    link = ReviewEnd(
        review=ended.review_no,
        rulings=fingerprint(rulings),
        results={result.value: count for result, count in ended.counts.items()},
        moved_yen=ended.moved_yen,
        withdrawn_yen=ended.withdrawn_yen,
        taken_by=signature.by,
    )
    end_request(session, request, result, signature, link)
