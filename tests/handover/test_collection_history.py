"""The collection history (収納履歴): postings in, what the core system is told, out. Values by hand from the slips."""

import csv
import io
from datetime import date

import polars as pl
import pytest

from elqr.formats.spec import Spec
from elqr.handover.collection_history import collection_file, history
from elqr.vocabulary.errors import BadFile
from elqr.vocabulary.export_frames import Collected
from tests.builders import SPECS
from tests.cases.frame import frame_of

CITY = "999999"
MADE_ON = date(2026, 11, 20)
_PARTS = ("principal_yen", "demand_fee_yen", "late_charge_yen")
SHIPPED = SPECS["collection_history_csv"]


def posting(no: int = 1, **given: object) -> dict[str, object]:
    """10,000 yen on a claim of 9,500 yen with 100 yen of 督促手数料 and 400 yen of 延滞金, paid by its own slip."""
    usual = {
        "procedure_code": "kokuho", "levy_year": 2026, "tax_year": 2026, "bill_no": "100001", "installment_no": 1,
        "posting_no": no, "reverses_no": None, "yen": 10_000, "fiscal_year": 2026, "is_arrears": False,
        "night_on": MADE_ON, "by_ruling": False, "channel": "app", "paid_on": date(2026, 11, 5),
        "received_on": date(2026, 11, 6), "funds_on": date(2026, 11, 12), "outcome": "matched", "issue_no": 1, "slip_installment_no": 1,
        "key_no": "00000202690000000001", "check_no": "000123", "item_no": "901", "slip_yen": 10_000,
        "principal_yen": 9_500, "demand_fee_yen": 100, "late_charge_yen": 400, "cover_yen": 10_000,
        "collected_yen": 10_000, "owed_yen": 10_000,
    }  # fmt: skip
    return usual | given


def told(*rows: dict[str, object]) -> pl.DataFrame:
    return history(frame_of(Collected, *rows), CITY)


RESULTS = [
    ("調定額と同じ", {}, "消込済"),
    ("一円少ない", {"yen": 9_999, "collected_yen": 9_999}, "一部"),
    ("二度目で足りた", {"yen": 1, "collected_yen": 10_000, "outcome": "underpaid"}, "消込済"),
    ("一円多い", {"collected_yen": 10_001}, "過納"),
    ("超えた額は仮受にある", {"outcome": "overpaid"}, "過納"),
    ("決裁で充てた過納は今の額で", {"outcome": "overpaid", "by_ruling": True}, "消込済"),
    ("決裁で充てても多ければ過納", {"outcome": "overpaid", "by_ruling": True, "collected_yen": 10_001}, "過納"),
    ("戻した", {"yen": -10_000, "collected_yen": 0, "reverses_no": 9}, "取消・訂正"),
    ("戻しても過納の残るもの", {"yen": -1, "outcome": "overpaid", "collected_yen": 20_000, "reverses_no": 9}, "取消・訂正"),
    ("新しい納付書の額が先", {"owed_yen": 12_000}, "一部"),
    ("減額された調定", {"owed_yen": 9_000}, "過納"),
    ("有効な納付書がなければ納めた納付書の額", {"owed_yen": None}, "消込済"),
    ("有効な納付書がなく足りない", {"owed_yen": None, "cover_yen": 10_001}, "一部"),
    ("0円の調定", {"yen": 0, "collected_yen": 0, "owed_yen": 0, "slip_yen": 0, "cover_yen": 0, "principal_yen": 0, "demand_fee_yen": 0, "late_charge_yen": 0}, "消込済"),
]  # fmt: skip


@pytest.mark.parametrize(("given", "result"), [row[1:] for row in RESULTS], ids=[row[0] for row in RESULTS])
def test_what_a_posting_made_of_its_claim(given: dict[str, object], result: str) -> None:
    assert told(posting(**given))["result"].to_list() == [result]


