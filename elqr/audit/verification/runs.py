"""Runs (実行の検算): the hash chain, its anchors that were kept elsewhere, and what each run says it did."""

import hashlib
from collections.abc import Iterator

import polars as pl

from elqr.audit.verification.audit import Audit, mismatch
from elqr.audit.verification.identity import expected_run_no
from elqr.rules.rulings import fingerprint
from elqr.store.queries import reviews as review_queries
from elqr.store.queries import verification as queries
from elqr.vocabulary.audit_frames import CarriedRuling, DecisionBeside, EnteredPosting, TakenFile
from elqr.vocabulary.codes import Code
from elqr.vocabulary.findings import LISTED_PER_CODE, Finding
from elqr.vocabulary.frames import Decision, Move, Posting
from elqr.vocabulary.ruling_terms import Ruling, RulingResult
from elqr.vocabulary.terms import Account, Place


def chain(audit: Audit) -> Iterator[Finding]:
    """実行の連鎖: every link has the hash of its content, and names the hash of the link before."""
    previous, number = "", 0
    for run in audit.runs():
        number = expected_run_no(run, number + 1)
        audit.count("実行の記録", 1)
        where = f"実行 {run['run_id']}"
        if run["run_no"] != number:
            yield mismatch(where, Code.CHAIN_BROKEN, f"{run['run_no']}番", f"{number}番")
        if run["previous_hash"] != previous:
            yield mismatch(where, Code.CHAIN_BROKEN, run["previous_hash"][:16], previous[:16], "前の実行の照合値")
        computed = hashlib.sha256(f"{run['previous_hash']}\n{run['run_id']}\n{run['entry']}".encode()).hexdigest()
        if computed != run["hash"]:
            yield mismatch(where, Code.CHAIN_BROKEN, run["hash"][:16], computed[:16], "照合値")
        if not run["run_id"].startswith(run["night_on"].replace("-", "")):
            yield mismatch(where, Code.CHAIN_BROKEN, run["night_on"], run["run_id"][:8], "処理日")
        previous = run["hash"]


def anchors(audit: Audit) -> Iterator[Finding]:
    """照合値の控え: each is a run of this ledger's chain."""
    links = audit.runs() if audit.anchors else []
    for anchor in audit.anchors:
        audit.count("照合値の控え", 1)
        numbers = [run["run_no"] for run in links if run["hash"].startswith(anchor.run_hash)]
        if anchor.run_no in numbers or (numbers and not anchor.run_no):
            continue
        run_hash = next((run["hash"][:16] for run in links if run["run_no"] == anchor.run_no), "")
        actual = run_hash or f"最後の実行は {len(links)}番"
        yield mismatch(
            anchor.source, Code.ANCHOR_LOST, actual, f"{anchor.run_no or ''}:{anchor.run_hash[:16]}", "照合値"
        )


