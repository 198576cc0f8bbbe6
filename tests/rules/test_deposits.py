"""入金明細: which lines tell of one transfer, whoever wrote them, and which the bank took back."""

from datetime import date
from itertools import permutations
from pathlib import Path

import polars as pl
import pytest

from elqr.formats.deposits import _LIKE_ANOTHER, folded, plain_account, with_identity
from elqr.rules.deposits import extend_known, no_deposits, rank_deposits
from elqr.vocabulary.money_frames import DepositContent
from tests.builders import NIGHT, Ran, codes, credit_file, credit_row, elqr, statement_file
from tests.cases.deposit_lines import HAND_ROW, HEAD, by_hand, correction
from tests.cases.job_parts import SENDER
from tests.cases.till import Till


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
    ("ｼﾕｳﾉｳ-ｼﾞﾑ", "シュウノウジム"),
    ("ｼﾕｳﾉｳ-ｼﾞﾑ", "しゅうのうー じむ"),
    ("ｶ)ｼﾕｳﾉｳ", "（カ）シュウノウ"),
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
    known = no_deposits()
    for (spec, numbers), repeats in zip(given, wanted, strict=True):
        made = rank_deposits(lines(*numbers), known, spec, known.height + 1)
        assert made["repeats_no"].to_list() == repeats
        known = extend_known(known, made.with_columns(pl.lit(spec).alias("spec")))


A, B, BLANK = "1-1-1", "1-1-2", ""
File = tuple[str, tuple[tuple[str, str], ...]]
"""A format, and the account and number of each of some equal lines."""

ACCOUNTS: list[tuple[str, list[File], list[list[int | None]]]] = [
    ("銀行の後に口座なし", [("bank", ((A, ""),)), ("hand", ((BLANK, ""),))], [[None], [1]]),
    ("口座なしの後に銀行", [("hand", ((BLANK, ""),)), ("bank", ((A, ""),))], [[None], [1]]),
    ("口座なしが二度", [("bank", ((A, ""),)), ("hand", ((BLANK, ""),)), ("hand", ((BLANK, ""),))], [[None], [1], [1]]),
    ("二つの口座は二件", [("bank", ((A, ""),)), ("bank", ((B, ""),))], [[None], [None]]),
    ("口座なしの後に二つの口座", [("hand", ((BLANK, ""),)), ("bank", ((A, ""), (B, "")))], [[None], [1, None]]),
    ("一つのファイルの二件", [("bank", ((A, ""),)), ("hand", ((BLANK, ""), (A, "")))], [[None], [None, 1]]),
    (
        "一つのファイルの二件がもう一度",
        [("bank", ((A, ""),)), ("hand", ((BLANK, ""), (A, ""))), ("hand", ((BLANK, ""), (A, "")))],
        [[None], [None, 1], [2, 1]],
    ),
    (
        "番号の違う口座なし二件",
        [("bank", ((A, "5"),)), ("hand", ((BLANK, "1"),)), ("hand", ((BLANK, "2"),)), ("hand", ((BLANK, "1"),))],
        [[None], [1], [None], [1]],
    ),
    ("同じ番号に口座を書く", [("hand", ((BLANK, "1"),)), ("hand", ((A, "1"),))], [[None], [1]]),
    ("違う番号に口座を書く", [("hand", ((BLANK, "1"),)), ("hand", ((A, "2"),))], [[None], [None]]),
    (
        "数えなかったものに口座を書く",
        [("bank", ((A, ""),)), ("hand", ((BLANK, "1"),)), ("hand", ((B, "1"),))],
        [[None], [1], [None]],
    ),
]


def known_after(files: list[File], **given: object) -> tuple[list[list[int | None]], pl.DataFrame]:
    """What each line repeats, and all lines as they are known."""
    known, said = no_deposits(), list[list[int | None]]()
    for spec, told in files:
        own = lines(*(number for _, number in told)).with_columns(pl.Series("account", [place for place, _ in told]))
        own = DepositContent.of(with_identity(own.with_columns(**{name: pl.lit(one) for name, one in given.items()})))
        made = rank_deposits(own, known, spec, known.height + 1)
        said.append(made["repeats_no"].to_list())
        known = extend_known(known, made.with_columns(pl.lit(spec).alias("spec")))
    return said, known


@pytest.mark.parametrize(("given", "wanted"), [row[1:] for row in ACCOUNTS], ids=[row[0] for row in ACCOUNTS])
def test_a_line_without_its_account_is_taken_for_one_with_an_account(
    given: list[File], wanted: list[list[int | None]]
) -> None:
    said, known = known_after(given)
    assert said == wanted
    counted = known.filter(pl.col("repeats_no").is_null())
    assert counted.select("identity", "rank_no").is_unique().all(), "the ledger keeps each once"


