"""還付の一歩の記入: what is refused, and where, written from the manual's chapter on 還付と返還."""

from datetime import date

import polars as pl
import pytest

from elqr.rules.payout_steps import judge_steps, read_entries
from elqr.vocabulary.codes import Code
from elqr.vocabulary.ruling_frames import DraftStep

NIGHT = date(2026, 11, 20)
_WHOLE = {
    "line_no": 8, "identity": "a:1", "row_mark": "m", "row_mark_now": "m", "state_now": "還付候補 10,000円", "altered": "",
    "formula": "", "step_said": "還付決定", "done_said": "2026-11-18", "number": "5", "interest_said": "0", "payee_ref": "",
    "reason": "理由", "staff": "山田", "payment_no": 2, "standing": "refund", "stood_on": None, "stood_number": None, "before_yen": 10_000, "after_yen": 10_000,
    "falls_on": date(2026, 11, 5), "held_yen": 10_000, "refunded_yen": 0, "barred_on": date(2026, 11, 19), "mark": "x", "is_waiting": False,
    "waiting_review_no": None, "waiting_said": None, "waiting_is_same": None, "is_done": None,
}  # fmt: skip
"""還付決定 of a candidate of 10,000 yen, as it may be."""


def _judged(**given: object):  # type: ignore[no-untyped-def]
    schema = {name: dtype for name, dtype in DraftStep.SCHEMA.items() if name in _WHOLE}
    return judge_steps(read_entries(pl.DataFrame([_WHOLE | given], schema=schema)), NIGHT, "b.xlsx")


_PAID = {"standing": "paid_out", "step_said": "還付返戻", "after_yen": 0, "held_yen": 0, "refunded_yen": 10_000, "number": "", "interest_said": ""}  # fmt: skip
_DECIDED = {"standing": "refund_decided", "step_said": "還付支払済", "interest_said": ""}
GOOD = [
    ("還付決定", {}, date(2026, 11, 18), 0),
    ("加算金のある決定", {"interest_said": "1,200円"}, date(2026, 11, 18), 1_200),
    ("全角の額", {"interest_said": "１２００"}, date(2026, 11, 18), 1_200),
    ("Excelの日付", {"done_said": "2026-11-18T00:00:00"}, date(2026, 11, 18), 0),
    ("斜線の日付", {"done_said": "2026/11/8"}, date(2026, 11, 8), 0),
    ("和暦", {"done_said": "令和8年11月18日"}, date(2026, 11, 18), 0),
    ("決定のやり直し", {"standing": "refund_decided"}, date(2026, 11, 18), 0),
    ("支払", _DECIDED, date(2026, 11, 18), 0),
    ("番号のない返戻", _PAID, date(2026, 11, 18), 0),
    ("時効完成日の時効", {"step_said": "時効", "done_said": "2026-11-19", "number": "", "interest_said": ""}, date(2026, 11, 19), 0),
]  # fmt: skip


@pytest.mark.parametrize(("given", "done_on", "yen"), [row[1:] for row in GOOD], ids=[row[0] for row in GOOD])
def test_a_step_is_read_as_people_write_it(given: dict[str, object], done_on: date, yen: int) -> None:
    judged = _judged(**given)
    assert judged.findings == ()
    assert judged.good.select(DraftStep.DONE_ON, DraftStep.INTEREST_YEN).rows() == [(done_on, yen)]