WHOLE_YEAR = {"slip_installment_no": 0, "slip_yen": 6_000, "principal_yen": 6_000, "demand_fee_yen": 0, "late_charge_yen": 0, "yen": 3_000, "cover_yen": 3_000}  # fmt: skip
PARTS: list[tuple[str, dict[str, object], tuple[int | None, int | None, int | None]]] = [
    ("納付書の全額", {}, (9_500, 100, 400)),
    ("納付書の一部は分けない", {"yen": 9_999}, (None, None, None)),
    ("納付書より多いものも分けない", {"yen": 10_001}, (None, None, None)),
    ("戻しも全額なら分ける", {"yen": -10_000}, (9_500, 100, 400)),
    ("戻しの一部は分けない", {"yen": -1}, (None, None, None)),
    ("手数料のない全期の期別は本料だけ", WHOLE_YEAR, (3_000, 0, 0)),
    ("全期の期別の戻し", WHOLE_YEAR | {"yen": -3_000}, (3_000, 0, 0)),
    ("全期の期別の一部は分けない", WHOLE_YEAR | {"yen": 2_999}, (None, None, None)),
    ("手数料のある全期は分けない", WHOLE_YEAR | {"principal_yen": 5_900, "demand_fee_yen": 100}, (None, None, None)),
    ("全期の額と同じ額の期別でも分けない", WHOLE_YEAR | {"yen": 6_000, "cover_yen": 3_000}, (None, None, None)),
    ("別の期の納付書", {"slip_installment_no": 2}, (None, None, None)),
    ("0円の納付書", {"yen": 0, "slip_yen": 0, "principal_yen": 0, "demand_fee_yen": 0, "late_charge_yen": 0}, (0, 0, 0)),
]  # fmt: skip


@pytest.mark.parametrize(("given", "parts"), [row[1:] for row in PARTS], ids=[row[0] for row in PARTS])
def test_a_posting_is_divided_only_where_its_slip_says_how(
    given: dict[str, object], parts: tuple[int | None, int | None, int | None]
) -> None:
    made = told(posting(**given))
    assert made.select(_PARTS).row(0) == parts
    assert made["amount_yen"].to_list() == [abs(int(str(given.get("yen", 10_000))))]


def test_a_slip_whose_parts_are_not_its_sum_is_never_told() -> None:
    with pytest.raises(AssertionError, match="a split sums"):
        told(posting(principal_yen=9_499))


def test_what_takes_back_names_what_it_takes_back_and_nothing_else_does() -> None:
    made = told(posting(1), posting(2, yen=-10_000, reverses_no=1), posting(3, reverses_no=2))
    assert made.select("direction", "reverses_no", "amount_yen").rows() == [
        ("増", None, 10_000),
        ("減", 1, 10_000),
        ("増", None, 10_000),
    ]


def test_a_posting_of_nothing_takes_nothing_back() -> None:
    """A claim of 0 yen is settled by 0 yen."""
    none = dict.fromkeys(("yen", "collected_yen", "owed_yen", "slip_yen", "cover_yen", *_PARTS), 0)
    made = told(posting(**none, reverses_no=9))
    assert made.select("result", "direction", "reverses_no", "amount_yen").rows() == [("消込済", "増", None, 0)]


CHANNELS = {
    "counter": "窓口", "cvs": "コンビニ", "app": "スマホアプリ", "card": "クレジットカード", "post_office": "郵便局",
    "account_transfer": "口座振替", "eltax": "地方税お支払サイト", "payeasy": "ペイジー",
}  # fmt: skip


def test_terms_stand_as_staff_read_them() -> None:
    made = told(*(posting(no, channel=channel) for no, channel in enumerate(CHANNELS, start=1)))
    assert made["channel"].to_list() == list(CHANNELS.values())
    assert told(posting(), posting(2, is_arrears=True))["year_kind"].to_list() == ["現年", "滞納繰越"]
    assert made["city_code"].unique().to_list() == [CITY]


def read(data: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(data.decode("utf-8"), newline="")))


def test_a_file_says_each_posting_once_in_codes() -> None:
    """Leading zeros stay, and a reversal of several claims of one bill stands line by line."""
    rows = [
        posting(11, funds_on=None),
        posting(12, installment_no=2, slip_installment_no=0, yen=3_000, channel="cvs", is_arrears=True, fiscal_year=2027),
        posting(13, yen=-3_000, installment_no=2, slip_installment_no=0, reverses_no=12),
    ]  # fmt: skip
    found = read(collection_file(frame_of(Collected, *rows), CITY, SHIPPED, MADE_ON))
    names = ("仕訳番号", "消込結果", "増減区分", "期別", "収納額", "本税・本料", "資金化日", "納付チャネル区分", "滞納繰越区分", "取消元の仕訳番号")  # fmt: skip
    assert [tuple(row[name] for name in names) for row in found] == [
        ("11", "1", "1", "1", "10000", "9500", "", "03", "0", ""),
        ("12", "1", "1", "2", "3000", "", "20261112", "02", "1", ""),
        ("13", "4", "2", "2", "3000", "", "20261112", "03", "0", "12"),
    ]
    assert (found[0]["納付番号"], found[0]["確認番号"], found[0]["市区町村コード"]) == (
        "00000202690000000001",
        "000123",
        CITY,
    )
    assert (found[0]["領収日"], found[0]["消込日"], found[1]["会計年度"]) == ("20261105", "20261120", "2027")


