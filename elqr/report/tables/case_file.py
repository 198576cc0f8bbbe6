"""Case files (明細): the details of a payment on the page: its record as delivered, its keys, its claims' history.

They are plain lists for a script to show; every text is made here. A claim is written once, however many payments
name it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import polars as pl

from elqr.arithmetic.wareki import wareki_year
from elqr.formats.intake.raw_records import Original
from elqr.report.tables.daily import move_cause
from elqr.report.tables.night import installment_name, labels_of, procedure_name
from elqr.rules.register import Register
from elqr.vocabulary.frames import Column, Frame
from elqr.vocabulary.page_frames import CaseClaim, CaseKeys, ClaimNotice, ClaimPosting, NearNotice, SuspensePosting
from elqr.vocabulary.terms import Channel, KeyKind


@dataclass(frozen=True, slots=True)
class Cases:
    """明細のもと: what the ledger and the archive have on the payments whose details the page shows."""

    keys: pl.DataFrame = field(default_factory=CaseKeys.empty)
    claims: pl.DataFrame = field(default_factory=CaseClaim.empty)
    notices: pl.DataFrame = field(default_factory=ClaimNotice.empty)
    postings: pl.DataFrame = field(default_factory=ClaimPosting.empty)
    suspense: pl.DataFrame = field(default_factory=SuspensePosting.empty)
    near: pl.DataFrame = field(default_factory=NearNotice.empty)
    originals: Mapping[int, Original] = field(default_factory=dict)


def case_files(cases: Cases, frame: pl.DataFrame, register: Register) -> dict[str, object]:
    """明細 for the script: `layouts`, `cases` by 受付番号 and `claims` by number. `frame` is the list of the page."""
    layouts: dict[_Layout, int] = {}
    records = {no: _record(original, layouts) for no, original in cases.originals.items()}
    keys, near, suspense = _keys(cases.keys), _near(cases.near, register), _suspense(cases.suspense)
    claims = _group(cases.claims, CaseClaim.PAYMENT_NO, pl.col(CaseClaim.CLAIM_NO))
    return {
        "layouts": [_layout(*layout) for layout in layouts],
        "cases": {
            str(no): {
                "keys": keys.get(no, []),
                "record": records.get(no, ""),
                "near": near.get(no, []),
                "suspense": suspense.get(no, []),
                "claims": claims.get(no, []),
            }
            for no in cases.keys[CaseKeys.PAYMENT_NO].to_list()
        },
        "claims": _claims(cases, frame),
    }


_Place = tuple[int, int, str, bool]
"""項目の場所: first byte or column, width (0 if it has a column of its own), title, whether it is part of another."""

_Layout = tuple[str, str, bool, tuple[_Place, ...]]
"""記録の配置: spec, kind of record, whether its length is fixed, and its fields."""


def _record(original: Original, layouts: dict[_Layout, int]) -> object:
    """The layout's number, where the record starts and its texts in the layout's order; or why there is no record."""
    if original.excerpt is None:
        return original.why
    cells, is_fixed = original.excerpt.cells, original.is_fixed
    places = tuple([(c.start, c.width if is_fixed or c.is_part else 0, c.title, c.is_part) for c in cells])
    layout_no = layouts.setdefault((original.spec, original.excerpt.record, is_fixed, places), len(layouts))
    return [layout_no, original.start, [cell.text for cell in cells]]


def _layout(spec: str, record: str, is_fixed: bool, places: tuple[_Place, ...]) -> list[object]:
    """A layout as the script shows it."""
    fields = [
        (f"{start}+{width}" if width else f"{start}列目", title, int(is_part))
        for start, width, title, is_part in places
    ]
    return [spec, record, int(is_fixed), fields]


def _group(rows: pl.DataFrame, by: str, value: pl.Expr) -> dict[int, list[object]]:
    """The values of each payment or claim, in the order of the rows."""
    groups = rows.group_by(by, maintain_order=True).agg(value.alias("value"))
    return {no: values for no, values in groups.iter_rows()}


def _entries(*texts: pl.Expr) -> pl.Expr:
    """Several texts and numbers of a row as one list of texts."""
    return pl.concat_list(text.cast(pl.String).fill_null("") for text in texts)


def _keys(rows: pl.DataFrame) -> dict[int, list[object]]:
    values = {
        "照会キーの種別": labels_of(CaseKeys.KEY_KIND, KeyKind),
        "照会キー": pl.col(CaseKeys.KEY_DIGITS),
        "再発行区分": pl.col(CaseKeys.REISSUE_NO),
        "確認番号": pl.col(CaseKeys.CHECK_NO),
        "納付区分": pl.col(CaseKeys.ITEM_NO),
        "機関コード": pl.col(CaseKeys.OFFICE_CODE),
        "収入日": pl.col(CaseKeys.RECEIVED_ON),
        "払込日": pl.col(CaseKeys.FUNDS_ON),
        "画像番号": pl.col(CaseKeys.IMAGE_REF),
    }
    key_rows = rows.select(CaseKeys.PAYMENT_NO, *(value.cast(pl.String).alias(name) for name, value in values.items()))
    long_rows = key_rows.unpivot(index=CaseKeys.PAYMENT_NO, on=list(values)).filter(pl.col("value").fill_null("") != "")
    return _group(long_rows, CaseKeys.PAYMENT_NO, _entries(pl.col("variable"), pl.col("value")))


def _near(rows: pl.DataFrame, register: Register) -> dict[int, list[object]]:
    unpaid_yen = pl.col(NearNotice.AMOUNT_YEN) - pl.col(NearNotice.COLLECTED_YEN)
    return _group(
        rows,
        NearNotice.PAYMENT_NO,
        _entries(
            procedure_name(register), pl.col(NearNotice.BILL_NO), installment_name(), pl.col(NearNotice.KEY_NO),
            pl.col(NearNotice.AMOUNT_YEN), unpaid_yen.clip(lower_bound=0), pl.col(NearNotice.HOW),
        ),
    )  # fmt: skip


def _suspense(rows: pl.DataFrame) -> dict[int, list[object]]:
    reason = pl.concat_str(SuspensePosting.DECIDED_BY, pl.lit(" "), SuspensePosting.REASON).str.strip_chars()
    return _group(
        rows,
        SuspensePosting.PAYMENT_NO,
        _entries(pl.col(SuspensePosting.NIGHT_ON), pl.col(SuspensePosting.YEN), reason),
    )


def _claims(cases: Cases, frame: pl.DataFrame) -> dict[str, object]:
    """調定の履歴: each claim's title, its yen collected, and its events by day."""
    events = pl.concat([_notice_events(cases.notices), _posting_events(cases.postings), _waiting_events(cases, frame)])
    ordered = events.sort(_Event.CLAIM_NO, _Event.DAY, _Event.RANK, _Event.ORDER)
    event_texts = _entries(*(pl.col(name) for name in _Event.SHOWN))
    histories = _group(ordered, _Event.CLAIM_NO, event_texts)
    collected = dict(cases.postings.group_by(ClaimPosting.CLAIM_NO).agg(pl.col(ClaimPosting.YEN).sum()).iter_rows())
    titles = cases.notices.unique(ClaimNotice.CLAIM_NO, keep="first", maintain_order=True).select(
        ClaimNotice.CLAIM_NO,
        ClaimNotice.LEVY_YEAR,
        ClaimNotice.BILL_NO,
        installment_name(ClaimNotice.CLAIM_INSTALLMENT_NO),
    )
    return {
        str(no): [f"{wareki_year(year)} {bill} {part}", collected.get(no, 0), histories.get(no, [])]
        for no, year, bill, part in titles.iter_rows()
    }