@pytest.mark.parametrize(
    ("files", "counted"),
    [
        ([("bank", ((A, ""),)), ("other", ((B, ""),)), ("hand", ((BLANK, ""), (BLANK, "")))], 2),
        ([("bank", ((A, ""),)), ("other", ((B, ""),)), ("hand", ((A, ""), (BLANK, "")))], 2),
        ([("bank", ((A, ""), (A, ""))), ("hand", ((BLANK, ""),)), ("other", ((A, ""),))], 2),
        ([("bank", ((A, "1"),)), ("other", ((A, "2"),)), ("hand", ((BLANK, ""),))], 1),
    ],
)
def test_the_order_of_files_does_not_change_how_many_transfers_there_are(files: list[File], counted: int) -> None:
    for order in permutations(files):
        _, known = known_after(list(order))
        assert known["repeats_no"].null_count() == counted, order


def test_money_taken_back_without_an_account_is_not_taken_for_another_s() -> None:
    """Counting one of two too few would leave a deposit standing that is gone."""
    said, _ = known_after([("bank", ((A, ""),)), ("hand", ((BLANK, ""),))], kind="cancelled")
    assert said == [[None], [None]]


@pytest.mark.parametrize("nights", [1, 2])
@pytest.mark.parametrize("bank_first", [True, False])
def test_a_line_by_hand_without_its_account_hides_no_shortage(till: Till, nights: int, bank_first: bool) -> None:
    """20,001 yen are due and 10,000 came; the person who typed the line from the passbook left 口座 empty."""
    till.paid("eltax.csv", 0, 1)
    files = [("01.dat", credit_file(credit_row(10_000, SENDER))), ("hand.csv", by_hand(HAND_ROW))]
    for name, data in files if bank_first else files[::-1]:
        till.money(name, data)
        if nights == 2:
            till.night()
    ran = till.night(date(2026, 11, 21) if nights == 2 else NIGHT)
    till.night(day := date(2026, 11, 22))
    assert till.lines(day) == [("地方税共同機構", "差額あり", "未済", 20_001, 0, 10_000, -10_001)]
    assert codes(ran) == ["S701", "S708"], "told while the day is open"
    assert elqr("verify", "--job", till.job, "--date", day.isoformat()).code == 0


def test_what_is_taken_for_one_is_told_and_can_be_made_two(till: Till) -> None:
    till.paid("eltax.csv", 0, 0)
    till.money("01.dat", credit_file(credit_row(10_000, SENDER)))
    till.money("hand.csv", by_hand(HAND_ROW))
    told = [finding for finding in till.night().json["findings"] if finding["code"] == "S708"]  # type: ignore[attr-defined]
    assert [(one["at"], one["actual"]) for one in told] == [
        ("hand.csv 1件目", "入金日 2026-11-12 10,000円（口座がないので同じ入金とみなし数えていない）")
    ]
    till.money("hand2.csv", by_hand(HAND_ROW.replace(",,,", ",,0001-002-0000007,")))
    till.night(day := date(2026, 11, 21))
    assert till.lines(day) == [("地方税共同機構", "一致", "今夜済", 20_000, 0, 20_000, 0)]


def doubts(ran: Ran) -> list[tuple[str, str]]:
    """Where S708 was told, and how the line counts."""
    told = [one for one in ran.json["findings"] if one["code"] == "S708"]  # type: ignore[attr-defined, index]
    return [(one["at"], "数えていない" if "数えていない" in one["actual"] else "数えた") for one in told]


HAND_2 = "2" + HAND_ROW[1:]
MERGED_1, COUNTED_2 = ("hand1.csv 1件目", "数えていない"), ("hand2.csv 1件目", "数えた")


@pytest.mark.parametrize("nights", [1, 2])
def test_a_row_without_account_that_counts_by_its_number_is_told(till: Till, nights: int) -> None:
    """The bank tells of 10,000 yen; the row typed again under another number makes 20,000 of them."""
    till.paid("eltax.csv", 0, 0)
    till.money("01.dat", credit_file(credit_row(10_000, SENDER)))
    till.money("hand1.csv", by_hand(HAND_ROW))
    if nights == 2:
        assert doubts(till.night()) == [MERGED_1]
    till.money("hand2.csv", by_hand(HAND_2))
    day = date(2026, 11, 21) if nights == 2 else NIGHT
    ran = till.night(day)
    assert till.lines(day) == [("地方税共同機構", "一致", "今夜済", 20_000, 0, 20_000, 0)]
    assert doubts(ran) == [MERGED_1, COUNTED_2]
    assert "整理番号" in "".join(one["actual"] for one in ran.json["findings"])  # type: ignore[attr-defined, index]