def test_a_file_of_no_postings_has_its_header_only() -> None:
    assert read(collection_file(Collected.empty(), CITY, SHIPPED, MADE_ON)) == []


def spec(**changed: object) -> Spec:
    """The shipped format with other fields of some names; None leaves one out."""
    text = SHIPPED.model_dump(mode="json", exclude_unset=True)
    fields = text["record"][0]["fields"]
    kept = [own | changed.get(own["name"], {}) for own in fields if changed.get(own["name"], {}) is not None]  # type: ignore[operator]
    new = [own for name, own in changed.items() if isinstance(own, dict) and "name" in own]
    text["record"][0]["fields"] = kept + [own for own in new if own["name"] not in {field["name"] for field in fields}]
    return Spec.model_validate(text)


REFUSED: list[tuple[str, dict[str, object], dict[str, object], str]] = [
    ("知らない項目", {"payer": {"name": "payer_name", "title": "氏名", "kind": "text", "max_width": 20}}, {}, "payer_name"),
    ("符号のない意味", {"result": {"values": {"1": "消込済"}}}, {"collected_yen": 1}, "一部"),
    ("空欄にできない内訳", {"principal_yen": {"blank": False}}, {"yen": 1}, "本税・本料"),
    ("幅に入らない金額", {"amount_yen": {"max_width": 4}}, {}, "収納額"),
]  # fmt: skip


@pytest.mark.parametrize(("changed", "given", "said"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED])
def test_a_format_that_cannot_say_it_is_refused(
    changed: dict[str, object], given: dict[str, object], said: str
) -> None:
    rows = frame_of(Collected, posting(**given))
    assert collection_file(rows, CITY, spec(), MADE_ON)
    with pytest.raises(BadFile, match=said):
        collection_file(rows, CITY, spec(**changed), MADE_ON)


FIXED = Spec.model_validate(
    {
        "name": "fixed", "title": "固定長の収納履歴", "purpose": "upload", "layout": "fixed", "verified": True,
        "grade": "LOW", "sources": ["試験"], "charsets": ["cp932"], "line_ends": ["crlf"], "record_bytes": 20,
        "recognize": {"record": "history", "fields": ["posting_no"]},
        "record": [
            {
                "name": "history", "title": "収納履歴", "tag": "D", "follows": ["start", "history"], "closes": True,
                "opens_group": True,
                "fields": [
                    {"name": "kind", "title": "区分", "kind": "const", "width": 1, "value": "D"},
                    {"name": "posting_no", "title": "仕訳番号", "kind": "count", "width": 4},
                    {"name": "amount_yen", "title": "収納額", "kind": "yen", "width": 5},
                    {"name": "rest", "title": "予備", "kind": "filler", "width": 10},
                ],
            }
        ],
    }
)  # fmt: skip


def test_a_file_of_fixed_widths_holds_what_fits_and_refuses_the_rest() -> None:
    rows = [posting(11), posting(12, yen=-1)]
    data = collection_file(frame_of(Collected, *rows), CITY, FIXED, MADE_ON)
    assert data == b"D001110000" + b" " * 10 + b"\r\n" + b"D001200001" + b" " * 10 + b"\r\n"
    for wide in ({"yen": 100_000}, {"no": 10_000}):
        with pytest.raises(BadFile, match="書き出せません"):
            collection_file(frame_of(Collected, posting(**wide)), CITY, FIXED, MADE_ON)  # type: ignore[arg-type]


def test_a_city_leaves_out_what_its_core_system_does_not_read() -> None:
    short = spec(funds_on=None, amount_yen=None, channel=None)
    (row,) = read(collection_file(frame_of(Collected, posting()), CITY, short, MADE_ON))
    assert "収納額" not in row and "資金化日" not in row and row["仕訳番号"] == "1"
