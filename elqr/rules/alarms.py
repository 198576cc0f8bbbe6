"""Alarms (警報): what keeps a night from being clean, apart from its exceptions."""

from datetime import date

import polars as pl

from elqr.vocabulary.arrival_frames import Arriving
from elqr.vocabulary.codes import Code
from elqr.vocabulary.findings import LISTED_PER_CODE, Finding, Location
from elqr.vocabulary.money_frames import APART, BESIDE, MERGED, Gap, Settled
from elqr.vocabulary.page_frames import ChannelTrend, Waiting
from elqr.vocabulary.report_frames import DailySum, DecidedPayment, EarlierPayment
from elqr.vocabulary.terms import Account, ArrivalState, Channel, Outcome, SettlementOutcome, Stage, StageGap


def alarms(decisions: pl.DataFrame, unmatched_rate: float, at_least: int) -> list[Finding]:
    """警報: conflicts with posted payments, and channels whose share of unknown keys is over `unmatched_rate`.

    `decisions` is frame DecidedPayment. Channels with fewer than `at_least` unknown keys are left out. When a sender
    changes the layout of its keys, this share rises first.
    """
    conflicts = decisions.filter(pl.col(DecidedPayment.OUTCOME) == Outcome.CONFLICTS.value).head(LISTED_PER_CODE)
    findings = [
        Finding(Location(name, no), Code.POSTED_CONFLICT, "内容が違う記録", "計上済の記録と同じ内容")
        for name, no in conflicts.select(DecidedPayment.FILE_NAME, DecidedPayment.RECORD_NO).iter_rows()
    ]
    rates = unknown_by_channel(decisions)
    unknowns = pl.col(ChannelTrend.UNKNOWN)
    over_limit = rates.filter((unknowns >= at_least) & (unknowns > pl.col(ChannelTrend.CONFIRMED) * unmatched_rate))
    for channel, count, unknown in over_limit.iter_rows():
        at = Location(field=f"チャネル {Channel(channel).label}")
        findings.append(
            Finding(
                at, Code.UNMATCHED_RATE, f"{count}件中{unknown}件（{unknown / count:.1%}）", f"{unmatched_rate:.1%}以下"
            )
        )
    return sorted(findings)


JUMP_NIGHTS = 10
_FEWEST_NIGHTS = 3


def jump_alarms(channels: pl.DataFrame, night: date, jump: float, at_least: int) -> list[Finding]:
    """該当なしの割合の急な上昇: channels whose share of unknown keys is more than `jump` over their own usual share.

    The usual share is that of the channel's last nights with 確報; with fewer than three such nights there is no alarm.
    `channels` is frame ChannelTrend of tonight and the nights before.
    """
    rows = channels.filter(pl.col(ChannelTrend.CONFIRMED) > 0).sort(ChannelTrend.NIGHT_ON)
    findings = []
    tonight = rows.filter(pl.col(ChannelTrend.NIGHT_ON) == night)
    for channel, confirmed, unknown in tonight.drop(ChannelTrend.NIGHT_ON).iter_rows():
        is_earlier = (pl.col(ChannelTrend.CHANNEL) == channel) & (pl.col(ChannelTrend.NIGHT_ON) < night)
        before = rows.filter(is_earlier).tail(JUMP_NIGHTS)
        if before.height < _FEWEST_NIGHTS:
            continue
        usual_rate = int(before[ChannelTrend.UNKNOWN].sum()) / int(before[ChannelTrend.CONFIRMED].sum())
        if unknown >= at_least and unknown / confirmed > usual_rate + jump:
            at = Location(field=f"チャネル {Channel(channel).label}")
            actual = f"{confirmed:,}件中{unknown:,}件（{unknown / confirmed:.1%}）"
            wanted = f"これまでの{before.height}夜 {usual_rate:.1%} から {jump:.1%} 以内"
            findings.append(Finding(at, Code.UNMATCHED_JUMP, actual, wanted))
    return sorted(findings)


def backlog_alarms(waiting: pl.DataFrame, night: date, days: int) -> list[Finding]:
    """要確認の滞留: exceptions undecided for more than `days` days. `waiting` is frame Waiting."""
    is_old = (pl.lit(night) - pl.col(Waiting.DECIDED_ON)).dt.total_days() > days
    old = waiting.filter(Waiting.IS_OPEN, is_old)
    if old.is_empty():
        return []
    sums = pl.col(Waiting.COUNT, Waiting.SUSPENSE_YEN).sum()
    count, yen, first = old.select(sums, pl.col(Waiting.DECIDED_ON).min()).row(0)
    actual = f"{count:,}件 仮受額 {yen:,}円（最も古い消込日 {first}）"
    return [Finding(Location(field="要確認"), Code.BACKLOG, actual, f"{days}日以内の決裁")]


