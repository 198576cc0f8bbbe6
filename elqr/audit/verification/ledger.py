"""The ledger itself (台帳の検算): its guards, the decisions, and the postings made again from them."""

from collections.abc import Iterator

import polars as pl

from elqr.arithmetic.fiscal_year import fiscal_year_expr
from elqr.audit.verification.audit import Audit, compare_rows, mismatch
from elqr.formats.payment_identity import ACCEPTED, variants
from elqr.rules.postings import postings as made_from
from elqr.rules.totals import issue_tallies, posting_tallies
from elqr.store.db.database import structure_breaks
from elqr.store.queries import totals as stored
from elqr.store.queries import verification as queries
from elqr.vocabulary.audit_frames import DecisionBeside, EnteredPosting, SaidContent, TakenFile
from elqr.vocabulary.codes import Code
from elqr.vocabulary.findings import LISTED_PER_CODE, Finding
from elqr.vocabulary.frames import Allocation, Decision, Known, Move, Payment, Posting
from elqr.vocabulary.tally_frames import IssueTally, PostingTally
from elqr.vocabulary.terms import PLACE_OF, Account, Outcome, Place, Stage


def structure(audit: Audit) -> Iterator[Finding]:
    """台帳の作り: tables, columns, indexes and guards are as they were declared."""
    for text in structure_breaks(audit.session.ledger.connection):
        yield mismatch("台帳", Code.LEDGER_STRUCTURE, text, "作ったときのまま")


def decisions(audit: Audit) -> Iterator[Finding]:
    """消込結果: one for each decided payment, in the place of its outcome, and its yen whole."""
    connection = audit.session.ledger.connection
    files = queries.files(connection).select(TakenFile.FILE_NO, TakenFile.DECIDED_ON)
    rows = queries.decisions(connection).join(files, on=DecisionBeside.FILE_NO, how="left")
    audit.count("消込結果", rows.height)
    place = pl.col(Decision.OUTCOME).replace_strict({o.value: p.value for o, p in PLACE_OF.items()}, default=None)
    is_decided = pl.col(Decision.PAYMENT_NO).is_not_null()
    held, paid_yen = pl.col(Decision.CLAIM_YEN) + pl.col(Decision.SUSPENSE_YEN), pl.col(DecisionBeside.PAID_YEN)
    is_confirmed = pl.col(DecisionBeside.STAGE) == Stage.CONFIRMED.value
    money = pl.col(Decision.PLACE).is_in([Place.POSTED.value, Place.EXCEPTION.value]) & is_confirmed
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
        (is_decided & money & (held != paid_yen), "額が領収額と合わない", "収納額＋仮受額＝領収額"),
        (is_decided & ~money & (held != 0), "確報でないのに額がある", "0円"),
    )
    for broken, actual, wanted in rules:
        wrong = rows.filter(broken).select(DecisionBeside.PAYMENT_NO, DecisionBeside.FILE_NO)
        for number, file_no in wrong.head(LISTED_PER_CODE).iter_rows():
            yield mismatch(f"受付{number}（ファイル{file_no}）", Code.DECISION_DIFFERS, actual, wanted)
    yield from _identities(audit, rows)