def runs(audit: Audit) -> Iterator[Finding]:
    """実行の記録: the places and yen of each night, its input files, and what each approval moved."""
    connection = audit.session.ledger.connection
    places: dict[tuple[str, str], list[int]] = {}
    posted: dict[str, int] = {}
    reduced: dict[str, int] = {}
    inputs: dict[str, str] = {}
    moved: dict[int, int] = {}
    withdrawn: dict[int, int] = {}
    ended_on: dict[int, str] = {}
    for run in audit.runs():
        on, entry = run["night_on"], run["read"]
        for place, (count, yen) in entry.get("places", {}).items():
            sums = places.setdefault((on, place), [0, 0])
            sums[0], sums[1] = sums[0] + count, sums[1] + yen
        posted[on] = posted.get(on, 0) + entry.get("posted_yen", 0)
        reduced[on] = reduced.get(on, 0) + entry.get("reduced", (0, 0))[1]
        inputs |= dict.fromkeys(entry.get("inputs", []), on)
        if "review" in entry:
            moved[entry["review"]] = entry["moved_yen"]
            withdrawn[entry["review"]] = entry.get("withdrawn_yen", 0)
            rulings_of_review = review_queries.rulings_of(connection, entry["review"])
            if (computed := fingerprint(rulings_of_review)) != entry["rulings"]:
                yield mismatch(
                    f"申請 {entry['review']}", Code.RULING_DIFFERS, computed[:16], entry["rulings"][:16], "照合値"
                )
            ended_on[entry["review"]] = on
    postings = queries.postings(connection)
    yield from _check_places(queries.files(connection), queries.decisions(connection), places)
    yield from _check_posted_yen(postings, posted)
    yield from _check_reduced_yen(postings, reduced)
    for sha256, decided_on in queries.files(connection).select(TakenFile.SHA256, TakenFile.DECIDED_ON).iter_rows():
        if (recorded_on := inputs.get(sha256)) != (decided_on and str(decided_on)):
            yield mismatch(
                f"ファイル {sha256[:16]}", Code.RUN_DIFFERS, decided_on, recorded_on or "記録がない", "消し込んだ日"
            )
    rulings = queries.rulings(connection)
    ended = rulings.drop_nulls(CarriedRuling.NIGHT_ON)
    for number, review_no, on in ended.select(
        CarriedRuling.RULING_NO, CarriedRuling.REVIEW_NO, CarriedRuling.NIGHT_ON
    ).iter_rows():
        if ended_on.get(review_no) != on:
            yield mismatch(f"決裁 {number}", Code.RULING_DIFFERS, on, ended_on.get(review_no, "記録がない"), "処理日")
    yield from _check_moves(rulings, postings, moved)
    yield from _check_withdrawn_yen(rulings, postings, withdrawn)
    yield from _check_undone_rulings(rulings, postings)


def _check_places(
    files: pl.DataFrame, decisions: pl.DataFrame, recorded_sums: dict[tuple[str, str], list[int]]
) -> Iterator[Finding]:
    """夜ごとの行き先: count and yen of each place, computed from the decisions and as the runs say."""
    nights, decided_on = files.select(TakenFile.FILE_NO, TakenFile.DECIDED_ON), pl.col(TakenFile.DECIDED_ON)
    rows = decisions.join(nights, on=TakenFile.FILE_NO).filter(decided_on.is_not_null())
    by_place = rows.group_by(decided_on.cast(pl.String), Decision.PLACE)
    sums = by_place.agg(pl.len(), pl.col(DecisionBeside.PAID_YEN).sum())
    decided = {(on, place): [count, yen] for on, place, count, yen in sums.iter_rows()}
    for on, place in sorted(set(decided) | {key for key, computed in recorded_sums.items() if any(computed)}, key=str):
        computed, recorded = decided.get((on, place), [0, 0]), recorded_sums.get((on, place), [0, 0])
        if computed != recorded:
            label = Place(place).label if place in set(Place) else str(place)
            actual, expected = (f"{count}件 {yen:,}円" for count, yen in (computed, recorded))
            yield mismatch(f"夜 {on}", Code.RUN_DIFFERS, actual, expected, label)


def _check_posted_yen(postings: pl.DataFrame, recorded: dict[str, int]) -> Iterator[Finding]:
    """夜ごとの計上額: computed from the postings and as the runs say."""
    first = postings.filter(pl.col(Move.REVERSES_NO).is_null()).group_by(EnteredPosting.NIGHT_ON)
    sums: dict[str, int] = dict(first.agg(pl.col(Posting.YEN).sum()).iter_rows())
    for on in sorted(set(sums) | {on for on, yen in recorded.items() if yen}):
        if sums.get(on, 0) != recorded.get(on, 0):
            yield mismatch(
                f"夜 {on}", Code.RUN_DIFFERS, f"{sums.get(on, 0):,}円", f"{recorded.get(on, 0):,}円", "計上額"
            )


