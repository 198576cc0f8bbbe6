"""A ledger in which every table holds rows: one small city that has done everything once, for what must see it all."""

from datetime import date
from pathlib import Path

from tests.builders import JOB as _JOB
from tests.builders import (
    REGISTER,
    City,
    Ran,
    claim_file,
    claim_row,
    credit_file,
    credit_row,
    elqr,
    eltax_file,
    eltax_row,
    notice_file,
    notice_row,
    slip_file,
    slip_row,
    status_file,
    status_row,
)
from tests.cases.job_parts import ACCOUNTING, ARRIVAL, CLAIMS, CONTRACT, MONEY, SENDER
from tests.cases.job_parts import SLIPS as SLIPS_BOX
from tests.cases.review_book import written

DUE = date(2026, 10, 31)
LAST = date(2026, 11, 21)
SLIPS = [
    *(
        notice_row(bill_no=str(100_001 + no), payer_ref=str(no), principal_yen=10_000 + no, due_on=DUE)
        for no in range(4)
    ),
    notice_row(bill_no="100005", payer_ref="5", principal_yen=500, due_on=DUE),
    notice_row(bill_no="100006", payer_ref="6", principal_yen=600, due_on=DUE),
]
JOINT = [
    notice_row(
        bill_no=str(100_001 + no), payer_ref="2", principal_yen=10 + no, due_on=DUE, issue_no=2, notice_kind="分納",
        key_no="7" * 20, check_no="123456",
    )
    for no in (2, 3)
]  # fmt: skip
"""One notice for two claims."""
_BAD = notice_row(bill_no="100007", procedure_code="nowhere")


def run(city: City, *arguments: object, code: int = 0) -> Ran:
    """A command on the city's job that ends as it should."""
    ran = elqr(*arguments, "--job", city.job)
    assert ran.code == code, (arguments, ran)
    return ran


def everything(folder: Path) -> City:
    """The city: notices issued, reissued, cancelled and refused; files taken in, held back and delivered again; every
    kind of request asked for, refused and approved; exports, prints, releases and uploads."""
    job = _JOB + MONEY + CLAIMS + CONTRACT + "confirm_days = 5\n" + ARRIVAL + ACCOUNTING + SLIPS_BOX
    city = City.founded(
        folder,
        job,
        REGISTER.replace(
            'code = "suido"', 'code = "suido"\nclaims = "file"\norder = ["demand_fee", "principal", "late_charge"]'
        ).replace('code = "kokuho"', 'code = "kokuho"\ndemand_fee_yen = 100'),
    )
    (folder / "money").mkdir()
    (folder / "slips").mkdir()
    _claimed(city)
    city.notices(*SLIPS, _BAD)
    city.night(date(2026, 11, 4))
    _printed(city)
    city.notices(
        notice_row(
            bill_no="100005", payer_ref="5", principal_yen=550, due_on=DUE, issue_no=2, change_reason="減額更正"
        ),
        SLIPS[5] | {"change_kind": "9", "change_reason": "調定取消"},
        *JOINT,
        _BAD,
        name="more.csv",
    )
    _paid(city, "sokuho.csv", (3, 10_003, "1", "00000004"))
    city.night(date(2026, 11, 6))
    _paid(city, "eltax.csv", (0, 10_000, "2", "00000001"), (1, 10_001, "2", "00000002"), (0, 10_000, "2", "00000009"))
    key_no, _ = city.issued()["kokuho", "100003", 1, 1]
    city.deliver(
        "unknown.csv",
        eltax_file(eltax_row("9" + key_no[1:], "123456", 777, serial_no="00000007", funds_on=date(2026, 11, 13))),
    )
    city.deliver("broken.csv", eltax_file(eltax_row("1" * 20, "123456", 5))[:-9])
    twice = credit_row(30_001, SENDER, inquiry_no="000001")
    (folder / "money" / "01.dat").write_bytes(credit_file(twice))
    (folder / "money" / "02.dat").write_bytes(credit_file(twice, credit_row(700, SENDER, date(2026, 11, 13))))
    city.night()
    city.deliver("again.csv", (folder / "inbox" / "eltax.csv").read_bytes())
    city.night()
    _decided(city)
    _closed(city)
    _handed_over(city)
    _taken_back(city)
    _reminded(city)
    _imported_wrongly(city)
    _typed(city)
    city.notices(SLIPS[1] | {"change_kind": "9"}, name="cancelled_after_it_was_paid.csv")
    city.draw_everything()
    city.night(LAST)
    return city


