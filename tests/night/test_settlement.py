"""払込突合 as staff meet it: payments and money delivered on real nights, sums worked out by hand."""

from datetime import date
from pathlib import Path

import pytest

from tests.builders import (
    JOB,
    NIGHT,
    City,
    codes,
    credit_file,
    credit_row,
    elqr,
    eltax_file,
    eltax_row,
    statement_file,
)
from tests.cases.job_parts import CONTRACT, SENDER
from tests.cases.till import Till, act, open_marks, settled_in

FUNDS_ON = date(2026, 11, 12)


@pytest.fixture
def till(tmp_path: Path) -> Till:
    return Till.opened(tmp_path / "city")


def test_payments_and_the_bank_s_notice_agree(till: Till) -> None:
    till.paid("eltax.csv", 0, 1, 2)
    till.money("01.dat", credit_file(credit_row(30_003, SENDER)))
    ran = till.night()
    assert (ran.code, codes(ran)) == (0, [])
    assert till.lines() == [("地方税共同機構", "一致", "今夜済", 30_003, 0, 30_003, 0)]
    assert till.report("払込突合の内訳") == []
    names = ("ファイル", "結果", "件数", "金額", "入金明細", "入金額")
    assert [tuple(row[name] for name in names) for row in till.report("取込結果")] == [
        ("01.dat", "取込", 0, 0, 1, 30_003),
        ("eltax.csv", "取込", 3, 30_003, 0, 0),
    ]
    till.night(date(2026, 11, 21))
    assert till.lines(date(2026, 11, 21)) == [("地方税共同機構", "一致", "前夜までに済", 30_003, 0, 30_003, 0)]


def test_part_of_the_payment_data_never_taken_in_shows_the_same_morning_真庭_いわき_伊達(till: Till) -> None:
    """Half of the payments' files were never taken in: the bank tells, to the yen."""
    till.paid("eltax_1.csv", 0, 1)
    till.money("01.dat", credit_file(credit_row(40_006, SENDER)))
    ran = till.night()
    assert (ran.code, codes(ran)) == (3, ["S701"])
    assert till.lines() == [("地方税共同機構", "差額あり", "未済", 20_001, 0, 40_006, 20_005)]
    listed = [(row["区分"], row["金額"], row["差額と同額"]) for row in till.report("払込突合の内訳")]
    assert listed == [("収納", 10_000, None), ("収納", 10_001, None), ("入金", 40_006, None)]
    till.paid("eltax_2.csv", 2, 3)
    assert till.night(date(2026, 11, 21)).code == 0
    assert till.lines(date(2026, 11, 21)) == [("地方税共同機構", "一致", "今夜済", 40_006, 0, 40_006, 0)]


@pytest.mark.parametrize(
    ("account", "wanted"),
    [
        ("0001-001-0123456", ("地方税共同機構", "一致")),
        ("1 - 1 - 123456", ("地方税共同機構", "一致")),
        ("0001-001-0123457", ("（契約なし）", "契約なし")),
    ],
    ids=["同じ口座", "前ゼロと空白の違い", "別の口座"],
)
def test_money_is_known_by_its_account(tmp_path: Path, account: str, wanted: tuple[str, str]) -> None:
    """The account of the notice's header, whoever the sender says that he is."""
    contract = CONTRACT.replace('senders = ["チホウゼイキヨウドウ"]', f'accounts = ["{account}"]')
    till = Till.opened(tmp_path / "city", contract)
    till.paid("eltax.csv", 0)
    till.money("01.dat", credit_file(credit_row(10_000, "ﾍﾞﾂﾒｲｷﾞ")))
    till.night()
    assert [line[:2] for line in till.lines() if line[5] == 10_000] == [wanted]


def test_money_without_any_payment_file_is_an_alarm_the_same_morning(till: Till) -> None:
    till.money("01.dat", credit_file(credit_row(10_000, SENDER)))
    ran = till.night()
    assert (ran.code, codes(ran)) == (3, ["S703"])
    assert till.lines() == [("地方税共同機構", "収納なし", "未済", 0, 0, 10_000, 10_000)]
    (row,) = till.report("払込突合表")
    assert row["経過日数"] == 8


def test_the_missing_payment_is_marked_by_its_yen(till: Till) -> None:
    """One payment counted too much on the sender's side: its amount is the difference."""
    till.paid("eltax.csv", 0, 1, 2)
    till.money("01.dat", credit_file(credit_row(30_003 - 10_001, SENDER)))
    assert codes(till.night()) == ["S701"]
    rows = till.report("払込突合の内訳")
    assert [(row["金額"], row["差額と同額"]) for row in rows] == [
        (10_001, "○"),
        (10_000, None),
        (10_002, None),
        (20_002, None),
    ]