def _check_reduced_yen(postings: pl.DataFrame, recorded: dict[str, int]) -> Iterator[Finding]:
    """夜ごとの減額による過納: computed and as the runs say; what was taken off claims went into suspense."""
    yen, is_suspense = pl.col(Posting.YEN), pl.col(Posting.ACCOUNT) == Account.SUSPENSE.value
    reduced = postings.filter(EnteredPosting.IS_REDUCTION).group_by(EnteredPosting.NIGHT_ON)
    sums = reduced.agg(yen.filter(is_suspense).sum().alias("into"), -yen.filter(~is_suspense).sum())
    by_night = {on: (into, off) for on, into, off in sums.iter_rows()}
    for on in sorted(by_night.keys() | {on for on, yen in recorded.items() if yen}):
        into, off = by_night.get(on, (0, 0))
        if not into == off == recorded.get(on, 0):
            text = f"仮受へ {into:,}円・調定から {off:,}円"
            yield mismatch(f"夜 {on}", Code.RUN_DIFFERS, text, f"{recorded.get(on, 0):,}円", "減額による過納")


def _check_moves(rulings: pl.DataFrame, postings: pl.DataFrame, recorded: dict[int, int]) -> Iterator[Finding]:
    """決裁の仕訳: what each ruling moved, as it says itself and as the run of its approval says."""
    move_postings = postings.filter(pl.col(Move.RULING_NO).is_not_null())
    ruled_payments = rulings.select(Move.RULING_NO, Posting.PAYMENT_NO)
    in_suspense = move_postings.filter(pl.col(Posting.ACCOUNT) == Account.SUSPENSE.value)
    suspense = in_suspense.join(ruled_payments, on=[Move.RULING_NO, Posting.PAYMENT_NO], how="semi")
    by_ruling = dict(suspense.group_by(Move.RULING_NO).agg(pl.col(Posting.YEN).sum()).iter_rows())
    sums = dict(move_postings.group_by(Move.RULING_NO).agg(pl.col(Posting.YEN).sum()).iter_rows())
    review_yen: dict[int, int] = {}
    for row in rulings.iter_rows(named=True):
        number, where = row["ruling_no"], f"決裁 {row['ruling_no']}"
        if sums.get(number, 0):
            yield mismatch(where, Code.RULING_DIFFERS, f"{sums[number]:,}円", "0円", "仕訳の合計")
        if row["result"] is None:
            continue
        change = row["after_yen"] - row["before_yen"]
        if change != by_ruling.get(number, 0):
            yield mismatch(where, Code.RULING_DIFFERS, f"{by_ruling.get(number, 0):,}円", f"{change:,}円", "仮受の動き")
        if row["result"] != RulingResult.APPROVED.value and number in sums:
            yield mismatch(where, Code.RULING_DIFFERS, "仕訳がある", "仕訳がない（承認されていない）")
        review_yen[row["review_no"]] = review_yen.get(row["review_no"], 0) - change
    for review_no, yen in review_yen.items():
        if recorded.get(review_no) != yen:
            recorded_yen = recorded.get(review_no, "実行の記録にない")
            yield mismatch(f"申請 {review_no}", Code.RULING_DIFFERS, f"{yen:,}円", recorded_yen)
    is_unruled = pl.col(Move.RULING_NO).is_null() & ~pl.col(EnteredPosting.IS_REDUCTION)
    unruled = postings.filter(pl.col(Move.REVERSES_NO).is_not_null() & is_unruled)
    for number in unruled[EnteredPosting.POSTING_NO].head(LISTED_PER_CODE):
        yield mismatch(f"仕訳 {number}", Code.RULING_DIFFERS, "決裁がない", "付け替えの仕訳には決裁がある")