def _claimed(city: City) -> None:
    """Claims by a claim file; a second file lowers one of them and writes the other off. And reasons not to remind."""
    (city.folder / "claims").mkdir()
    water = {"zeimoku_cd": "suido", "kibetsu_cd": 1, "noki_ymd": DUE}
    for name, day, rows in (
        ("01.csv", date(2026, 11, 2), ({}, {"tokusoku": 100})),
        (
            "02.csv",
            date(2026, 11, 3),
            ({"zeigaku": 7_000}, {"kesson_ymd": date(2026, 11, 3), "zeigaku_kesson": 10_000}),
        ),
    ):
        states = [
            claim_row(**{"tsuchisho_no": str(700_001 + at), "sosa_ymd": day, **water, **row})
            for at, row in enumerate(rows)
        ]
        (city.folder / "claims" / name).write_bytes(claim_file(*states))
    stopped = status_row(tsuchisho_no=None, atena_no="77", shuryo_ymd=DUE, kaishi_ymd=DUE, kaijo_ymd=DUE)
    (city.folder / "claims" / "03.csv").write_bytes(status_file(stopped, status_row(tsuchisho_no="700009")))


def _paid(city: City, name: str, *rows: tuple[int, int, str, str]) -> None:
    made = []
    for number, yen, stage, serial_no in rows:
        key_no, check_no = city.issued()["kokuho", str(100_001 + number), 1, 1]
        made.append(eltax_row(key_no, check_no, yen, data_kind=stage, serial_no=serial_no))
    city.deliver(name, eltax_file(*made))


def _decided(city: City) -> None:
    """One payment applied, taken back and left; a request refused; a refund decided on."""
    book = city.folder / "book.xlsx"
    run(city, "review", "export", "--out", book)
    key_no, _ = city.issued()["kokuho", "100003", 1, 1]
    unknown = next(row["受付番号"] for row in city.report("要確認一覧") if row["理由"] == "該当なし")
    written(book, {int(str(unknown)): ("納付書に充てる", key_no, "電話で確かめた", "山田")})
    run(city, "review", "import", book, "--by", "山田")
    run(city, "review", "approve", 1, "--by", "鈴木")
    run(city, "review", "undo", 1, "--reason", "違う人", "--by", "山田")
    run(city, "review", "approve", 2, "--by", "鈴木")
    run(city, "review", "decide", "--ruling", "還付候補", "--reason", "二度", "--outcome", "二重納付", "--by", "山田")
    run(city, "review", "reject", 3, "--by", "佐藤", "--reason", "調べてから")
    run(city, "review", "decide", "--ruling", "還付候補", "--reason", "二度", "--outcome", "二重納付", "--by", "山田")
    run(city, "review", "approve", 4, "--by", "佐藤")
    twice = next(row["受付番号"] for row in city.report("要確認一覧") if row["理由"] == "二重納付")
    on = ("--on", "2026-11-20", "--number", "5")
    run(city, "refund", "decide", twice, *on, "--by", "山田", "--reason", "二度")
    run(city, "review", "approve", 5, "--by", "佐藤")


def _closed(city: City) -> None:
    """A month closed and a difference closed, each refused once before."""
    for end in (("reject", "--reason", "まだ"), ("approve",)):
        run(city, "month", "close", "2026-10", "--by", "山田")
        run(city, "month", end[0], "2026-10", *end[1:], "--by", "佐藤")
    (line,) = run(city, "settlement", "list", "--json", code=3).json
    for number, end in enumerate((("reject", "--reason", "まだ"), ("approve",)), start=1):
        run(city, "settlement", "close", line["line"], "--by", "花子", "--reason", "端数")  # type: ignore[index]
        run(city, "settlement", end[0], number, *end[1:], "--by", "三郎")


