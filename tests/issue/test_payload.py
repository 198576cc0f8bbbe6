"""The payload: a real code to the digit, columns against single values, and what is refused."""

import binascii
import json
from datetime import date

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from elqr.issue.layout import DIGITS, LAYOUT, PARTS, line_body
from elqr.issue.payload import PayloadValues, encode, encode_frame
from elqr.issue.reading import read_payload
from elqr.vocabulary.errors import explain
from tests.builders import REAL_CODE

# Read by hand from the table of the document.
REAL = PayloadValues(
    amount_yen=39_500,
    key_no="00000202401010104348",
    check_no="778284",
    item_no="127",
    office_code="44000",
    tax_office_code="040",
    levy_year=2024,
    tax_year=2024,
    installment_no=0,
    due_on=date(2024, 5, 31),
    payable_until_on=date(2024, 7, 10),
)


def codes(width: int) -> st.SearchStrategy[str]:
    return st.integers(0, 10**width - 1).map(lambda number: f"{number:0{width}d}")


@st.composite
def payloads(draw: st.DrawFn) -> PayloadValues:
    due_on, until_on = sorted((draw(st.dates()), draw(st.dates())))
    return PayloadValues(
        amount_yen=draw(st.integers(0, 99_999_999_999)),
        key_no=draw(codes(20)),
        check_no=draw(codes(6)),
        item_no=draw(codes(3)),
        office_code=draw(codes(5)),
        tax_office_code=draw(codes(3)),
        levy_year=draw(st.integers(1989, 2999)),
        tax_year=draw(st.integers(1989, 2999)),
        installment_no=draw(st.integers(0, 99)),
        due_on=due_on,
        payable_until_on=until_on,
    )


def written_out(values: PayloadValues) -> str:
    """The document's table typed once more, with an f-string and the library's CRC; check digits as they are."""
    made = encode(values)
    upper = f"{made[29:31]}{0:011d}{values.amount_yen:011d}2138000{values.item_no}00000"
    lower = f"{made[68:70]}{values.key_no}{values.check_no}0{values.office_code}{values.tax_office_code}0000000"
    days = "".join(f"{day.year:04d}{day.month:02d}{day.day:02d}" for day in (values.due_on, values.payable_until_on))
    text = (
        f"00020101021227960005138000183{upper}{lower}5411{values.amount_yen:011d}"
        f"6226{values.levy_year}{values.tax_year}{values.installment_no:02d}{days}8085{'0' * 85}6305"
    )
    return f"{text}{binascii.crc_hqx(text.encode(), 0xFFFF):05d}"


def real_frame(**changed: pl.Series) -> pl.DataFrame:
    return pl.DataFrame([REAL.model_dump()]).with_columns(**changed)


def test_the_real_code_is_encoded_to_the_digit() -> None:
    assert encode(REAL) == REAL_CODE


def test_the_layout_is_whole() -> None:
    ends = [part.at + part.width for part in LAYOUT]
    assert [part.at for part in LAYOUT] == [0, *ends[:-1]] and ends[-1] == DIGITS == len(REAL_CODE)
    assert (line_body("upper_check"), line_body("lower_check")) == ((31, 68), (70, 112))
    assert (PARTS["amount_yen"].at, PARTS["levy_year"].at, PARTS["crc"].at) == (116, 131, 250)


@given(payloads())
def test_any_payload_is_the_table_and_reads_back(values: PayloadValues) -> None:
    made = encode(values)
    assert made == written_out(values)
    reading = read_payload(made)
    assert reading.findings == () and reading.values == values.model_dump()


@given(st.lists(payloads(), min_size=1, max_size=8))
def test_a_column_is_its_rows(rows: list[PayloadValues]) -> None:
    made = encode_frame(pl.DataFrame([row.model_dump() for row in rows]))
    assert made.name == "digits" and made.dtype == pl.String
    assert made.to_list() == [encode(row) for row in rows]


def test_more_rows_than_a_slice_and_none() -> None:
    many = pl.select(pl.int_range(130_001).alias("amount_yen")).join(real_frame().drop("amount_yen"), how="cross")
    made = encode_frame(many)
    assert made.len() == many.height
    assert made.str.slice(PARTS["amount_yen"].at, 11).cast(pl.Int64).equals(many["amount_yen"])
    assert made[0] == encode(REAL.model_copy(update={"amount_yen": 0}))
    assert made[130_000] == encode(REAL.model_copy(update={"amount_yen": 130_000}))
    assert encode_frame(many.head(0)).to_list() == []


def test_days_that_many_rows_share_stay_with_their_rows() -> None:
    dues = [date(2026, 4, 30), date(2024, 5, 31), date(2026, 4, 30), date(2024, 2, 29)]
    rows = [REAL.model_copy(update={"due_on": due}) for due in dues]
    made = encode_frame(pl.DataFrame([row.model_dump() for row in rows]))
    assert made.to_list() == [encode(row) for row in rows]


