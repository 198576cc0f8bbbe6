"""入金明細: which lines tell of one transfer, whoever wrote them, and which the bank took back."""

from datetime import date
from pathlib import Path

import polars as pl
import pytest

from elqr.deposits import ranked
from elqr.formats.deposits import folded, plain_account, with_identity
from elqr.money_frames import DepositContent
from tests.builders import NIGHT, credit_file, credit_row, elqr, statement_file
from tests.test_settlement import SENDER, Till, codes

HEAD = "整理番号,入金日,金額,振込依頼人,資金化日,口座,区分\r\n"


@pytest.fixture
def till(tmp_path: Path) -> Till:
    return Till.opened(tmp_path / "city")


NAMES = [
    ("ﾁﾎｳｾﾞｲｷﾖｳﾄﾞｳｷｺｳ", "チホウゼイキョウドウキコウ"),
    ("ｶ)ｺﾝﾋﾞﾆ-ｼﾕｳﾉｳ", "カ）コンビニーシュウノウ"),
    ("ｺﾝﾋﾞﾆ-", "コンビニ−"),
    ("ｶﾌﾞ ﾐﾎﾝ", "かぶみほん"),
    ("ｶ゛ｽ", "ガス"),
    ("ﾆﾎﾝ.ﾃﾞﾝｷ", "ニホン・デンキ"),
]


@pytest.mark.parametrize(("bank", "person"), NAMES)
def test_a_name_is_the_same_however_it_is_written(bank: str, person: str) -> None:
    texts = pl.DataFrame({"text": [bank, person]}).select(folded(pl.col("text")))["text"]
    assert texts[0] == texts[1] != ""


@pytest.mark.parametrize("person", ["1-1-123456", "0001－001－0123456", "0001 - 001 - 012-3456", "00010010123456"])
def test_an_account_is_the_same_however_it_is_written(person: str) -> None:
    texts = pl.DataFrame({"text": ["1-1-123456", person, "1-1-1234560", "11-1-23456"]})
    said = texts.select(plain_account(pl.col("text")))["text"].to_list()
    assert said[0] == said[1] and len({*said}) == 3


@pytest.mark.parametrize("texts", [["", "本店"], ["本店口座", "支店口座"], ["0009-001", "0009-002"]])
def test_accounts_that_are_no_numbers_are_names(texts: list[str]) -> None:
    assert pl.DataFrame({"text": texts}).select(plain_account(pl.col("text")))["text"].n_unique() == 2


def lines(*numbers: str) -> pl.DataFrame:
    """So many equal lines with these numbers."""
    same = {
        "offset_bytes": 0, "kind": "received", "booked_on": NIGHT, "funds_on": None, "yen": 500, "account": "1-1-1",
        "sender_code": "", "sender": "ﾐﾎﾝ",
    }  # fmt: skip
    rows = [{"record_no": at, "number": number, "identity": "", **same} for at, number in enumerate(numbers, start=1)]
    frame = pl.DataFrame(rows, schema=DepositContent.SCHEMA)
    return DepositContent.of(with_identity(frame))


FILES: list[tuple[str, list[tuple[str, tuple[str, ...]]], list[list[int | None]]]] = [
    ("番号が零だけの二件", [("a", ("000000", "000000"))], [[None, None]]),
    ("同じ番号の二件", [("a", ("000007", "000007"))], [[None, None]]),
    ("同じ番号の二件がもう一度", [("a", ("7", "7")), ("a", ("7", "7"))], [[None, None], [1, 2]]),
    ("零だけの二件を取引明細でも", [("a", ("0", "0")), ("b", ("1", "2"))], [[None, None], [1, 2]]),
    ("番号の違う一件ずつ", [("a", ("1",)), ("a", ("2",))], [[None], [None]]),
    ("零だけの一件がもう一度", [("a", ("0",)), ("a", ("0",))], [[None], [1]]),
    ("三件目だけが新しい", [("a", ("7", "7")), ("a", ("7", "7", "7"))], [[None, None], [1, 2, None]]),
]