def _printed(city: City) -> None:
    folder = city.folder / "print"
    run(city, "notice", "print", "--workers", 1, "--out", folder)
    run(city, "notice", "uploaded", *sorted((city.folder / "out" / "upload").glob("*.csv")), "--by", "山田")
    provisional = ("--provisional", "見本の版下")
    run(city, "notice", "release", folder, "--by", "山田", *provisional)
    run(city, "notice", "reject", folder, "--by", "佐藤", "--reason", "部数の確認")
    run(city, "notice", "release", folder, "--by", "山田", *provisional)
    run(city, "notice", "approve", folder, "--by", "佐藤", *provisional)


def _handed_over(city: City) -> None:
    run(city, "export", "make", "--by", "山田")
    run(city, "export", "again", 1, "--by", "山田", "--reason", "なくした")
    run(city, "export", "taken", city.folder / "out" / "export" / "000001_again1", "--by", "佐藤")


def _taken_back(city: City) -> None:
    """A record taken back and a file that was held back given up, each refused once before."""
    for number, end in enumerate((("reject", "--reason", "まだ"), ("approve",)), start=1):
        run(city, "undo", "taken", 1, "--by", "佐藤", "--reason", "別の書き出しだった")
        run(city, "undo", end[0], number, *end[1:], "--by", "山田")
        run(city, "held", "give-up", "broken.csv", "--by", "山田", "--reason", "送付元が作り直さない")
        run(city, "held", end[0], number, *end[1:], "--by", "佐藤")
    run(city, "notice", "give-up", 1, "--by", "山田", "--reason", "課が取り下げた", code=1)
    run(city, "notice", "give-up", 2, "--by", "山田", "--reason", "課が取り下げた")
    run(city, "notice", "give-up-approve", 1, "--by", "佐藤")


def _imported_wrongly(city: City) -> None:
    """A notice file of one good row and a bad one, imported and taken back."""
    path, day = city.folder / "wrong.csv", ("--date", LAST)
    path.write_bytes(notice_file(notice_row(bill_no="100009", payer_ref="9", due_on=DUE), _BAD | {"bill_no": "100010"}))
    run(city, "notice", "import", path, *day, code=3)
    run(city, "undo", "notices", path.name, "--by", "山田", "--reason", "別の課のファイル", *day)
    run(city, "undo", "approve", 4, "--by", "佐藤", *day)


def _typed(city: City) -> None:
    """A slip typed by hand, confirmed by two people and taken in; its request was refused once before."""
    path, day = city.folder / "slips" / "saichi.csv", ("--date", LAST)
    key_no, _ = city.issued()["kokuho", "100004", 1, 1]
    path.write_bytes(slip_file(slip_row("1", key_no, 10_003)))
    for number, end in enumerate((("reject", "--reason", "まだ"), ("approve",)), start=1):
        run(city, "batch", "request", path, "--count", 1, "--yen", 10_003, "--by", "山田", *day)
        run(city, "batch", end[0], number, *end[1:], "--by", "佐藤", *day)


def _reminded(city: City) -> None:
    day = ("--date", LAST)
    for number, end in enumerate((("reject", "--reason", "まだ"), ("approve",)), start=1):
        run(city, "arrears", "request", "--reason", "確かめた", "--by", "山田", *day)
        run(city, "arrears", end[0], number, *end[1:], "--by", "佐藤", *day)
    run(city, "arrears", "list", "--approval", 2, "--by", "山田", *day)
    ((first,),) = city.sql("SELECT min(bill_no) FROM arrears_claim JOIN claim USING (claim_no)")
    run(city, "arrears", "pull", 1, str(first), "--reason", "窓口で約束", "--by", "山田", *day)
    run(city, "arrears", "sent", 1, "--issued-on", LAST, "--by", "山田", *day)
    run(city, "undo", "sent", 1, "--by", "山田", "--reason", "まだ出していない", *day)
    run(city, "undo", "approve", 3, "--by", "佐藤", *day)
    run(city, "arrears", "sent", 1, "--issued-on", LAST, "--by", "山田", *day)
    run(
        city,
        "arrears",
        "hold",
        first,
        "--kind",
        "徴収猶予",
        "--until",
        "2027-03-31",
        "--reason",
        "決定",
        "--by",
        "山田",
        *day,
    )