def test_rows_without_account_that_came_before_the_bank_are_told_until_it_tells_of_each(till: Till) -> None:
    """Three rows, and the bank tells of one: two are in doubt, every morning, and one after its second line."""
    till.paid("eltax.csv", 0, 1)
    row = {number: by_hand(f"{number}{HAND_ROW[1:]}") for number in (1, 2, 3)}
    for number, data in row.items():
        till.money(f"hand{number}.csv", data)
    assert doubts(till.night()) == [], "nothing else tells of them"
    till.money("01.dat", credit_file(credit_row(10_000, SENDER, inquiry_no="000001")))
    for day in (21, 22):
        counted = [at for at, how in doubts(till.night(date(2026, 11, day))) if how == "数えた"]
        assert counted == ["hand2.csv 1件目", "hand3.csv 1件目"], day
    till.money("02.dat", credit_file(credit_row(10_000, SENDER, inquiry_no="000002")))
    counted = [at for at, how in doubts(till.night(date(2026, 11, 23))) if how == "数えた"]
    assert counted == ["hand3.csv 1件目"]


def test_two_names_for_one_day_yen_and_account_are_told_and_one_can_be_taken_away(till: Till) -> None:
    """A name in kanji cannot be compared: both count, which would hide a shortage if nobody were told."""
    job = till.job.read_text(encoding="utf-8").replace(
        'senders = ["チホウゼイキヨウドウ"]', 'accounts = ["1-1-123456"]'
    )
    till.job.write_text(job, encoding="utf-8")
    till.paid("eltax.csv", 0, 0)
    till.money("01.dat", credit_file(credit_row(10_000, SENDER)))
    row = "1,2026/11/12,10000,地方税共同機構,,1-1-123456,入金"
    till.money("hand.csv", by_hand(row))
    assert codes(till.night()) == ["S708"]
    assert till.lines() == [("地方税共同機構", "一致", "今夜済", 20_000, 0, 20_000, 0)]
    till.money("hand2.csv", by_hand(row.replace("入金", "取消").replace("11/12", "11/20")))
    assert codes(till.night(day := date(2026, 11, 21))) == ["S701"]
    assert ("地方税共同機構", "差額あり", "未済", 20_000, 0, 10_000, -10_000) in till.lines(day)
    assert elqr("verify", "--job", till.job, "--date", "2026-11-21").code == 0


def test_lines_of_a_ledger_of_the_older_rule_are_known(till: Till, monkeypatch: pytest.MonkeyPatch) -> None:
    """It kept ｼﾕｳﾉｳ-ｼﾞﾑ and ｼﾕｳﾉｳｼﾞﾑ of one file apart, both first of their kind: still two, and still known."""
    till.paid("eltax.csv", 0, 0)
    rows = [credit_row(10_000, name) for name in (SENDER, f"{SENDER}-")]
    with monkeypatch.context() as older:
        older.setattr("elqr.formats.deposits.RULE", "v2")
        older.setattr("elqr.rules.deposits.RULE", "v2")
        older.setitem(_LIKE_ANOTHER, "-", "ー")
        older.delitem(_LIKE_ANOTHER, "ー")
        till.money("01.dat", credit_file(*rows))
        till.night()
    assert [row[0] for row in till.sql("SELECT rank_no FROM deposit ORDER BY deposit_no")] == [1, 1]
    till.money("03.dat", statement_file(*rows))
    till.night(day := date(2026, 11, 21))
    assert till.lines(day) == [("地方税共同機構", "一致", "前夜までに済", 20_000, 0, 20_000, 0)]
    till.money("hand.csv", by_hand(HAND_ROW))
    till.night(day := date(2026, 11, 22))
    assert till.lines(day) == [("地方税共同機構", "一致", "前夜までに済", 20_000, 0, 20_000, 0)]
    assert elqr("verify", "--job", till.job, "--date", day.isoformat()).code == 0


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


def test_money_corrected_away_after_it_agreed_opens_its_day_again(till: Till) -> None:
    till.paid("eltax.csv", 0)
    till.money("03.dat", statement_file(credit_row(10_000, SENDER)))
    assert till.night().code == 0
    till.money("03b.dat", statement_file(correction("2", 10_000, SENDER, 13), before_yen=10_000))
    assert codes(till.night(date(2026, 11, 21))) == ["S702"]
