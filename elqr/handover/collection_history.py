"""The collection history (収納履歴): what each posting on a claim tells the core system, as a file of a spec.

Pure. A posting is split into 本税・督促手数料・延滞金 only where the notice gives the split: when the whole notice was
paid, or the whole share of the claim in a 全期 notice without fees. The city decides how a part payment is allocated,
so its split is left empty and never guessed.

Refused: a spec with a name that is unknown here or without the code of a meaning; a value that the spec cannot hold.
Every file is read back with its own spec, and count and yen are compared, before anybody sees it.
"""

from datetime import date

import polars as pl

from elqr.formats.decode import decode
from elqr.formats.encode import encode_csv, encode_records, join_records
from elqr.formats.spec import RecordSpec, Spec
from elqr.vocabulary.errors import BadFile
from elqr.vocabulary.export_frames import Collected
from elqr.vocabulary.terms import Channel, Direction, Outcome, PostingResult, Term, YearKind

AMOUNT_YEN = "amount_yen"
_PARTS = (Collected.PRINCIPAL_YEN, Collected.DEMAND_FEE_YEN, Collected.LATE_CHARGE_YEN)
_AS_THEY_ARE = (
    Collected.POSTING_NO, Collected.PROCEDURE_CODE, Collected.LEVY_YEAR, Collected.TAX_YEAR, Collected.BILL_NO,
    Collected.INSTALLMENT_NO, Collected.SLIP_INSTALLMENT_NO, Collected.ISSUE_NO, Collected.KEY_NO, Collected.CHECK_NO,
    Collected.ITEM_NO, Collected.PAID_ON, Collected.RECEIVED_ON, Collected.FUNDS_ON, Collected.FISCAL_YEAR,
    Collected.NIGHT_ON,
)  # fmt: skip


def history(rows: pl.DataFrame, city_code: str) -> pl.DataFrame:
    """収納履歴: frame Collected → the columns that a spec may name. Terms are the words that staff read."""
    is_back = pl.col(Collected.YEN) < 0
    shown = rows.select(
        *_AS_THEY_ARE,
        _label(_result()).alias("result"),
        _label(_choose(is_back, Direction.TAKEN_BACK, Direction.ADDED)).alias("direction"),
        pl.lit(city_code).alias("city_code"),
        pl.col(Collected.YEN).abs().alias(AMOUNT_YEN),
        *(_part(name).alias(name) for name in _PARTS),
        pl.col(Collected.CHANNEL)
        .replace_strict({term.value: term.label for term in Channel}, return_dtype=pl.String)
        .alias(Collected.CHANNEL),
        _label(_choose(pl.col(Collected.IS_ARREARS), YearKind.ARREARS, YearKind.OWN)).alias("year_kind"),
        pl.when(is_back).then(Collected.REVERSES_NO).alias(Collected.REVERSES_NO),
    )
    divided = pl.sum_horizontal(_PARTS) == pl.col(AMOUNT_YEN)
    assert shown.select((pl.col(_PARTS[0]).is_null() | divided).all()).item(), "a split sums to its posting"
    return shown


def _choose(condition: pl.Expr, yes: Term, no: Term) -> pl.Expr:
    return pl.when(condition).then(pl.lit(yes)).otherwise(pl.lit(no))


def _label(term: pl.Expr) -> pl.Expr:
    labels = {term.value: term.label for kind in (PostingResult, Direction, YearKind) for term in kind}
    return term.replace_strict(labels, return_dtype=pl.String)


def _result() -> pl.Expr:
    """消込結果: in order of precedence. The newest notice says what is owed, or the share that the paid one covers."""
    owed = pl.coalesce(Collected.OWED_YEN, Collected.COVER_YEN)
    has_excess = (pl.col(Collected.OUTCOME) == Outcome.OVERPAID.value) & ~pl.col(Collected.BY_RULING)
    return (
        pl.when(pl.col(Collected.YEN) < 0)
        .then(pl.lit(PostingResult.CORRECTED))
        .when(has_excess | (pl.col(Collected.COLLECTED_YEN) > owed))
        .then(pl.lit(PostingResult.OVERPAID))
        .when(pl.col(Collected.COLLECTED_YEN) < owed)
        .then(pl.lit(PostingResult.PARTIAL))
        .otherwise(pl.lit(PostingResult.SETTLED))
    )