@pytest.mark.parametrize(("given", "wanted"), [row[1:] for row in FILES], ids=[row[0] for row in FILES])
def test_what_a_file_counts_as_two_are_two(
    given: list[tuple[str, tuple[str, ...]]], wanted: list[list[int | None]]
) -> None:
    known = pl.DataFrame(
        schema={
            "identity": pl.String,
            "number": pl.String,
            "rank_no": pl.Int64,
            "deposit_no": pl.Int64,
            "spec": pl.String,
        }
    )
    for (spec, numbers), repeats in zip(given, wanted, strict=True):
        made = ranked(lines(*numbers), known, spec, known.height + 1)
        assert made["repeats_no"].to_list() == repeats
        known = pl.concat([known, made.select(known.columns[:-1]).with_columns(pl.lit(spec).alias("spec"))])


def test_one_transfer_told_by_hand_and_by_the_bank_hides_no_shortage(till: Till) -> None:
    """20,001 yen are due and 10,000 came, told twice: half of it is missing."""
    till.paid("eltax.csv", 0, 1)
    till.money("hand.csv", (HEAD + "1,2026/11/12,10000,チホウゼイキョウドウキコウ,,0001-001-0123456,入金\r\n").encode())
    till.money("01.dat", credit_file(credit_row(10_000, SENDER, inquiry_no="000000")))
    assert codes(till.night()) == ["S701"]
    assert till.lines() == [("地方税共同機構", "差額あり", "未済", 20_001, 0, 10_000, -10_001)]


def test_two_equal_transfers_that_the_trailer_counts_are_two_though_their_number_is_zero(till: Till) -> None:
    till.paid("eltax.csv", 0, 0)
    row = credit_row(10_000, SENDER, inquiry_no="000000")
    till.money("01.dat", credit_file(row, row))
    assert till.night().code == 3, "one slip was paid twice"
    assert till.lines() == [("地方税共同機構", "一致", "今夜済", 20_000, 0, 20_000, 0)]
    till.money("03.dat", statement_file(*(credit_row(10_000, SENDER, inquiry_no=f"0000000{no}") for no in "12")))
    till.night(date(2026, 11, 21))
    assert till.lines(date(2026, 11, 21)) == [("地方税共同機構", "一致", "前夜までに済", 20_000, 0, 20_000, 0)]
    assert elqr("verify", "--job", till.job, "--date", "2026-11-21").code == 0


def correction(way: str, yen: int, sender: str, day: int = 12, **given: object) -> dict[str, object]:
    """訂正 of a statement: 出金 takes a deposit back, 入金 a withdrawal."""
    return credit_row(yen, sender, date(2026, 11, day), **given) | {"in_out": way, "deal_kind": "19"}


@pytest.mark.parametrize("sender", [SENDER, ""], ids=["依頼人あり", "依頼人なし"])
def test_a_deposit_that_the_bank_corrected_away_is_no_money(till: Till, sender: str) -> None:
    till.paid("eltax.csv", 0)
    came, back = (
        credit_row(10_000, SENDER, inquiry_no="00000001"),
        correction("2", 10_000, sender, inquiry_no="00000002"),
    )
    till.money("03.dat", statement_file(came, back))
    assert "S702" in codes(till.night())
    assert sorted(line[1] for line in till.lines()) == ["入金なし", "入金取消で相殺"]


def test_a_correction_that_takes_a_withdrawal_back_is_no_deposit(till: Till) -> None:
    till.paid("eltax.csv", 0)
    out = credit_row(10_000, SENDER, inquiry_no="00000001") | {"in_out": "2", "deal_kind": "11"}
    till.money("03.dat", statement_file(out, correction("1", 10_000, SENDER, inquiry_no="00000002"), before_yen=50_000))
    assert codes(till.night()) == ["S702"], "no money came"


def test_a_correction_with_two_answers_is_told_and_takes_neither(till: Till) -> None:
    """Two senders paid the same: which of them was corrected away the bank does not say."""
    till.paid("eltax.csv", 0)
    rows = [credit_row(10_000, who, inquiry_no=f"0000000{at}") for at, who in enumerate((SENDER, "ﾍﾞﾂ"), start=1)]
    till.money("03.dat", statement_file(*rows, correction("2", 10_000, "", inquiry_no="00000003")))
    assert codes(till.night()) == ["S707", "S707"]


def test_money_corrected_away_after_it_agreed_is_an_alarm(till: Till) -> None:
    till.paid("eltax.csv", 0)
    till.money("03.dat", statement_file(credit_row(10_000, SENDER)))
    assert till.night().code == 0
    till.money("03b.dat", statement_file(correction("2", 10_000, SENDER, 13), before_yen=10_000))
    assert codes(till.night(date(2026, 11, 21))) == ["S701"]