class _Event(Frame):
    """調定の出来事: what happened to a claim on a day, in words; `rank` and `order` sort the events of a day."""

    CLAIM_NO = CaseClaim.CLAIM_NO
    DAY = Column("day", pl.Date)
    RANK = Column("rank", pl.Int32)
    ORDER = Column("order", pl.Int64)
    WHAT = Column("what", pl.String)
    TEXT = Column("text", pl.String)
    YEN = Column("yen", pl.Int64)
    PAYMENT_NO = CaseClaim.PAYMENT_NO

    SHOWN = (DAY, WHAT, TEXT, YEN, PAYMENT_NO)


def _event(
    what: pl.Expr, rank: int, order: pl.Expr, day: pl.Expr, text: pl.Expr, yen: pl.Expr, no: pl.Expr
) -> list[pl.Expr]:
    return [
        pl.col(_Event.CLAIM_NO), day.alias(_Event.DAY), pl.lit(rank).alias(_Event.RANK), order.alias(_Event.ORDER),
        what.alias(_Event.WHAT), text.alias(_Event.TEXT), yen.alias(_Event.YEN),
        no.cast(pl.Int64).alias(_Event.PAYMENT_NO),
    ]  # fmt: skip


def _notice_events(notices: pl.DataFrame) -> pl.DataFrame:
    """発行・再発行・取消 of the notices (frame ClaimNotice); of one for a part its kind."""
    no_payment, amount = pl.lit(None), pl.col(ClaimNotice.AMOUNT_YEN)
    first_issue_no = pl.col(ClaimNotice.ISSUE_NO).min().over(ClaimNotice.CLAIM_NO, ClaimNotice.INSTALLMENT_NO)
    is_first = pl.col(ClaimNotice.ISSUE_NO) == first_issue_no
    issued = pl.when(is_first).then(pl.lit("発行")).otherwise(pl.lit("再発行"))
    what = pl.coalesce(pl.format("発行（{}）", ClaimNotice.PART_KIND), issued)
    text = pl.format(
        "{}の納付書 発行連番{} 支払期限 {} 納付番号 {}",
        installment_name(),
        ClaimNotice.ISSUE_NO,
        ClaimNotice.PAYABLE_UNTIL_ON,
        pl.col(ClaimNotice.KEY_NO).fill_null("なし"),
    )
    cancelled = notices.filter(pl.col(ClaimNotice.CANCELLED_ON).is_not_null())
    order = pl.col(ClaimNotice.NOTICE_NO)
    return pl.concat(
        [
            notices.select(_event(what, 0, order, pl.col(ClaimNotice.ISSUED_ON), text, amount, no_payment)),
            cancelled.select(
                _event(pl.lit("取消"), 1, order, pl.col(ClaimNotice.CANCELLED_ON), text, amount, no_payment)
            ),
        ]
    )