def reduction_alarms(postings: pl.DataFrame) -> list[Finding]:
    """減額による過納: yen that left claims tonight because their notices were cancelled or lowered.

    `postings` is frame DailySum of the night.
    """
    reductions = postings.filter((pl.col(DailySum.ACCOUNT) == Account.SUSPENSE.value) & pl.col(DailySum.IS_REDUCTION))
    if reductions.is_empty():
        return []
    count, yen = reductions.select(pl.col(DailySum.COUNT, DailySum.YEN).sum()).row(0)
    actual = f"{count:,}件 {yen:,}円を調定から仮受へ移しました"
    return [Finding(Location(field="要確認"), Code.REDUCED, actual, "調定額までの収納")]


_REPEATED_AT_LEAST = 3


def repeat_alarms(decisions: pl.DataFrame, others: pl.DataFrame) -> list[Finding]:
    """同じファイルの再送: files in which most 確報 pay again, to the yen, what one earlier file paid on another 領収日.

    `decisions` is frame DecidedPayment. `others` (frame EarlierPayment) are the earlier payments that they name.
    """
    confirmed = decisions.filter(pl.col(DecidedPayment.STAGE) == Stage.CONFIRMED.value)
    file, paid_on, paid_yen = DecidedPayment.FILE_NAME, DecidedPayment.PAID_ON, DecidedPayment.PAID_YEN
    before = others.select(
        pl.col(EarlierPayment.PAYMENT_NO).alias(DecidedPayment.OTHER_PAYMENT_NO), EarlierPayment.CHANNEL,
        EarlierPayment.PAID_YEN, pl.col(EarlierPayment.PAID_ON).alias("before_on"),
        pl.col(EarlierPayment.FILE_NAME).alias("before_file"),
    )  # fmt: skip
    again = confirmed.filter(pl.col(DecidedPayment.OUTCOME) == Outcome.ALREADY_SETTLED.value).join(
        before, on=[DecidedPayment.OTHER_PAYMENT_NO, DecidedPayment.CHANNEL, paid_yen], how="inner", validate="m:1"
    )
    again = again.filter((pl.col(file) != pl.col("before_file")) & (pl.col(paid_on) != pl.col("before_on")))
    pairs = again.group_by(file, paid_on, "before_file", "before_on").agg(
        pl.len().cast(pl.Int64).alias("repeated"), pl.col(paid_yen).sum()
    )
    sizes = confirmed.group_by(file).agg(pl.len().cast(pl.Int64).alias("size"))
    rows = pairs.join(sizes, on=file, validate="m:1")
    rows = rows.filter((pl.col("repeated") >= _REPEATED_AT_LEAST) & (2 * pl.col("repeated") > pl.col("size")))
    findings = []
    for name, day, before_file, before_on, repeated, yen, size in rows.iter_rows():
        actual = f"{size:,}件中{repeated:,}件 {yen:,}円（領収日 {day}）"
        wanted = f"{before_file} の領収日 {before_on} の収納と別の収納"
        findings.append(Finding(Location(name), Code.FILE_REPEATED, actual, wanted))
    return sorted(findings)


_ARRIVAL_CODES = {
    ArrivalState.MISSING.value: Code.FILE_MISSING,
    ArrivalState.SHORT.value: Code.FILES_SHORT,
    ArrivalState.OUT_OF_SEQUENCE.value: Code.FILE_SEQUENCE,
}
_HOLIDAYS_AHEAD = 60


def arrival_alarms(rows: pl.DataFrame, holidays_until: date | None, night: date) -> list[Finding]:
    """到着の警報: files (frame Arriving) that are missing, too few or out of sequence, and holidays that run out."""
    findings = []
    for row in rows.filter(pl.col(Arriving.STATE).is_in(list(_ARRIVAL_CODES))).iter_rows(named=True):
        code = _ARRIVAL_CODES[row[Arriving.STATE]]
        is_number = code is Code.FILE_SEQUENCE
        at = Location(field=row[Arriving.NAME] + ("" if is_number else f" {row[Arriving.DUE_ON]} の分"))
        actual = row[Arriving.FILES] if is_number else f"{row[Arriving.ARRIVED]}ファイル"
        wanted = "続いた連番" if is_number else f"{row[Arriving.COUNT]}ファイル（期限 {row[Arriving.LIMIT_ON]}）"
        findings.append(Finding(at, code, actual, wanted))
    if holidays_until is not None and (holidays_until - night).days < _HOLIDAYS_AHEAD:
        findings.append(
            Finding(Location(field="祝日の表"), Code.HOLIDAYS_END, f"{holidays_until} まで", "この先の年の祝日")
        )
    return sorted(findings)