def _check_withdrawn_yen(rulings: pl.DataFrame, postings: pl.DataFrame, recorded: dict[int, int]) -> Iterator[Finding]:
    """送付元の取消: what each approval withdrew, computed and as its run says."""
    withdrawn = postings.filter(pl.col(Posting.ACCOUNT) == Account.WITHDRAWN.value)
    rows = withdrawn.join(rulings.select(Move.RULING_NO, CarriedRuling.REVIEW_NO), on=Move.RULING_NO, how="left")
    sums: dict[int, int] = dict(rows.group_by(CarriedRuling.REVIEW_NO).agg(pl.col(Posting.YEN).sum()).iter_rows())
    for review_no in sorted(sums.keys() | {number for number, yen in recorded.items() if yen}, key=str):
        computed_yen, recorded_yen = sums.get(review_no, 0), recorded.get(review_no, 0)
        if computed_yen != recorded_yen:
            where = f"申請 {review_no}"
            yield mismatch(where, Code.RULING_DIFFERS, f"{computed_yen:,}円", f"{recorded_yen:,}円", "送付元の取消")


def _check_undone_rulings(rulings: pl.DataFrame, postings: pl.DataFrame) -> Iterator[Finding]:
    """決裁の取消: each posting of an undone ruling is reversed whole, on its account or from its claim into suspense.

    What a night had already moved from the claim into suspense stays there, so the same yen are missing on both sides.
    """
    is_approved = pl.col(CarriedRuling.RESULT) == RulingResult.APPROVED.value
    is_undo = (pl.col(CarriedRuling.RULING) == Ruling.UNDO.value) & is_approved
    undo = rulings.filter(is_undo).select(pl.col(Move.RULING_NO).alias("undo_no"), CarriedRuling.UNDOES_NO)
    names = (EnteredPosting.POSTING_NO, Posting.PAYMENT_NO, Posting.ACCOUNT, Posting.CLAIM_NO, Posting.YEN)
    original = undo.join(postings, left_on=CarriedRuling.UNDOES_NO, right_on=Move.RULING_NO).select("undo_no", *names)
    reversal = undo.join(postings, left_on="undo_no", right_on=Move.RULING_NO)
    rows = original.join(
        reversal.select("undo_no", pl.col(Move.REVERSES_NO).alias(EnteredPosting.POSTING_NO), *names[1:]),
        on=["undo_no", EnteredPosting.POSTING_NO], how="full", coalesce=True, suffix="_back",
    )  # fmt: skip
    same = [pl.col(name).eq_missing(pl.col(f"{name}_back")) for name in names[1:4]]
    is_held = (pl.col(f"{Posting.ACCOUNT}_back") == Account.SUSPENSE.value) & (
        pl.col(Posting.ACCOUNT) == Account.CLAIM.value
    )
    is_held = is_held & (pl.col(Posting.YEN) < 0) & same[0]
    rest_yen = pl.col(Posting.YEN).first() + pl.col(f"{Posting.YEN}_back").sum()
    is_moved = pl.col(f"{Posting.YEN}_back").is_not_null()
    is_right = pl.when(is_moved).then(pl.all_horizontal(*same) | is_held).otherwise(True).fill_null(False)
    keys = [pl.col(name).first() for name in (Posting.PAYMENT_NO, Posting.ACCOUNT)]
    by_posting = rows.group_by("undo_no", EnteredPosting.POSTING_NO)
    sums = by_posting.agg(is_right.all().alias("all_right"), rest_yen.alias("rest_yen"), *keys)
    stays = pl.col("rest_yen").sum().over("undo_no", Posting.PAYMENT_NO) == 0
    sides = {Account.CLAIM: pl.col("rest_yen") > 0, Account.SUSPENSE: pl.col("rest_yen") < 0}
    was_held = pl.any_horizontal(
        *((pl.col(Posting.ACCOUNT) == account.value) & side for account, side in sides.items())
    )
    is_balanced = (pl.col("rest_yen") == 0) | (stays & was_held)
    wrong = sums.filter(~pl.col("all_right") | ~is_balanced.fill_null(False))
    for number in wrong["undo_no"].unique().sort().head(LISTED_PER_CODE):
        yield mismatch(
            f"決裁 {number}", Code.RULING_DIFFERS, "取り消した仕訳と違う", "元の決裁の仕訳の反対", "決裁の取消"
        )