def _posting_events(postings: pl.DataFrame) -> pl.DataFrame:
    """収納・決裁・減額: what was posted on the claims (frame ClaimPosting)."""
    what = move_cause().fill_null("収納")
    who = pl.concat_str(ClaimPosting.DECIDED_BY, pl.lit(" "), ClaimPosting.REASON).str.strip_chars()
    text = pl.format("{} 領収日 {}（{}）", labels_of(ClaimPosting.CHANNEL, Channel), ClaimPosting.PAID_ON, who)
    order, day = pl.col(ClaimPosting.POSTING_NO), pl.col(ClaimPosting.NIGHT_ON)
    return postings.select(_event(what, 2, order, day, text, pl.col(ClaimPosting.YEN), pl.col(ClaimPosting.PAYMENT_NO)))


def _waiting_events(cases: Cases, frame: pl.DataFrame) -> pl.DataFrame:
    """台帳の調定に入っていない収納: payments that name a claim, among those with details."""
    rows = cases.claims.join(
        frame, left_on=CaseClaim.PAYMENT_NO, right_on="受付番号", how="inner", maintain_order="left"
    )
    rows = rows.filter(pl.col("収納額") == 0)
    text = pl.format("{} 領収日 {}（{}）", pl.col("チャネル"), pl.col("領収日"), pl.col("理由"))
    no = pl.col(CaseClaim.PAYMENT_NO)
    return rows.select(_event(pl.col("行き先"), 3, no, pl.col("消込日"), text, pl.col("領収額"), no))