_MONEY_CODES = {
    SettlementOutcome.DIFFERS.value: Code.MONEY_DIFFERS,
    SettlementOutcome.NO_MONEY.value: Code.MONEY_LACKING,
    SettlementOutcome.NO_PAYMENTS.value: Code.PAYMENTS_LACKING,
    SettlementOutcome.NO_FUNDS_DAY.value: Code.FUNDS_DAY_LACKING,
    SettlementOutcome.NO_CONTRACT.value: Code.CONTRACT_LACKING,
}
_GAP_CODES = {
    StageGap.PRELIMINARY_ONLY.value: Code.CONFIRMATION_OVERDUE,
    StageGap.CONFIRMED_ONLY.value: Code.PRELIMINARY_LACKING,
}

_DOUBTS = {
    MERGED: "口座がないので同じ入金とみなし数えていない",
    APART: "依頼人が違うので別の入金として数えた",
    BESIDE: "口座がないが、整理番号かファイルの中の行が別なので別の入金として数えた",
}


def money_alarms(lines: pl.DataFrame, gaps: pl.DataFrame, doubts: pl.DataFrame) -> list[Finding]:
    """払込突合の警報: lines that do not agree, contracts with missing 速報 or 確報, and doubtful deposits.

    `lines` is frame Settled, `gaps` frame Gap, `doubts` frame Doubt.
    """
    findings = []
    for row in lines.filter(pl.col(Settled.OUTCOME).is_in(list(_MONEY_CODES))).iter_rows(named=True):
        day_title = "資金化日" if row[Settled.PAYMENTS] else "入金日"
        day = "" if row[Settled.FROM_ON] is None else f" {day_title} {row[Settled.FROM_ON]}"
        expected_yen = row[Settled.PAYMENT_YEN] - row[Settled.FEE_YEN]
        fee = f"－手数料 {row[Settled.FEE_YEN]:,}円" if row[Settled.FEE_YEN] else ""
        findings.append(
            Finding(
                Location(field=f"{row[Settled.CONTRACT] or '契約なしの入金'}{day}"),
                _MONEY_CODES[row[Settled.OUTCOME]],
                f"入金 {row[Settled.MONEY_YEN]:,}円",
                f"{expected_yen:,}円（収納 {row[Settled.PAYMENTS]:,}件 {row[Settled.PAYMENT_YEN]:,}円{fee}）",
            )
        )
    sums = gaps.group_by(Gap.GAP, Gap.CONTRACT).agg(pl.len(), pl.col(Gap.PAID_YEN).sum(), pl.col(Gap.PAID_ON).min())
    for gap, contract, count, yen, first in sums.iter_rows():
        at = Location(field=contract or "契約なし")
        findings.append(Finding(at, _GAP_CODES[gap], f"{count:,}件 {yen:,}円（最も古い領収日 {first}）", "0件"))
    for name, no, on, yen, why, other in doubts.iter_rows():
        at, wanted = Location(name, no), f"{other} の入金と、一件か二件か"
        findings.append(Finding(at, Code.DEPOSIT_DOUBTFUL, f"入金日 {on} {yen:,}円（{_DOUBTS[why]}）", wanted))
    return sorted(findings)


def unknown_by_channel(decisions: pl.DataFrame) -> pl.DataFrame:
    """チャネルごとの該当なし of one night: frame ChannelTrend without night_on. `decisions` is frame DecidedPayment."""
    rows = decisions.filter(pl.col(DecidedPayment.STAGE) == Stage.CONFIRMED.value)
    confirmed = pl.len().cast(pl.Int64).alias(ChannelTrend.CONFIRMED)
    unknown = (pl.col(DecidedPayment.OUTCOME) == Outcome.KEY_UNKNOWN.value).sum().cast(pl.Int64)
    by_channel = rows.group_by(DecidedPayment.CHANNEL).agg(confirmed, unknown.alias(ChannelTrend.UNKNOWN))
    return by_channel.sort(DecidedPayment.CHANNEL)