def _part(name: str) -> pl.Expr:
    """内訳: of a whole notice as printed; of a whole share of a 全期 notice without fees all principal; else null."""
    yen = pl.col(Collected.YEN).abs()
    is_own_notice = pl.col(Collected.SLIP_INSTALLMENT_NO) == pl.col(Collected.INSTALLMENT_NO)
    has_no_fees = pl.col(Collected.PRINCIPAL_YEN) == pl.col(Collected.SLIP_YEN)
    is_whole = is_own_notice & (yen == pl.col(Collected.SLIP_YEN))
    is_whole_share = ~is_own_notice & has_no_fees & (yen == pl.col(Collected.COVER_YEN))
    share = yen if name == Collected.PRINCIPAL_YEN else pl.lit(0, dtype=pl.Int64)
    return pl.when(is_whole).then(pl.col(name)).when(is_whole_share).then(share)


def collection_file(rows: pl.DataFrame, city_code: str, spec: Spec, made_on: date) -> bytes:
    """収納履歴のファイル: frame Collected → bytes. Raises BadFile if the spec cannot hold them."""
    record = spec.record[0]
    shown = history(rows, city_code)
    if unknown := _unknown_names(record, shown):
        raise BadFile(
            f"様式 {spec.name} の項目 {', '.join(unknown)} は書き出せません。"
            f"書ける項目は {', '.join(sorted(shown.columns))} です。様式の name を直してください。"
        )
    coded = shown.with_columns(_choose_codes(spec, record, shown))
    try:
        data = _encode(spec, record, coded)
    except ValueError as error:
        raise BadFile(f"様式 {spec.name} で書き出せません（{error}）。様式か納付書データを直してください。") from error
    _prove(data, spec, record, shown, made_on)
    return data


def _unknown_names(record: RecordSpec, shown: pl.DataFrame) -> list[str]:
    free = ("const", "filler", "raw")
    return [field.name for field in record.fields if field.kind not in free and field.name not in shown.columns]


def _choose_codes(spec: Spec, record: RecordSpec, shown: pl.DataFrame) -> list[pl.Expr]:
    """符号にする: columns of codes, found by their meaning in the spec, which are the words of the terms."""
    columns = []
    for field in (field for field in record.fields if field.kind == "code"):
        codes = {meaning: code for code, meaning in (field.values or {}).items()}
        if lacking := sorted(set(shown[field.name].drop_nulls()) - set(codes)):
            raise BadFile(
                f"様式 {spec.name} の「{field.title}」（{field.name}）に「{'・'.join(lacking)}」の符号がありません。"
                "values に、その意味の符号を足してください。"
            )
        columns.append(pl.col(field.name).replace_strict(codes, return_dtype=pl.String))
    return columns


def _encode(spec: Spec, record: RecordSpec, coded: pl.DataFrame) -> bytes:
    if spec.layout == "csv":
        return encode_csv(spec, coded)
    return join_records(spec, [encode_records(spec, record.name, coded)], spec.line_ends[0])


def _prove(data: bytes, spec: Spec, record: RecordSpec, shown: pl.DataFrame, made_on: date) -> None:
    """読み返して確かめる: the file has the same count and yen. Raises BadFile."""
    decoded = decode(data, spec, spec.name, made_on)
    if decoded.findings:
        raise BadFile(
            f"様式 {spec.name} で書き出したものを読み返せません（{decoded.findings[0]}）。様式を直してください。"
        )
    rows = decoded.tables[record.name]
    assert rows.height == shown.height, "every posting is in the file"
    if AMOUNT_YEN in rows.columns:
        assert rows[AMOUNT_YEN].sum() == shown[AMOUNT_YEN].sum(), "every yen is in the file"
