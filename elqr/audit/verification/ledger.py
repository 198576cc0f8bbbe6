"""The ledger itself (台帳の検算): its guards, the decisions, and the postings computed again from them."""

from collections.abc import Iterator

import polars as pl

from elqr.arithmetic.fiscal_year import fiscal_year_expr
from elqr.audit.verification.audit import Audit, compare_rows, mismatch
from elqr.formats.payment_identity import ACCEPTED, variants
from elqr.rules.claim_items import owed_items
from elqr.rules.claim_states import entries_of_claims
from elqr.rules.postings import postings as compute_postings
from elqr.rules.postings import year_days
from elqr.rules.totals import issue_tallies, posting_tallies
from elqr.store.db.database import structure_breaks
from elqr.store.queries import claim_entries as stored_entries
from elqr.store.queries import totals as stored
from elqr.store.queries import verification as queries
from elqr.store.queries.claim_items import item_frames
from elqr.store.queries.counted import counted_days
from elqr.vocabulary.audit_frames import DecisionBeside, EnteredPosting, SaidContent, TakenFile
from elqr.vocabulary.claim_frames import ClaimEntry
from elqr.vocabulary.claim_terms import Item
from elqr.vocabulary.codes import Code
from elqr.vocabulary.findings import LISTED_PER_CODE, Finding
from elqr.vocabulary.frames import Allocation, Decision, Known, Move, Payment, Posting
from elqr.vocabulary.tally_frames import IssueTally, PostingTally
from elqr.vocabulary.terms import PLACE_OF, Account, Outcome, Place, Stage


def structure(audit: Audit) -> Iterator[Finding]:
    """台帳の作り: tables, columns, indexes and guards are as declared."""
    for text in structure_breaks(audit.session.ledger.connection):
        yield mismatch("台帳", Code.LEDGER_STRUCTURE, text, "作ったときのまま")


def decisions(audit: Audit) -> Iterator[Finding]:
    """消込結果: one for each decided payment, in the place of its outcome, with all of its yen."""
    connection = audit.session.ledger.connection
    files = queries.files(connection).select(TakenFile.FILE_NO, TakenFile.DECIDED_ON)
    rows = queries.decisions(connection).join(files, on=DecisionBeside.FILE_NO, how="left")
    audit.count("消込結果", rows.height)
    place = pl.col(Decision.OUTCOME).replace_strict({o.value: p.value for o, p in PLACE_OF.items()}, default=None)
    is_decided = pl.col(Decision.PAYMENT_NO).is_not_null()
    held_yen, paid_yen = pl.col(Decision.CLAIM_YEN) + pl.col(Decision.SUSPENSE_YEN), pl.col(DecisionBeside.PAID_YEN)
    is_confirmed = pl.col(DecisionBeside.STAGE) == Stage.CONFIRMED.value
    has_money = pl.col(Decision.PLACE).is_in([Place.POSTED.value, Place.EXCEPTION.value]) & is_confirmed
    was_rejected = (pl.col(Decision.PLACE) == Place.REJECTED.value) & (
        pl.col(Decision.OUTCOME) == Outcome.CONFLICTS.value
    )
    rules = (
        (pl.col(TakenFile.DECIDED_ON).is_not_null() & ~is_decided, "消込結果がない", "消込結果"),
        (pl.col(TakenFile.DECIDED_ON).is_null() & is_decided, "消込済でないファイルの消込結果", "消込済ファイル"),
        (
            is_decided & ~was_rejected & place.ne_missing(pl.col(Decision.PLACE)),
            "行き先が消込結果と合わない",
            "消込結果の行き先",
        ),
        (is_decided & has_money & (held_yen != paid_yen), "額が領収額と合わない", "収納額＋仮受額＝領収額"),
        (is_decided & ~has_money & (held_yen != 0), "確報でないのに額がある", "0円"),
    )
    for is_wrong, actual, expected in rules:
        wrong = rows.filter(is_wrong).select(DecisionBeside.PAYMENT_NO, DecisionBeside.FILE_NO)
        for number, file_no in wrong.head(LISTED_PER_CODE).iter_rows():
            yield mismatch(f"受付{number}（ファイル{file_no}）", Code.DECISION_DIFFERS, actual, expected)
    yield from _check_identities(audit, rows)


