"""The book of 過誤納整理簿 (過誤納整理簿のブック): the cases, and the next step of each payout, to be filled in.

Which steps a row offers follows from its state; a row whose state allows none takes no entry.
"""

from dataclasses import replace

import polars as pl

from elqr.report.books import DIGEST, MARKS, ROWS, DrawnFrom, book_facts, plain_column, with_marks
from elqr.report.excel import row_mark
from elqr.report.excel.book import Book, Check, Column, Entry, Fact, Sheet
from elqr.report.tables.refunds import KIND, STATE, TITLE
from elqr.report.tables.table import Style, Table
from elqr.rules.payout_steps import DONE, INTEREST, NUMBER, PAYEE, REASON, STAFF, STEP, STEPS, steps_after
from elqr.vocabulary.meanings import RULING_MEANINGS
from elqr.vocabulary.ruling_terms import NUMBERED, Ruling
from elqr.vocabulary.terms import NightBook

REFUND_FORM = "elqr-refund-1"
"""様式の名 of a book that comes back with steps of payouts. The number rises when its columns change their meaning."""

REFUND_BOOK = NightBook.REFUNDS.file_name
_HELD_YEN, _CASE_YEN = "還付・充当候補額", "過誤納額"
_PRINTED = (
    "受付番号", STATE, KIND, "手続", "通知書番号", "期別", "領収日", "経過日数", _HELD_YEN, "加算金（計算）",
    "時効完成日", "ほかの未納",
)  # fmt: skip
_WIDTHS = {STATE: 17, KIND: 11, "手続": 15, "通知書番号": 17, "ほかの未納": 42}
_ALWAYS = tuple(step.label for step in STEPS)
_DECIDED = Ruling.REFUND_DECIDED.label
_NEXT = {standing.label: labels for standing in Ruling if (labels := tuple(s.label for s in steps_after(standing)))}
_ENTRIES = (
    Column(
        STEP,
        most_width=13,
        entry=Entry("状態の次に進める一歩を、一覧から選びます。", chosen_by=STATE, choices_of=_NEXT),
    ),
    Column(
        DONE,
        Style.DATE,
        most_width=11,
        entry=Entry("決定日、支払日、返戻日など。先の日付は書けません。", needed_for=_ALWAYS),
    ),
    Column(
        NUMBER,
        most_width=14,
        entry=Entry(
            "決定番号、伝票番号など。還付決定、還付支払済、返還済では必ず書きます。",
            most_chars=100,
            needed_for=tuple(step.label for step in NUMBERED),
        ),
    ),
    Column(
        INTEREST,
        Style.YEN,
        most_width=12,
        entry=Entry(f"{_DECIDED}のときに書きます。なければ 0 と書きます。", needed_for=(_DECIDED,)),
    ),
    Column(
        PAYEE,
        most_width=18,
        entry=Entry(f"{_DECIDED}のとき、納付者と違う人に還付するなら書きます。", most_chars=40),
    ),
    Column(
        REASON,
        most_width=18,
        entry=Entry("なぜそうしたか。後で監査に答えられるように書きます。", most_chars=500, needed_for=_ALWAYS),
    ),
    Column(STAFF, most_width=9, entry=Entry("決めた人の名前。", most_chars=40, needed_for=_ALWAYS)),
)
_GUIDE = (
    ("書くところ", ""),
    ("1", f"見出しが茶色で地が薄い黄色の{len(_ENTRIES)}列（{STEP}から{STAFF}まで）だけに書きます。"),
    ("2", "一歩の一覧には、その行の状態から進めるものだけが出ます。灰色の行には書けません（要確認一覧で決めます）。"),
    ("3", "一歩を選んだ行の、足りない欄は赤くなります。進めない行は空のままにします。"),
    ("4", "日付は 2026/11/20 のように書きます。R8.11.20 のように見せますが、中身は日付です。"),
    ("5", f"{INTEREST}は{_DECIDED}の行に、「加算金（計算）」と右の「加算金の計算」を見て書きます。なければ 0 です。"),
    ("6", "「ほかの未納」は同じ宛名番号の未納です。充てるなら、還付候補にする前に、要確認一覧で「充当」を選びます。"),
    ("7", "ほかの欄は保護しています（パスワードなし）。右端の隠れた2列は行を確かめるものです。変えないでください。"),
    ("8", "取り込むと申請になります。別の人が承認するまで、お金も状態も動きません。"),
    ("一歩の意味", ""),
    *((step.label, RULING_MEANINGS[step]) for step in STEPS),
)  # fmt: skip


def refund_book(file_name: str, drawn_from: DrawnFrom, table: Table, row_marks: pl.DataFrame) -> Book:
    """過誤納整理簿のブック of `table`; `row_marks` are the marks of its rows."""
    title = f"{TITLE}（還付の記入用）"
    sheet = _sheet(table, row_marks)
    facts = (
        *book_facts(drawn_from, title, REFUND_FORM),
        Fact(ROWS, "過誤納の件数", table.height),
        Fact("suspense_yen", "還付・充当候補額の合計", table.total(_HELD_YEN)),
        Fact(DIGEST, "全行の照合値", row_mark.digest(sheet.table.frame)),
    )
    return Book(file_name, title, drawn_from.city, drawn_from.night_on, (sheet,), facts, _GUIDE)


def _sheet(table: Table, row_marks: pl.DataFrame) -> Sheet:
    """整理簿のシート: the cases with their marks, the columns to fill in, and checks of each state's sums."""
    frame = with_marks(table.frame, row_marks)
    styles = {heading.name: heading.style for heading in table.headings}
    printed = tuple(plain_column(name, styles[name], True, _WIDTHS.get(name, 24)) for name in _PRINTED)
    details = tuple(plain_column(name, style, False) for name, style in styles.items() if name not in _PRINTED)
    checks = []
    for state in frame[STATE].unique(maintain_order=True).to_list():
        rows = frame.filter(pl.col(STATE) == state)
        checks.append(Check("行の数", rows.height, where=(STATE, state)))
        checks += [Check(name, int(rows[name].sum()), name, (STATE, state)) for name in (_CASE_YEN, _HELD_YEN)]
    columns = (*printed, *_ENTRIES, *details, *MARKS)
    return Sheet(replace(table, frame=frame), columns, tuple(checks), frozen_columns=2, is_protected=True)