def _identities(audit: Audit, rows: pl.DataFrame) -> Iterator[Finding]:
    """既知の収納: one for each record that was no repeat, numbered without a gap, and conflicts by what they say."""
    connection = audit.session.ledger.connection
    known = queries.identities(connection)
    identified = known.join(
        rows.select(Known.PAYMENT_NO, Decision.OUTCOME, Decision.PLACE), on=Known.PAYMENT_NO, how="left"
    )
    is_known, outcome = pl.col(Known.IDENTITY).is_not_null(), pl.col(Decision.OUTCOME)
    is_new = (outcome != Outcome.ALREADY_POSTED.value) & (pl.col(Decision.PLACE) != Place.REJECTED.value)
    of_payment = queries.OF_PAYMENT
    same = (pl.col(name).eq_missing(pl.col(f"{name}{of_payment}")) for name in (Known.IDENTITY, Known.STAGE))
    differs = ~pl.all_horizontal(same)
    is_earlier = pl.col(Known.OCCURRENCE_NO) < pl.col(f"{Known.OCCURRENCE_NO}{of_payment}")
    unnamed = (outcome == Outcome.CONFLICTS.value) & (pl.col(Known.VARIANT) == ACCEPTED)
    wrong = identified.filter((is_known != is_new.fill_null(False)) | (is_known & (differs | is_earlier | unnamed)))
    event = (Known.IDENTITY, Known.STAGE, Known.VARIANT)
    several = known.join(known.filter(pl.col(Known.OCCURRENCE_NO) > 1).select(event), on=event, how="semi")
    gaps = several.filter(pl.col(Known.OCCURRENCE_NO).max().over(event) != pl.len().over(event))
    named = known.filter(pl.col(Known.VARIANT) != ACCEPTED)
    contents = queries.contents(connection, named).sort(Known.PAYMENT_NO)
    hashed = contents.select(Known.PAYMENT_NO, variants(contents[SaidContent.CONTENT]).alias("hashed"))
    misnamed = named.join(hashed, on=Known.PAYMENT_NO).filter(pl.col(Known.VARIANT) != pl.col("hashed"))
    numbers = pl.concat(part[Known.PAYMENT_NO] for part in (wrong, gaps, misnamed)).unique().sort()
    for number in numbers.head(LISTED_PER_CODE):
        yield mismatch(f"受付{number}", Code.DECISION_DIFFERS, "既知の収納と合わない", "再受信でない収納ごとに一つ")


def postings(audit: Audit) -> Iterator[Finding]:
    """仕訳: made again from the decisions, and equal in every column; balances never below nothing."""
    connection = audit.session.ledger.connection
    rows, posted = queries.decisions(connection), queries.postings(connection)
    audit.count("仕訳", posted.height)
    first = posted.filter(pl.col(Move.REVERSES_NO).is_null())
    on_claims = first.filter(pl.col(Posting.ACCOUNT) == Account.CLAIM.value)
    allocations = on_claims.select(
        Posting.PAYMENT_NO, Posting.CLAIM_NO, EnteredPosting.LEVY_YEAR, pl.col(Posting.YEN).alias(Allocation.CLAIM_YEN)
    )
    decided = rows.filter(pl.col(Decision.PAYMENT_NO).is_not_null())
    sums = allocations.group_by(Posting.PAYMENT_NO).agg(pl.col(Allocation.CLAIM_YEN).sum().alias("on_claims"))
    joined = decided.join(sums, on=Posting.PAYMENT_NO, how="left").with_columns(pl.col("on_claims").fill_null(0))
    short = joined.filter(pl.col("on_claims") != pl.col(Decision.CLAIM_YEN))
    for number, yen, wanted in short.select(Posting.PAYMENT_NO, "on_claims", Decision.CLAIM_YEN).iter_rows():
        yield mismatch(f"受付{number}", Code.POSTING_DIFFERS, f"{yen:,}円", f"{wanted:,}円", "調定への計上")
    if short.is_empty() and allocations[EnteredPosting.LEVY_YEAR].null_count() == 0:
        paid = rows.select(Posting.PAYMENT_NO, DecisionBeside.PAID_ON).drop_nulls()
        again = made_from(
            Decision.of(decided), Allocation.of(allocations), paid, audit.session.register.without_closing_period()
        )
        key_columns = [str(name) for name in (Posting.PAYMENT_NO, Posting.ACCOUNT, Posting.CLAIM_NO)]
        stored_rows = first.select(*(pl.col(name).cast(dtype) for name, dtype in Posting.SCHEMA.items()))
        again = _with_years_as_before(again, stored_rows, paid)
        yield from compare_rows(stored_rows, again, key_columns, Code.POSTING_DIFFERS, "仕訳")
    for number, yen, owed in queries.overpaid_claims(connection).head(LISTED_PER_CODE).iter_rows():
        yield mismatch(f"調定{number}", Code.POSTING_DIFFERS, f"{yen:,}円", f"{owed:,}円まで", "収納額")
    for number in queries.stray_postings(connection)[:LISTED_PER_CODE]:
        yield mismatch(f"仕訳 {number}", Code.POSTING_DIFFERS, "よその調定", "納付書か決裁が指す調定", "調定")
    nights = queries.files(connection).select(TakenFile.FILE_NO, pl.col(TakenFile.DECIDED_ON).cast(pl.String))
    in_files = rows.select(DecisionBeside.PAYMENT_NO, DecisionBeside.FILE_NO)
    when = first.join(in_files, on=Posting.PAYMENT_NO).join(nights, on=TakenFile.FILE_NO)
    strays = when.filter(pl.col(EnteredPosting.NIGHT_ON).ne_missing(pl.col(TakenFile.DECIDED_ON)))
    for number in strays[EnteredPosting.POSTING_NO].head(LISTED_PER_CODE):
        yield mismatch(f"仕訳 {number}", Code.POSTING_DIFFERS, "日が違う", "消し込んだ夜", "処理日")
    places = ((Account.SUSPENSE, "受付"), (Account.WITHDRAWN, "受付"), (Account.CLAIM, "調定"))
    for account, name in places:
        key = Posting.CLAIM_NO if account is Account.CLAIM else Posting.PAYMENT_NO
        on_account = posted.filter(pl.col(Posting.ACCOUNT) == account.value)
        sums = on_account.group_by(key).agg(pl.col(Posting.YEN).sum())
        for number, yen in sums.filter(pl.col(Posting.YEN) < 0).head(LISTED_PER_CODE).iter_rows():
            yield mismatch(f"{name}{number}", Code.POSTING_DIFFERS, f"{yen:,}円", "0円以上", f"{account.label}の残高")