def _check_identities(audit: Audit, rows: pl.DataFrame) -> Iterator[Finding]:
    """既知の収納: one for each record that was no repeat, numbered without a gap.

    A conflicting record is known by the hash of its content.
    """
    connection = audit.session.ledger.connection
    known = queries.identities(connection)
    identified = known.join(
        rows.select(Known.PAYMENT_NO, Decision.OUTCOME, Decision.PLACE), on=Known.PAYMENT_NO, how="left"
    )
    is_known, outcome = pl.col(Known.IDENTITY).is_not_null(), pl.col(Decision.OUTCOME)
    is_new = (outcome != Outcome.ALREADY_POSTED.value) & (pl.col(Decision.PLACE) != Place.REJECTED.value)
    of_payment = queries.OF_PAYMENT
    is_equal = (pl.col(name).eq_missing(pl.col(f"{name}{of_payment}")) for name in (Known.IDENTITY, Known.STAGE))
    differs = ~pl.all_horizontal(is_equal)
    is_earlier = pl.col(Known.OCCURRENCE_NO) < pl.col(f"{Known.OCCURRENCE_NO}{of_payment}")
    lacks_variant = (outcome == Outcome.CONFLICTS.value) & (pl.col(Known.VARIANT) == ACCEPTED)
    wrong = identified.filter(
        (is_known != is_new.fill_null(False)) | (is_known & (differs | is_earlier | lacks_variant))
    )
    event = (Known.IDENTITY, Known.STAGE, Known.VARIANT)
    repeated = known.join(known.filter(pl.col(Known.OCCURRENCE_NO) > 1).select(event), on=event, how="semi")
    gaps = repeated.filter(pl.col(Known.OCCURRENCE_NO).max().over(event) != pl.len().over(event))
    conflicts = known.filter(pl.col(Known.VARIANT) != ACCEPTED)
    contents = queries.contents(connection, conflicts).sort(Known.PAYMENT_NO)
    hashed = contents.select(Known.PAYMENT_NO, variants(contents[SaidContent.CONTENT]).alias("hashed"))
    misnamed = conflicts.join(hashed, on=Known.PAYMENT_NO).filter(pl.col(Known.VARIANT) != pl.col("hashed"))
    numbers = pl.concat(part[Known.PAYMENT_NO] for part in (wrong, gaps, misnamed)).unique().sort()
    for number in numbers.head(LISTED_PER_CODE):
        yield mismatch(f"受付{number}", Code.DECISION_DIFFERS, "既知の収納と合わない", "再受信でない収納ごとに一つ")


def claim_entries(audit: Audit) -> Iterator[Finding]:
    """調定異動: computed again from notices, cancellations, fees and rows of claim files, and equal in every column."""
    connection = audit.session.ledger.connection
    for numbers in stored_entries.pieces(connection):
        entries = stored_entries.entries(connection, numbers)
        audit.count("調定異動", entries.height)
        states = stored_entries.states(connection, numbers)
        computed = entries_of_claims(stored_entries.asked(connection, numbers), states)
        key = [str(name) for name in (ClaimEntry.CLAIM_NO, ClaimEntry.ENTRY_NO)]
        yield from compare_rows(entries, computed, key, Code.ENTRY_DIFFERS, "調定異動")