def test_years_may_be_any_whole_numbers() -> None:
    frame = real_frame().with_columns(pl.col("levy_year").cast(pl.Int32), pl.col("installment_no").cast(pl.UInt8))
    assert encode_frame(frame).to_list() == [REAL_CODE]


REFUSED_COLUMNS = [
    pytest.param({"amount_yen": [-1]}, id="負の金額"),
    pytest.param({"amount_yen": [100_000_000_000]}, id="12桁の金額"),
    pytest.param({"amount_yen": [39_500.0]}, id="小数の金額"),
    pytest.param({"amount_yen": pl.Series([None], dtype=pl.Int64)}, id="金額なし"),
    pytest.param({"key_no": ["0" * 19], "check_no": ["0" * 7]}, id="合わせれば足りる桁"),
    pytest.param({"key_no": ["0" * 19 + " "]}, id="空白のあるキー"),
    pytest.param({"check_no": ["１２"]}, id="全角の確認番号"),
    pytest.param({"item_no": pl.Series([None], dtype=pl.String)}, id="納付区分なし"),
    pytest.param({"installment_no": [100]}, id="3桁の期別"),
    pytest.param({"levy_year": [10_000]}, id="5桁の年度"),
    pytest.param({"due_on": pl.Series([None], dtype=pl.Date)}, id="納期限なし"),
]


@pytest.mark.parametrize("changed", REFUSED_COLUMNS)
def test_a_column_that_does_not_fit_is_never_cut(changed: dict[str, list[object] | pl.Series]) -> None:
    with pytest.raises(AssertionError):
        encode_frame(real_frame(**{name: pl.Series(name, values) for name, values in changed.items()}))


def as_json(**changed: object) -> str:
    return json.dumps(REAL.model_dump(mode="json") | changed)


def test_what_is_read_can_be_encoded_again_as_json() -> None:
    text = json.dumps(read_payload(REAL_CODE).as_dict())
    assert PayloadValues.model_validate_json(text) == REAL
    assert list(PayloadValues.model_fields) == list(json.loads(text))[2:]


REFUSED_JSON = [
    pytest.param("amount_yen", "39500", id="文字列の金額"),
    pytest.param("amount_yen", 39500.0, id="小数の金額"),
    pytest.param("amount_yen", True, id="真偽値の金額"),
    pytest.param("amount_yen", -1, id="負の金額"),
    pytest.param("amount_yen", 10**11, id="12桁の金額"),
    pytest.param("key_no", 202401010104348, id="数値のキー"),
    pytest.param("key_no", "0" * 19, id="19桁のキー"),
    pytest.param("key_no", "０" * 20, id="全角のキー"),
    pytest.param("check_no", "778284\n", id="改行のある確認番号"),
    pytest.param("item_no", None, id="空の納付区分"),
    pytest.param("office_code", "4400", id="4桁の機関コード"),
    pytest.param("tax_office_code", "04O", id="英字のある税務事務所コード"),
    pytest.param("levy_year", 1988, id="古すぎる賦課年度"),
    pytest.param("tax_year", 3000, id="新しすぎる課税年度"),
    pytest.param("installment_no", 100, id="3桁の期別"),
    pytest.param("due_on", "2024-02-30", id="ない日"),
    pytest.param("due_on", "20240531", id="区切りのない日"),
    pytest.param("due_on", "2024-05-31T00:00:00", id="時刻のある日"),
    pytest.param("payable_until_on", 20240710, id="数値の日"),
]


@pytest.mark.parametrize(("name", "value"), REFUSED_JSON)
def test_wrong_json_is_explained_in_japanese(name: str, value: object) -> None:
    with pytest.raises(ValidationError) as caught:
        PayloadValues.model_validate_json(as_json(**{name: value}))
    assert [error["loc"] for error in caught.value.errors()] == [(name,)]
    assert explain(caught.value).startswith(f"{name}: {PARTS[name].title}は")


def test_every_wrong_value_is_named_and_a_missing_one() -> None:
    with pytest.raises(ValidationError) as caught:
        PayloadValues.model_validate_json('{"amount_yen": -1, "key_no": ""}')
    assert [error["loc"] for error in caught.value.errors()] == [(name,) for name in PayloadValues.model_fields]


def test_a_limit_before_the_due_date_is_refused() -> None:
    with pytest.raises(ValidationError) as caught:
        PayloadValues.model_validate_json(as_json(payable_until_on="2024-05-30"))
    assert "支払期限が納期限より前です" in explain(caught.value)
    same_day = PayloadValues.model_validate_json(as_json(payable_until_on="2024-05-31"))
    assert same_day.payable_until_on == same_day.due_on