BAD = [
    ("ない収納", {"payment_no": None}, Code.ROW_UNKNOWN, "行の識別", "a:1"),
    ("変わった行", {"row_mark_now": "n"}, Code.ROW_STALE, "行の照合値", "還付候補 10,000円"),
    ("時効の前の日", {"step_said": "時効", "number": "", "interest_said": ""}, Code.RULING_UNFIT, "一歩", "受付2の時効完成日は 2026-11-19 です。それより前に時効にはできません"),
    ("書き換えた欄", {"altered": "領収額 1"}, Code.ROW_ALTERED, "", "領収額 1"),
    ("数式", {"formula": "N8"}, Code.FORMULA, "", "N8"),
    ("ない言葉", {"step_said": "返金"}, Code.RULING_UNKNOWN, "一歩", "返金"),
    ("一歩が空", {"step_said": ""}, Code.RULING_UNKNOWN, "一歩", ""),
    ("前の一歩がない", {"step_said": "還付支払済"}, Code.RULING_UNFIT, "一歩", "還付支払済"),
    ("要確認の行", {"standing": None}, Code.RULING_UNFIT, "一歩", "還付決定"),
    ("日付が空", {"done_said": ""}, Code.RULING_INCOMPLETE, "日付", "空欄"),
    ("読めない日付", {"done_said": "11月18日"}, Code.RULING_UNFIT, "日付", "11月18日"),
    ("ない日付", {"done_said": "2026-02-30"}, Code.RULING_UNFIT, "日付", "2026-02-30"),
    ("日付でない数", {"done_said": "20261118"}, Code.RULING_UNFIT, "日付", "20261118"),
    ("先の日付", {"done_said": "2026-11-21"}, Code.RULING_UNFIT, "日付", "2026-11-21"),
    ("番号が空", {"number": ""}, Code.RULING_INCOMPLETE, "番号", "空欄"),
    ("加算金が空", {"interest_said": ""}, Code.RULING_INCOMPLETE, "決めた加算金", "空欄"),
    ("読めない額", {"interest_said": "千円"}, Code.RULING_UNFIT, "決めた加算金", "千円"),
    ("小数の額", {"interest_said": "1200.5"}, Code.RULING_UNFIT, "決めた加算金", "1200.5"),
    ("負の額", {"interest_said": "-1"}, Code.RULING_UNFIT, "決めた加算金", "-1"),
    ("支払の加算金", _DECIDED | {"interest_said": "0"}, Code.RULING_UNFIT, "決めた加算金", "0"),
    ("支払の還付先", _DECIDED | {"payee_ref": "8800"}, Code.RULING_UNFIT, "別の還付先の宛名番号", "8800"),
    ("理由が空", {"reason": ""}, Code.RULING_INCOMPLETE, "一歩の理由", "空欄"),
    ("担当が空", {"staff": ""}, Code.RULING_INCOMPLETE, "担当", "空欄"),
    ("収納より前", {"done_said": "2026-11-04"}, Code.RULING_UNFIT, "一歩", "受付2の収納の日は 2026-11-05 です。それより前の日付は書けません"),
    (
        "前の一歩より前", _DECIDED | {"stood_on": date(2026, 11, 19)}, Code.RULING_UNFIT, "一歩",
        "受付2の還付決定は 2026-11-19 です。それより前の日付は書けません",
    ),
    ("仮受なし", {"held_yen": 0}, Code.RULING_UNFIT, "一歩", "受付2の仮受は 0円です"),
    (
        "額の変わった支払", _DECIDED | {"held_yen": 4_000}, Code.RULING_UNFIT, "一歩",
        "受付2の今の仮受額は「還付決定」のときと違います。今の額で決め直してください",
    ),
    (
        "仮受もある返戻", _PAID | {"held_yen": 1}, Code.RULING_UNFIT, "一歩",
        "受付2には仮受の額もあります。先に要確認で決めてください",
    ),
    (
        "待つ決裁", {"waiting_review_no": 7, "waiting_said": "少額", "waiting_is_same": False}, Code.RULING_WAITING, "一歩",
        "申請7の「少額」",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("given", "code", "column", "actual"), [row[1:] for row in BAD], ids=[row[0] for row in BAD])
def test_what_cannot_be_is_refused_at_its_cell(given: dict[str, object], code: Code, column: str, actual: str) -> None:
    judged = _judged(**given)
    assert judged.good.is_empty()
    (finding,) = judged.findings
    assert (finding.code, finding.at.record_no, finding.at.field, finding.actual) == (code, 8, column, actual)


def test_a_row_that_repeats_what_waits_is_counted() -> None:
    judged = _judged(waiting_review_no=7, waiting_said="還付決定", waiting_is_same=True)
    assert (judged.good.height, judged.same, judged.findings) == (0, 1, ())
    done = _judged(is_done=True, row_mark="before", standing="refund_decided")
    assert (done.good.height, done.same, done.findings) == (0, 1, ()), "nothing else about it matters"


def test_a_wrong_day_is_told_as_a_day_and_not_as_a_wrong_decision() -> None:
    (finding,) = _judged(done_said="2026-11-21").findings
    assert "日付" in str(finding) and "正: 2026-11-20 まで" in str(finding) and "選び直して" not in str(finding)