def _check_items(audit: Audit) -> Iterator[Finding]:
    """内訳: of no item of a claim more is collected than owed, where notices ask for parts of it.

    Claims with notices that no link has looked at yet are left out.
    """
    connection = audit.session.ledger.connection
    frames = item_frames(connection, queries.itemised_claims(connection))
    owed = owed_items(frames.entries)
    collected = frames.posted.group_by(ClaimEntry.CLAIM_NO).agg(pl.col(ClaimEntry.ITEMS).sum())
    beside = collected.join(owed, on=ClaimEntry.CLAIM_NO, how="left").sort(ClaimEntry.CLAIM_NO)
    for name, label in zip(ClaimEntry.ITEMS, [item.label for item in Item], strict=True):
        is_wrong = ~pl.col(name).is_between(0, pl.col(f"owed_{name}").fill_null(0))
        wrong = beside.filter(is_wrong).select(ClaimEntry.CLAIM_NO, name, f"owed_{name}")
        for number, yen, due in wrong.head(LISTED_PER_CODE).iter_rows():
            where, expected = f"調定{number}", f"0円〜{due or 0:,}円"
            yield mismatch(where, Code.POSTING_DIFFERS, f"{yen:,}円", expected, f"収納額（{label}）")


def postings(audit: Audit) -> Iterator[Finding]:
    """仕訳: computed again from the decisions and equal in every column; no balance is negative."""
    connection = audit.session.ledger.connection
    decision_rows, posted = queries.decisions(connection), queries.postings(connection)
    audit.count("仕訳", posted.height)
    decided_postings = posted.filter(pl.col(Move.REVERSES_NO).is_null())
    on_claims = decided_postings.filter(pl.col(Posting.ACCOUNT) == Account.CLAIM.value)
    allocations = on_claims.select(
        Posting.PAYMENT_NO, Posting.CLAIM_NO, EnteredPosting.LEVY_YEAR, pl.col(Posting.YEN).alias(Allocation.CLAIM_YEN)
    )
    decided = decision_rows.filter(pl.col(Decision.PAYMENT_NO).is_not_null())
    sums = allocations.group_by(Posting.PAYMENT_NO).agg(pl.col(Allocation.CLAIM_YEN).sum().alias("on_claims"))
    joined = decided.join(sums, on=Posting.PAYMENT_NO, how="left").with_columns(pl.col("on_claims").fill_null(0))
    short = joined.filter(pl.col("on_claims") != pl.col(Decision.CLAIM_YEN))
    for number, yen, expected in short.select(Posting.PAYMENT_NO, "on_claims", Decision.CLAIM_YEN).iter_rows():
        yield mismatch(f"受付{number}", Code.POSTING_DIFFERS, f"{yen:,}円", f"{expected:,}円", "調定への計上")
    if short.is_empty() and allocations[EnteredPosting.LEVY_YEAR].null_count() == 0:
        paid = decision_rows.select(Posting.PAYMENT_NO, DecisionBeside.PAID_ON).drop_nulls()
        computed = compute_postings(
            Decision.of(decided),
            Allocation.of(allocations),
            year_days(paid, counted_days(connection)),
            audit.session.register.without_closing_period(),
        )
        key_columns = [str(name) for name in (Posting.PAYMENT_NO, Posting.ACCOUNT, Posting.CLAIM_NO)]
        stored_postings = decided_postings.select(*(pl.col(name).cast(dtype) for name, dtype in Posting.SCHEMA.items()))
        computed = _keep_old_years(computed, stored_postings, paid)
        yield from compare_rows(stored_postings, computed, key_columns, Code.POSTING_DIFFERS, "仕訳")
    for number, yen, owed in queries.overpaid_claims(connection).head(LISTED_PER_CODE).iter_rows():
        yield mismatch(f"調定{number}", Code.POSTING_DIFFERS, f"{yen:,}円", f"{owed:,}円まで", "収納額")
    yield from _check_items(audit)
    for number in queries.stray_postings(connection)[:LISTED_PER_CODE]:
        yield mismatch(f"仕訳 {number}", Code.POSTING_DIFFERS, "よその調定", "納付書か決裁が指す調定", "調定")
    nights = queries.files(connection).select(TakenFile.FILE_NO, pl.col(TakenFile.DECIDED_ON).cast(pl.String))
    file_nos = decision_rows.select(DecisionBeside.PAYMENT_NO, DecisionBeside.FILE_NO)
    dated_postings = decided_postings.join(file_nos, on=Posting.PAYMENT_NO).join(nights, on=TakenFile.FILE_NO)
    misdated = dated_postings.filter(pl.col(EnteredPosting.NIGHT_ON).ne_missing(pl.col(TakenFile.DECIDED_ON)))
    for number in misdated[EnteredPosting.POSTING_NO].head(LISTED_PER_CODE):
        yield mismatch(f"仕訳 {number}", Code.POSTING_DIFFERS, "日が違う", "消し込んだ夜", "処理日")
    yield from _check_balances(posted)


