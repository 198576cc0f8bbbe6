"""The night's tables (帳票): frames with Japanese headings, whose totals agree with each other to the yen.

The rules live here and in the queries; the writers (CSV, JSON, page) know none.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from functools import cache

import polars as pl

from elqr.report.tables.table import Heading, LongTable, Style, Table
from elqr.rules.kpi import Kpi
from elqr.rules.register import Register
from elqr.vocabulary.frames import ClaimKey
from elqr.vocabulary.report_frames import (
    DecidedPayment,
    Delivery,
    DeliveryFinding,
    EarlierPayment,
    ExceptionRow,
    NoticeIntake,
    RulingRecord,
    SuggestedNotice,
)
from elqr.vocabulary.ruling_terms import Ruling, RulingResult
from elqr.vocabulary.terms import (
    SEVERITY_OF,
    WHOLE_YEAR,
    Channel,
    FileStatus,
    Flag,
    Outcome,
    Place,
    Severity,
    Stage,
    Term,
)

_SEVERITY = {Severity.HIGH: "高", Severity.MEDIUM: "中", Severity.LOW: "低"}
_UNKNOWN = "（手続不明）"
_OTHER, _NEAR = "other", "near"
"""The columns of 先の収納 and 近い納付書, in words."""

_NOT_PRINTED = (
    "SHA-256", "段階", "納付書の額", "賦課年度", "宛名番号", "照会キー", "画像番号",
    "記録", "消込日", "行き先", "先の収納のチャネル", "前回の決裁", "申請日時", "承認日時", "送付元の取消額",
    "決裁の日付", "決裁の文書番号", "過納・誤納", "加算金の起算日", "加算金の計算", "還付先の宛名番号",
    "還付決定日", "還付決定の番号", "過誤納額", "ほかの未納", "ほかの未納額", "充当先の納付番号（候補）", "先の領収日",
)  # fmt: skip
"""Columns of the files and, to the right, of the books; paper and the page, which must fit a sheet of A4, lack them."""

EXCEPTIONS_NOTE = "担当者の判断を待つ収納。古い順。近い納付書は読み違いの候補で、自動では消し込みません。"
"""What stands over 要確認一覧."""


@cache
def labels_of(name: str, terms: type[Term]) -> pl.Expr:
    """A column of terms as staff read it: their Japanese labels, null for a value that is no term."""
    labels = {term.value: term.label for term in terms}
    return pl.col(name).replace_strict(labels, default=None, return_dtype=pl.String)


def procedure_name(register: Register) -> pl.Expr:
    """手続の名 of the column procedure_code."""
    names = {procedure.code: procedure.name for procedure in register.procedure}
    return pl.col(ClaimKey.PROCEDURE_CODE).replace_strict(names, default=_UNKNOWN, return_dtype=pl.String)


def department(register: Register) -> pl.Expr:
    """所管課の名 of the column procedure_code."""
    names = {procedure.code: procedure.department for procedure in register.procedure}
    return pl.col(ClaimKey.PROCEDURE_CODE).replace_strict(names, default="会計（所管課不明）", return_dtype=pl.String)


def with_procedure(rows: pl.DataFrame, register: Register) -> pl.DataFrame:
    """手続 of payments whose notice is unknown, filled in from their 納付区分, so that a department can be asked."""
    codes = {procedure.item_no: procedure.code for procedure in register.procedure}
    by_item_no = pl.col(DecidedPayment.ITEM_NO).replace_strict(codes, default=None, return_dtype=pl.String)
    return rows.with_columns(
        pl.coalesce(DecidedPayment.PROCEDURE_CODE, by_item_no).alias(DecidedPayment.PROCEDURE_CODE)
    )


def flag_names() -> pl.Expr:
    """付記の名 of the column flags, such as 旧納付書・支払期限後; then 結果未着, and the doubt, where there is one."""
    shown = pl.col(DecidedPayment.FLAGS)
    for flag in Flag:
        shown = shown.str.replace_all(rf"\b{flag.value}\b", flag.label)
    names = shown.str.replace_all(",", "・", literal=True)
    undecided = pl.when(pl.col(DecidedPayment.STAGE) == Stage.UNDECIDED.value).then(pl.lit(Stage.UNDECIDED.label))
    named = pl.when(names != "").then(names)
    return pl.concat_str(named, undecided, DecidedPayment.DOUBT, separator="・", ignore_nulls=True)


def installment_name(column: str = ClaimKey.INSTALLMENT_NO) -> pl.Expr:
    """期別の名 of a column, such as 全期 or 1期."""
    number = pl.col(column)
    return (
        pl.when(number == WHOLE_YEAR)
        .then(pl.lit("全期"))
        .when(number.is_not_null())
        .then(pl.concat_str(number.cast(pl.String), pl.lit("期")))
    )


def claim_words(register: Register) -> pl.Expr:
    """どの調定か, in words, of a row with the columns of ClaimKey."""
    return pl.format(
        "{} {}年度 {} {}", procedure_name(register), ClaimKey.LEVY_YEAR, ClaimKey.BILL_NO, installment_name()
    )


def table_of(
    stem: str, note: str, frame: pl.DataFrame, columns: Mapping[str, tuple[pl.Expr, Style]], totals: tuple[str, ...]
) -> Table:
    """表: `columns` (heading → expression and style) over a frame. `totals` are the headings to sum."""
    shown_frame = frame.select(expression.alias(name) for name, (expression, _) in columns.items())
    headings = tuple(Heading(name, style, name not in _NOT_PRINTED) for name, (_, style) in columns.items())
    return Table(stem, stem, note, headings, shown_frame, totals)


def intake_table(deliveries: pl.DataFrame, findings: pl.DataFrame) -> Table:
    """取込結果: every delivery of the night (frame Delivery) and its result, with the first finding of each file."""
    file_findings = findings.group_by(DeliveryFinding.DELIVERY_NO, maintain_order=True)
    first_findings = file_findings.agg(pl.col(DeliveryFinding.CODE).first(), pl.len().alias("findings"))
    rows = deliveries.join(first_findings, on=Delivery.DELIVERY_NO, how="left", validate="1:1", maintain_order="left")
    return table_of(
        "取込結果",
        "今夜受信したファイル一つごとの結果。取込保留のファイルは丸ごと保留し、元のまま保管しています。",
        rows,
        {
            "ファイル": (pl.col(Delivery.NAME), Style.TEXT),
            "結果": (labels_of(Delivery.STATUS, FileStatus), Style.TEXT),
            "様式": (pl.col(Delivery.SPEC), Style.TEXT),
            "件数": (pl.col(Delivery.PAYMENT_COUNT), Style.COUNT),
            "金額": (pl.col(Delivery.PAYMENT_YEN), Style.YEN),
            "入金明細": (pl.col(Delivery.LINES), Style.COUNT),
            "入金額": (pl.col(Delivery.MONEY_YEN), Style.YEN),
            "調定・督促の状況の行": (pl.col(Delivery.CLAIM_ROWS), Style.COUNT),
            "新しい行": (pl.col(Delivery.NEW_CLAIM_ROWS), Style.COUNT),
            "指摘": (pl.col(DeliveryFinding.CODE), Style.TEXT),
            "指摘数": (pl.col("findings").fill_null(0).cast(pl.Int64), Style.COUNT),
            "SHA-256": (pl.col(Delivery.SHA256), Style.TEXT),
        },
        ("件数", "金額", "入金明細", "入金額", "調定・督促の状況の行", "新しい行"),
    )


def notice_intake_table(files: pl.DataFrame) -> Table:
    """納付書取込結果: every notice file of the night (frame NoticeIntake), and how its rows ended."""
    return table_of(
        "納付書取込結果",
        "今夜取り込んだ納付書データ。指摘のある行は登録せず、理由を指摘に示しています。",
        files,
        {
            "ファイル": (pl.col(NoticeIntake.NAME), Style.TEXT),
            "行数": (pl.col(NoticeIntake.ROWS_READ), Style.COUNT),
            "新規": (pl.col(NoticeIntake.ROWS_NEW), Style.COUNT),
            "変更なし": (pl.col(NoticeIntake.ROWS_SAME), Style.COUNT),
            "指摘": (pl.col(NoticeIntake.ROWS_BAD), Style.COUNT),
        },
        ("行数", "新規", "変更なし", "指摘"),
    )


def outcome_table(decisions: pl.DataFrame, register: Register) -> Table:
    """消込結果: every payment of the night (frame DecidedPayment), with its one outcome."""
    return table_of(
        "消込結果",
        "今夜の収納一件ごとの消込結果。領収額は収納額（調定へ）と仮受額に分かれます。",
        decisions,
        {
            "受付番号": (pl.col(DecidedPayment.PAYMENT_NO), Style.COUNT),
            "ファイル": (pl.col(DecidedPayment.FILE_NAME), Style.TEXT),
            "記録": (pl.col(DecidedPayment.RECORD_NO), Style.COUNT),
            "チャネル": (labels_of(DecidedPayment.CHANNEL, Channel), Style.TEXT),
            "段階": (labels_of(DecidedPayment.STAGE, Stage), Style.TEXT),
            "消込結果": (labels_of(DecidedPayment.OUTCOME, Outcome), Style.TEXT),
            "行き先": (labels_of(DecidedPayment.PLACE, Place), Style.TEXT),
            "付記": (flag_names(), Style.TEXT),
            "領収日": (pl.col(DecidedPayment.PAID_ON), Style.DATE),
            "領収額": (pl.col(DecidedPayment.PAID_YEN), Style.YEN),
            "収納額": (pl.col(DecidedPayment.CLAIM_YEN), Style.YEN),
            "仮受額": (pl.col(DecidedPayment.SUSPENSE_YEN), Style.YEN),
            "手続": (procedure_name(register), Style.TEXT),
            "賦課年度": (pl.col(DecidedPayment.LEVY_YEAR), Style.TEXT),
            "通知書番号": (pl.col(DecidedPayment.BILL_NO), Style.DIGITS),
            "期別": (installment_name(), Style.TEXT),
            "照会キー": (pl.col(DecidedPayment.KEY_DIGITS), Style.DIGITS),
        },
        ("領収額", "収納額", "仮受額"),
    )


def long_outcome_table(
    schema: Mapping[str, pl.DataType | type[pl.DataType]],
    parts: Callable[[int], Iterable[pl.DataFrame]],
    sums: Iterable[Sequence[int]],
    register: Register,
) -> LongTable:
    """消込結果 of a night too large for one frame: the same table as `outcome_table`, drawn in pieces.

    `parts` returns the decisions (frame of `schema`) in pieces of the given number of rows. `sums` has a row for each
    group of decisions: 件数, 領収額, 収納額 and 仮受額.
    """

    def draw(piece_rows: int) -> Iterable[pl.DataFrame]:
        return (outcome_table(with_procedure(part, register), register).frame for part in parts(piece_rows))

    empty = outcome_table(pl.DataFrame(schema=schema), register)
    rows, *yen = map(sum, zip(*sums, strict=True))
    totals = dict(zip(empty.totals, yen, strict=True))
    return LongTable(
        empty.file_name, empty.title, empty.note, empty.headings, empty.frame, empty.totals, draw, rows, totals
    )


def _join_neighbours(
    rows: pl.DataFrame, others: pl.DataFrame, suggestions: pl.DataFrame, register: Register
) -> pl.DataFrame:
    """先の収納 (frame EarlierPayment) and 近い納付書 (frame SuggestedNotice) of each row, in words."""
    earlier_payments = others.select(
        pl.col(EarlierPayment.PAYMENT_NO).alias(ExceptionRow.OTHER_PAYMENT_NO),
        pl.concat_str(
            pl.lit("受付"),
            pl.col(EarlierPayment.PAYMENT_NO).cast(pl.String),
            pl.lit(" "),
            labels_of(EarlierPayment.CHANNEL, Channel),
            pl.lit(" "),
            pl.col(EarlierPayment.PAID_ON).cast(pl.String),
            pl.format(" 手入力 {}", EarlierPayment.IMAGE_REF).str.strip_chars_end(" ").fill_null(""),
        ).alias(_OTHER),
    )
    near_notice_text = pl.concat_str(
        procedure_name(register),
        pl.lit(" "),
        pl.col(SuggestedNotice.BILL_NO),
        pl.lit(" "),
        installment_name(),
        pl.lit("（"),
        pl.col(SuggestedNotice.HOW),
        pl.lit("）"),
    )
    near = (
        suggestions.group_by(SuggestedNotice.PAYMENT_NO, maintain_order=True)
        .agg(near_notice_text.alias(_NEAR))
        .with_columns(pl.col(_NEAR).list.join("／"))
    )
    return rows.join(earlier_payments, on=ExceptionRow.OTHER_PAYMENT_NO, how="left", maintain_order="left").join(
        near, on=ExceptionRow.PAYMENT_NO, how="left", maintain_order="left"
    )


def exception_table(
    rows: pl.DataFrame, others: pl.DataFrame, suggestions: pl.DataFrame, register: Register, night: date
) -> Table:
    """要確認一覧: payments that somebody must look at (frame ExceptionRow), oldest first.

    `others` (frame EarlierPayment): earlier payments that decisions name. `suggestions`: frame SuggestedNotice.
    """
    joined = _join_neighbours(rows, others, suggestions, register)
    severity = {outcome.value: _SEVERITY[level] for outcome, level in SEVERITY_OF.items()}
    return table_of(
        "要確認一覧",
        EXCEPTIONS_NOTE,
        joined,
        {
            "受付番号": (pl.col(ExceptionRow.PAYMENT_NO), Style.COUNT),
            "理由": (labels_of(ExceptionRow.OUTCOME, Outcome), Style.TEXT),
            "重要度": (
                pl.col(ExceptionRow.OUTCOME).replace_strict(severity, default="中", return_dtype=pl.String),
                Style.TEXT,
            ),
            "所管課": (department(register), Style.TEXT),
            "手続": (procedure_name(register), Style.TEXT),
            "領収日": (pl.col(ExceptionRow.PAID_ON), Style.DATE),
            "経過日数": ((pl.lit(night) - pl.col(ExceptionRow.PAID_ON)).dt.total_days(), Style.COUNT),
            "チャネル": (labels_of(ExceptionRow.CHANNEL, Channel), Style.TEXT),
            "段階": (labels_of(ExceptionRow.STAGE, Stage), Style.TEXT),
            "領収額": (pl.col(ExceptionRow.PAID_YEN), Style.YEN),
            "収納額": (pl.col(ExceptionRow.CLAIM_YEN), Style.YEN),
            "仮受額": (pl.col(ExceptionRow.SUSPENSE_YEN), Style.YEN),
            "納付書の額": (pl.col(ExceptionRow.AMOUNT_YEN), Style.YEN),
            "賦課年度": (pl.col(ExceptionRow.LEVY_YEAR), Style.TEXT),
            "通知書番号": (pl.col(ExceptionRow.BILL_NO), Style.DIGITS),
            "期別": (installment_name(), Style.TEXT),
            "宛名番号": (pl.col(ExceptionRow.PAYER_REF), Style.DIGITS),
            "照会キー": (pl.col(ExceptionRow.KEY_DIGITS), Style.DIGITS),
            "付記": (_remarks(), Style.TEXT),
            "先の収納": (pl.col(_OTHER), Style.TEXT),
            "近い納付書（候補）": (pl.col(_NEAR), Style.TEXT),
            "前回の決裁": (_last_ruling(), Style.TEXT),
            "ファイル": (pl.col(ExceptionRow.FILE_NAME), Style.TEXT),
            "記録": (pl.col(ExceptionRow.RECORD_NO), Style.COUNT),
            "画像番号": (pl.col(ExceptionRow.IMAGE_REF), Style.TEXT),
            "消込日": (pl.col(ExceptionRow.DECIDED_ON), Style.DATE),
        },
        ("領収額", "収納額", "仮受額"),
    )


def _remarks() -> pl.Expr:
    """付記 of an exception: also what ends a 確報 that a 訂正 or a 取消 emptied, or that paid nothing."""
    is_empty = (pl.col(ExceptionRow.CLAIM_YEN) == 0) & (pl.col(ExceptionRow.SUSPENSE_YEN) == 0)
    is_confirmed = pl.col(ExceptionRow.STAGE) == Stage.CONFIRMED.value
    nothing_left = pl.when(is_confirmed & is_empty).then(pl.lit("お金は残っていない（決裁「確認のみ」で終える）"))
    flags = flag_names()
    return pl.concat_str(pl.when(flags != "").then(flags), nothing_left, separator="・", ignore_nulls=True)


def _last_ruling() -> pl.Expr:
    """前回の決裁 in words: the ruling, its day and its reason."""
    return pl.format(
        "{}（{} {}）", labels_of(ExceptionRow.RULING, Ruling), ExceptionRow.RULED_ON, ExceptionRow.RULING_REASON
    )


def ruling_table(rulings: pl.DataFrame) -> Table:
    """決裁一覧: rulings that wait for a second person, and those approved or refused on the last night or since."""
    return table_of(
        "決裁一覧",
        "承認を待つ決裁と、前の夜の日から後に承認・却下された決裁。承認されるまで、お金は動きません。",
        rulings,
        {
            "申請": (pl.col(RulingRecord.REVIEW_NO).cast(pl.String), Style.TEXT),
            "決裁番号": (pl.col(RulingRecord.RULING_NO).cast(pl.String), Style.TEXT),
            "受付番号": (pl.col(RulingRecord.PAYMENT_NO).cast(pl.String), Style.TEXT),
            "理由": (labels_of(RulingRecord.OUTCOME, Outcome), Style.TEXT),
            "領収額": (pl.col(RulingRecord.PAID_YEN), Style.YEN),
            "決裁": (labels_of(RulingRecord.RULING, Ruling), Style.TEXT),
            "対象の納付番号": (pl.col(RulingRecord.TARGET), Style.DIGITS),
            "決裁の理由": (pl.col(RulingRecord.REASON), Style.TEXT),
            "担当": (pl.col(RulingRecord.STAFF), Style.TEXT),
            "申請者": (pl.col(RulingRecord.ASKED_BY), Style.TEXT),
            "申請日時": (pl.col(RulingRecord.ASKED_AT).str.slice(0, 16).str.replace("T", " "), Style.TEXT),
            "結果": (labels_of(RulingRecord.RESULT, RulingResult).fill_null("承認待ち"), Style.TEXT),
            "承認者": (pl.col(RulingRecord.TAKEN_BY), Style.TEXT),
            "承認日時": (pl.col(RulingRecord.TAKEN_AT).str.slice(0, 16).str.replace("T", " "), Style.TEXT),
            "仮受額（前）": (pl.col(RulingRecord.BEFORE_YEN), Style.YEN),
            "仮受額（後）": (pl.col(RulingRecord.AFTER_YEN), Style.YEN),
            "送付元の取消額": (pl.col(RulingRecord.WITHDRAWN_YEN), Style.YEN),
            "仮受に置いた額": (pl.col(RulingRecord.RETURNED_YEN), Style.YEN),
            "決裁の日付": (pl.col(RulingRecord.DONE_ON), Style.DATE),
            "決裁の文書番号": (pl.col(RulingRecord.NUMBER), Style.TEXT),
            "加算金": (pl.col(RulingRecord.INTEREST_YEN).replace(0, None), Style.YEN),
            "申請した利用者と機械": (pl.col(RulingRecord.ASKED_SEAT), Style.TEXT),
            "承認した利用者と機械": (pl.col(RulingRecord.TAKEN_SEAT), Style.TEXT),
        },
        ("領収額",),
    )


def kpi_table(kpi: Kpi) -> Table:
    """KPI表: the procedures with their evidence."""
    schema = {
        **dict.fromkeys(("手続", "種別", "所管課", "区分"), pl.String),
        "運用開始日": pl.Date,
        "最初の発行日": pl.Date,
        "最初のeL-QR収納日": pl.Date,
        "発行件数": pl.Int64,
        "eL-QR収納件数": pl.Int64,
        "eL-QR収納額": pl.Int64,
        "収納件数": pl.Int64,
        "eL-QRの割合": pl.Float64,
        "注意": pl.String,
    }
    rows = [
        (
            line.procedure.name,
            line.procedure.kind.value,
            line.procedure.department,
            line.procedure.priority.value,
            line.procedure.go_live_on,
            line.evidence.first_issued_on,
            line.evidence.first_paid_on,
            line.evidence.notices,
            line.evidence.elqr_payments,
            line.evidence.elqr_yen,
            line.evidence.payments,
            line.evidence.elqr_share,
            line.remark,
        )
        for line in kpi.procedures
    ]
    styles = {pl.String: Style.TEXT, pl.Date: Style.DATE, pl.Int64: Style.COUNT, pl.Float64: Style.SHARE}
    columns = {
        name: (pl.col(name), Style.YEN if name.endswith("額") else styles[dtype]) for name, dtype in schema.items()
    }
    frame = pl.DataFrame(rows, schema=schema, orient="row")
    return table_of(
        "KPI表",
        "eL-QR対応の手続と、その運用の証拠。",
        frame,
        columns,
        ("発行件数", "eL-QR収納件数", "eL-QR収納額", "収納件数"),
    )