def _with_years_as_before(again: pl.DataFrame, stored: pl.DataFrame, paid: pl.DataFrame) -> pl.DataFrame:
    """年度の古い決まり: earlier versions held an excess in the year of 領収日, not in that of its payment's claim."""
    suspense = stored.filter(pl.col(Posting.ACCOUNT) == Account.SUSPENSE.value).select(
        Posting.PAYMENT_NO, pl.col(Posting.FISCAL_YEAR).alias("said_year")
    )
    rows = again.join(suspense, on=Posting.PAYMENT_NO, how="left", maintain_order="left", validate="m:1")
    rows = rows.join(paid, on=Posting.PAYMENT_NO, how="left", maintain_order="left", validate="m:1")
    is_older = (pl.col(Posting.ACCOUNT) == Account.SUSPENSE.value) & (
        pl.col("said_year") == fiscal_year_expr(pl.col(Payment.PAID_ON))
    )
    year = pl.when(is_older).then("said_year").otherwise(Posting.FISCAL_YEAR).alias(Posting.FISCAL_YEAR)
    return rows.with_columns(year).select(again.columns)


def tallies(audit: Audit) -> Iterator[Finding]:
    """累計: made again from every payload and every posting."""
    connection = audit.session.ledger.connection
    issued = (queries.issue_tallies(connection), issue_tallies(stored.issued(connection)))
    yield from compare_rows(*issued, list(IssueTally.SCHEMA)[:3], Code.TALLY_DIFFERS, "発行の累計")
    keys = list(PostingTally.SCHEMA)[:4]
    sums = pl.col(PostingTally.FIRST_PAID_ON).min(), pl.col(PostingTally.PAYMENTS, PostingTally.YEN).sum()
    kept = queries.posting_tallies(connection).group_by(keys).agg(*sums)
    computed = posting_tallies(stored.posted(connection))
    computed = computed.with_columns(pl.col(PostingTally.IS_ELQR).cast(pl.Int64))
    yield from compare_rows(kept.select(computed.columns), computed, keys, Code.TALLY_DIFFERS, "計上の累計")