def _check_balances(posted: pl.DataFrame) -> Iterator[Finding]:
    """残高: no payment has less than nothing on an account, or on a claim."""
    sums = posted.group_by(Posting.PAYMENT_NO, Posting.ACCOUNT, Posting.CLAIM_NO).agg(pl.col(Posting.YEN).sum())
    names = (Posting.PAYMENT_NO, Posting.ACCOUNT, Posting.CLAIM_NO, Posting.YEN)
    below = sums.filter(pl.col(Posting.YEN) < 0).sort(names[:3]).select(names)
    for number, account, claim_no, yen in below.head(LISTED_PER_CODE).iter_rows():
        where = f"受付{number}" if claim_no is None else f"受付{number} 調定{claim_no}"
        yield mismatch(where, Code.POSTING_DIFFERS, f"{yen:,}円", "0円以上", f"{Account(account).label}の残高")


def _keep_old_years(computed: pl.DataFrame, stored: pl.DataFrame, paid: pl.DataFrame) -> pl.DataFrame:
    """年度の古い決まり: earlier versions put an excess in the year of 領収日, not in that of its payment's claim.

    Computed postings (frame Posting) get the year of `stored` if that rule explains it.
    """
    suspense = stored.filter(pl.col(Posting.ACCOUNT) == Account.SUSPENSE.value).select(
        Posting.PAYMENT_NO, pl.col(Posting.FISCAL_YEAR).alias("stored_year")
    )
    rows = computed.join(suspense, on=Posting.PAYMENT_NO, how="left", maintain_order="left", validate="m:1")
    rows = rows.join(paid, on=Posting.PAYMENT_NO, how="left", maintain_order="left", validate="m:1")
    is_older = (pl.col(Posting.ACCOUNT) == Account.SUSPENSE.value) & (
        pl.col("stored_year") == fiscal_year_expr(pl.col(Payment.PAID_ON))
    )
    year = pl.when(is_older).then("stored_year").otherwise(Posting.FISCAL_YEAR).alias(Posting.FISCAL_YEAR)
    return rows.with_columns(year).select(computed.columns)


def tallies(audit: Audit) -> Iterator[Finding]:
    """累計: computed again from every payload and every posting."""
    connection = audit.session.ledger.connection
    issue_pair = (queries.issue_tallies(connection), issue_tallies(stored.issued(connection)))
    yield from compare_rows(*issue_pair, list(IssueTally.SCHEMA)[:3], Code.TALLY_DIFFERS, "発行の累計")
    keys = list(PostingTally.SCHEMA)[:4]
    sums = pl.col(PostingTally.FIRST_PAID_ON).min(), pl.col(PostingTally.PAYMENTS, PostingTally.YEN).sum()
    kept_sums = queries.posting_tallies(connection).group_by(keys).agg(*sums)
    computed = posting_tallies(stored.posted(connection))
    computed = computed.with_columns(pl.col(PostingTally.IS_ELQR).cast(pl.Int64))
    yield from compare_rows(kept_sums.select(computed.columns), computed, keys, Code.TALLY_DIFFERS, "計上の累計")