def test_a_long_line_lists_only_what_equals_the_difference(till: Till, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("elqr.night.remittance.LISTED_PER_LINE", 2)
    till.paid("eltax.csv", 0, 1, 2)
    till.money("01.dat", credit_file(credit_row(30_003 - 10_001, SENDER)))
    till.night()
    assert [(row["区分"], row["金額"]) for row in till.report("払込突合の内訳")] == [("収納", 10_001), ("入金", 20_002)]


def test_payments_wait_for_money_and_then_are_an_alarm(till: Till) -> None:
    till.paid("eltax.csv", 0)
    assert till.night(date(2026, 11, 13)).code == 0
    assert till.lines(date(2026, 11, 13)) == [("地方税共同機構", "入金待ち", "未済", 10_000, 0, 0, None)]
    late = till.night(date(2026, 11, 20))
    assert (late.code, codes(late), late.json["changed"]) == (3, ["S702"], False)
    assert till.lines() == [("地方税共同機構", "入金なし", "未済", 10_000, 0, 0, -10_000)]
    till.money("01.dat", credit_file(credit_row(10_000, SENDER, date(2026, 11, 15))))
    assert till.night(date(2026, 11, 21)).code == 0


def test_the_same_notice_twice_counts_once(till: Till) -> None:
    till.paid("eltax.csv", 0)
    notice = credit_file(credit_row(10_000, SENDER, inquiry_no="000001"))
    till.money("01.dat", notice)
    till.money("01_saisou.dat", notice)
    assert till.night().code == 0
    assert [row["結果"] for row in till.report("取込結果")] == ["取込", "再受信", "取込"]
    till.money(
        "01_more.dat",
        credit_file(credit_row(10_000, SENDER, inquiry_no="000001"), credit_row(500, SENDER, date(2026, 11, 19))),
    )
    ran = till.night(date(2026, 11, 21))
    assert codes(ran) == ["S703"]
    assert ("地方税共同機構", "収納なし", "未済", 0, 0, 500, 500) in till.lines(date(2026, 11, 21))


def test_a_notice_and_a_statement_of_one_account_tell_of_one_transfer(till: Till) -> None:
    till.paid("eltax.csv", 0)
    row = credit_row(10_000, SENDER, inquiry_no="000007")
    till.money("01.dat", credit_file(row))
    till.money("03.dat", statement_file({**row, "inquiry_no": "00004711"}, before_yen=5))
    assert till.night().code == 0
    assert till.lines() == [("地方税共同機構", "一致", "今夜済", 10_000, 0, 10_000, 0)]


def test_two_equal_transfers_of_one_day_are_two(till: Till) -> None:
    till.paid("eltax.csv", 0)
    rows = [credit_row(5_000, SENDER, inquiry_no=number) for number in ("000001", "000002")]
    till.money("01_am.dat", credit_file(rows[0]))
    till.money("01_pm.dat", credit_file(rows[1]))
    assert till.night().code == 0
    assert till.lines() == [("地方税共同機構", "一致", "今夜済", 10_000, 0, 10_000, 0)]


def test_two_equal_transfers_without_numbers_in_one_file_are_two(till: Till) -> None:
    till.paid("eltax.csv", 0)
    till.money("01.dat", credit_file(credit_row(5_000, SENDER), credit_row(5_000, SENDER)))
    assert till.night().code == 0


def test_a_transfer_that_the_bank_takes_back_is_no_money(till: Till) -> None:
    till.paid("eltax.csv", 0)
    till.money("01.dat", credit_file(credit_row(10_000, SENDER), credit_row(10_000, SENDER, cancel_kind="1")))
    ran = till.night()
    assert codes(ran) == ["S702"]
    assert till.lines() == [
        ("地方税共同機構", "入金なし", "未済", 10_000, 0, 0, -10_000),
        ("地方税共同機構", "入金取消で相殺", "今夜済", 0, 0, 0, 0),
    ]


def test_money_that_is_taken_back_after_it_agreed_opens_its_day_again(till: Till) -> None:
    """Told on the next night what one night would have told, and the night before stays as it was drawn."""
    till.paid("eltax.csv", 0)
    till.money("01.dat", credit_file(credit_row(10_000, SENDER)))
    assert till.night().code == 0
    till.money("02.dat", credit_file(credit_row(10_000, SENDER, date(2026, 11, 20), cancel_kind="1")))
    ran = till.night(date(2026, 11, 21))
    assert codes(ran) == ["S702"]
    assert till.lines(date(2026, 11, 21)) == [
        ("地方税共同機構", "入金なし", "未済", 10_000, 0, 0, -10_000),
        ("地方税共同機構", "入金取消で相殺", "今夜済", 0, 0, 0, 0),
    ]
    assert till.night(date(2026, 11, 21)).json["changed"] is False
    assert codes(till.night(NIGHT, "--dry-run")) == []
    assert elqr("verify", "--job", till.job, "--date", "2026-11-21").code == 0


def test_the_fee_of_the_contract_is_allowed_for(tmp_path: Path) -> None:
    fee = "fee = { per_payment_yen = 55, per_transfer_yen = 330, tax_percent = 10 }\n"
    till = Till.opened(tmp_path / "city", CONTRACT + fee)
    till.paid("eltax.csv", 0, 1)
    # （55円 × 2件 ＋ 330円）× 1.1 ＝ 484円
    till.money("01.dat", credit_file(credit_row(20_001 - 484, SENDER)))
    assert till.night().code == 0
    assert till.lines() == [("地方税共同機構", "手数料控除後一致", "今夜済", 20_001, 484, 19_517, 0)]


def test_money_typed_by_hand_counts_as_the_bank_s(till: Till) -> None:
    till.paid("eltax.csv", 0)
    text = "整理番号,入金日,金額,振込依頼人,資金化日,口座,区分\r\n1,2026/11/14,10000,ﾁﾎｳｾﾞｲｷｮｳﾄﾞｳｷｺｳ,2026/11/12,,入金\r\n"
    till.money("tegaki.csv", text.encode("cp932"))
    assert till.night().code == 0
    assert till.lines() == [("地方税共同機構", "一致", "今夜済", 10_000, 0, 10_000, 0)]


def test_money_of_nobody_and_payments_of_no_contract_are_told(tmp_path: Path) -> None:
    till = Till.opened(tmp_path / "city", CONTRACT.replace('"eltax_payment_csv"', '"cvs_family_a"'))
    till.paid("eltax.csv", 0)
    till.money("01.dat", credit_file(credit_row(7_000, "ｶﾌﾞ)ﾔﾁﾝ")))
    ran = till.night()
    assert codes(ran) == ["S707", "S707"]
    assert till.lines() == [
        ("eltax_payment_csv スマホアプリ", "契約なし", "未済", 10_000, 0, 0, -10_000),
        ("（契約なし）", "契約なし", "未済", 0, 0, 7_000, 7_000),
    ]


def test_money_that_is_not_compared_is_named_in_the_job(tmp_path: Path) -> None:
    rent = '\n[[settlement]]\nname = "家賃（突合しない）"\nsenders = ["カブ)ヤチン"]\noutside = true\n'
    till = Till.opened(tmp_path / "city", CONTRACT + rent)
    till.money("01.dat", credit_file(credit_row(7_000, "ｶﾌﾞ)ﾔﾁﾝ")))
    assert till.night().code == 0
    assert till.lines() == [("家賃（突合しない）", "突合の対象外", "今夜済", 0, 0, 7_000, None)]


def test_payments_in_suspense_are_money_too(till: Till) -> None:
    """A payment that matches no notice was paid all the same."""
    till.deliver("eltax.csv", eltax_file(eltax_row("9" * 20, "123456", 4_000)))
    till.money("01.dat", credit_file(credit_row(4_000, SENDER)))
    ran = till.night()
    assert ran.code == 3 and codes(ran) == []
    assert till.lines() == [("地方税共同機構", "一致", "今夜済", 4_000, 0, 4_000, 0)]


def test_a_payment_file_delivered_again_brings_no_money_due(till: Till) -> None:
    till.paid("eltax.csv", 0)
    till.paid("eltax_again.csv", 0, 1)
    till.money("01.dat", credit_file(credit_row(20_001, SENDER)))
    assert till.night().code == 0
    assert till.lines() == [("地方税共同機構", "一致", "今夜済", 20_001, 0, 20_001, 0)]


def test_payments_without_a_day_of_funds(tmp_path: Path) -> None:
    till = Till.opened(tmp_path / "one")
    till.paid("eltax.csv", 0, funds_on=None)
    assert codes(till.night()) == ["S706"]
    own = Till.opened(tmp_path / "two", CONTRACT + "funds_days = 5\n")
    own.paid("eltax.csv", 0, funds_on=None)
    own.money("01.dat", credit_file(credit_row(10_000, SENDER)))
    assert own.night().code == 0


def test_a_preliminary_without_its_confirmation_is_told_after_its_days(tmp_path: Path) -> None:
    till = Till.opened(tmp_path / "city", CONTRACT + "confirm_days = 5\n")
    till.paid("sokuho.csv", 0, 1, stage="1")
    assert codes(till.night(date(2026, 11, 10))) == []
    assert codes(till.night(date(2026, 11, 17))) == []
    ran = till.night(date(2026, 11, 18))
    assert (ran.code, codes(ran)) == (3, ["S704"])
    rows = till.report("速報確報突合", date(2026, 11, 18))
    assert [(row["区分"], row["領収額"], row["経過日数"]) for row in rows] == [
        ("速報のみ期限超過", 10_000, 13),
        ("速報のみ期限超過", 10_001, 13),
    ]
    till.paid("kakuho.csv", 0)
    till.money("01.dat", credit_file(credit_row(10_000, SENDER)))
    ran = till.night(date(2026, 11, 19))
    assert codes(ran) == ["S704"]
    assert [row["領収額"] for row in till.report("速報確報突合", date(2026, 11, 19))] == [10_001]
    again = till.night(date(2026, 11, 18), "--dry-run")
    assert codes(again) == ["S704"], "an older night is as it was"


def test_a_preliminary_that_was_announced_again_is_over_once_it_is_confirmed(tmp_path: Path) -> None:
    """Over four nights, and within one: paid is paid, and nothing is overdue for ever."""
    till = Till.opened(tmp_path / "city", CONTRACT + "confirm_days = 3\n")
    till.paid("sokuho.csv", 0, stage="1")
    till.night(date(2026, 11, 9))
    till.paid("torikeshi.csv", 0, stage="9")
    till.night(date(2026, 11, 10))
    till.paid("sokuho2.csv", 0, 1, stage="1")
    assert till.night(date(2026, 11, 11)).places() == {"pending": (2, 20_001)}
    till.paid("kakuho.csv", 0, 1)
    for name, stage, numbers in (("1", "1", (2, 3)), ("2", "9", (2, 3)), ("3", "1", (3, 2)), ("4", "2", (2,))):
        till.paid(f"{name}.csv", *numbers, stage=stage)
    places = till.night(date(2026, 11, 12)).places()
    assert places == {"posted": (3, 30_003), "cancelled": (4, 40_010), "pending": (2, 20_005)}
    till.money("01.dat", credit_file(credit_row(30_003, SENDER)))
    assert codes(till.night(date(2026, 11, 20))) == ["S704"]
    assert [row["領収額"] for row in till.report("速報確報突合", date(2026, 11, 20))] == [10_003]


def test_a_confirmation_that_no_preliminary_announced(tmp_path: Path) -> None:
    till = Till.opened(tmp_path / "city", CONTRACT + "preliminary = true\n")
    till.paid("sokuho.csv", 0, stage="1")
    till.night(date(2026, 11, 10))
    till.paid("kakuho.csv", 0, 1)
    till.money("01.dat", credit_file(credit_row(20_001, SENDER)))
    ran = till.night()
    assert codes(ran) == ["S705"]
    assert [(row["区分"], row["領収額"]) for row in till.report("速報確報突合")] == [("確報のみ", 10_001)]


def test_a_damaged_money_file_is_held_back_whole(till: Till) -> None:
    good = credit_file(credit_row(10_000, SENDER))
    till.money("01.dat", good.replace(b"0000010000", b"0000010001", 1))
    ran = till.night()
    assert (ran.code, codes(ran)) == (4, ["F302"])
    assert till.lines() == []


def test_running_the_night_again_changes_nothing(till: Till) -> None:
    till.paid("eltax.csv", 0, 1)
    till.paid("sokuho.csv", 2, stage="1")
    till.money("01.dat", credit_file(credit_row(10_000, SENDER), credit_row(6, "ﾀﾞﾚｶ")))
    till.draw_everything()
    till.night()
    before = till.ledger_state()
    reports = {path.name: path.read_bytes() for path in (till.folder / "out" / "2026-11-20").glob("*.*")}
    assert till.night().json["changed"] is False
    assert till.ledger_state() == before
    assert {path.name: path.read_bytes() for path in (till.folder / "out" / "2026-11-20").glob("*.*")} == reports
    assert "払込突合表.csv" in reports and "払込突合の内訳.csv" in reports and "速報確報突合.csv" in reports


@pytest.fixture
def short(till: Till) -> Till:
    """The bank received one yen less than was confirmed."""
    till.paid("eltax.csv", 0, 1)
    till.money("01.dat", credit_file(credit_row(20_000, SENDER)))
    till.night()
    return till


def test_a_difference_is_closed_by_two_people_with_a_reason(short: Till) -> None:
    ran = act(short, "list")
    assert ran.code == 3 and "差額あり　払込予定 20,001円　入金 20,000円　差額 -1円" in ran.out
    (mark,) = open_marks(short)
    assert act(short, "close", mark, "--by", "会計 花子", "--reason", "振込手数料の端数").code == 0
    assert act(short, "close", mark, "--by", "会計 次郎", "--reason", "二重の申請").code == 1
    own = act(short, "approve", 1, "--by", "会計　花子")
    assert own.code == 1 and "申請した人" in own.err
    assert act(short, "approve", 1, "--by", "出納 三郎").code == 0
    assert act(short, "list").code == 0
    assert short.night(date(2026, 11, 21)).code == 0
    assert short.lines(date(2026, 11, 20)) == [("地方税共同機構", "差額あり", "未済", 20_001, 0, 20_000, -1)]
    assert short.lines(date(2026, 11, 21)) == [
        ("地方税共同機構", "差額を確認済", "前夜までに済", 20_001, 0, 20_000, -1)
    ]
    assert elqr("verify", "--job", short.job).code == 0


def test_a_difference_that_changed_after_it_was_asked_is_not_closed(short: Till) -> None:
    (mark,) = open_marks(short)
    act(short, "close", mark, "--by", "花子", "--reason", "端数")
    short.paid("late.csv", 2)
    short.night(date(2026, 11, 21))
    stale = act(short, "approve", 1, "--by", "三郎", day=date(2026, 11, 21))
    assert stale.code == 1 and "ありません" in stale.err
    assert act(short, "reject", 1, "--by", "三郎", "--reason", "変わった", day=date(2026, 11, 21)).code == 0
    assert act(short, "reject", 1, "--by", "三郎", "--reason", "もう一度", day=date(2026, 11, 21)).code == 1


@pytest.mark.parametrize("arguments", [("close", "0" * 8), ("close", "123"), ("approve", 7)])
def test_what_is_not_there_cannot_be_closed(short: Till, arguments: tuple[object, ...]) -> None:
    more = ("--reason", "理由") if arguments[0] == "close" else ()
    ran = act(short, *arguments, "--by", "花子", *more)
    assert ran.code == 1 and "ありません" in ran.err


def test_a_reason_is_needed(short: Till) -> None:
    (mark,) = open_marks(short)
    assert act(short, "close", mark, "--by", "花子", "--reason", " ").code == 1


@pytest.fixture
def settled(tmp_path: Path) -> Till:
    return settled_in(tmp_path / "city")


def test_the_lines_of_that_ledger(settled: Till) -> None:
    assert settled.lines() == [
        ("地方税共同機構", "差額あり", "未済", 10_002, 0, 10_000, -2),
        ("地方税共同機構", "一致", "今夜済", 20_001, 0, 20_001, 0),
        ("地方税共同機構", "入金取消で相殺", "今夜済", 0, 0, 0, 0),
    ]
    assert elqr("verify", "--job", settled.job, "--date", "2026-11-24").code == 0


@pytest.mark.parametrize(
    ("extra", "said"),
    [
        (CONTRACT + CONTRACT, "同じ名前の契約"),
        (CONTRACT + CONTRACT.replace("地方税共同機構", "ほか"), "重なっています"),
        (CONTRACT + "dayz = 1\n", "知らない項目"),
        (CONTRACT.replace("eltax_payment_csv", "bank_credit_01_a"), "収納データの様式ではありません"),
        (CONTRACT.replace("eltax_payment_csv", "no_such_spec"), "ありません"),
        ('[[settlement]]\nname = "空"\n', "入金の手がかり"),
        (CONTRACT + "fee = { per_payment_yen = -1 }\n", "小さすぎます"),
        ('[[money]]\npath = "money"\nspecs = ["dsk_csv"]\n', "入金データの様式ではありません"),
    ],
)
def test_a_wrong_setting_is_one_sentence(tmp_path: Path, extra: str, said: str) -> None:
    city = City.founded(tmp_path / "city", JOB + extra)
    ran = elqr("night", city.job)
    assert ran.code == 1 and said in ran.err and "Traceback" not in ran.err
    assert not (city.folder / "ledger.db").exists()
