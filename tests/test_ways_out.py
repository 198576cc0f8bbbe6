"""出口: the table of states names each that there is, and every way out of each leads out with the real commands.

A story walks many ways through one city. What it returns are the ways that it took, each proved by what staff see.
"""

import json
import re
import shutil
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from elqr.printing import proof
from elqr.store.queries.requests import KINDS
from elqr.vocabulary.ruling_terms import Ruling, RulingResult
from elqr.vocabulary.terms import HoldKind, Outcome, PrintState, SettlementOutcome
from elqr.vocabulary.ways_out import WAYS_OUT, states
from tests.builders import (
    JOB,
    REGISTER,
    TRAINING,
    City,
    Ran,
    barcode,
    claim_file,
    claim_row,
    credit_file,
    credit_row,
    dsk_file,
    dsk_row,
    elqr,
    eltax_file,
    eltax_row,
    notice_row,
    payeasy_file,
    payeasy_row,
    slip_file,
    slip_row,
    status_file,
    status_row,
)
from tests.cases.job_parts import CLAIMS, CONTRACT, MONEY, PRINT, SENDER, SLIPS
from tests.cases.prints import manifest_of
from tests.cases.standing_payments import ANSWERED, EMPTIED, PUT_OFF, SECOND, Payments, cases, paid_in

Taken = set[tuple[str, str]]
"""(state, way) of ways that were taken."""

_WAYS = [(state.name, way.words) for state in states() for way in state.ways]
_UNDO = Ruling.UNDO.label


def _of(state: str, *ways: str) -> Taken:
    return {(state, way) for way in ways}


# 収納、決裁、還付

_THIRD = SECOND + timedelta(1)


@pytest.fixture(scope="module")
def by_rulings(tmp_path_factory: pytest.TempPathFactory) -> Taken:
    """Every ruling of the workbook, out of every reason; then every step of refunds; then rulings are taken back."""
    payments = paid_in(tmp_path_factory.mktemp("payments") / "city")
    assert set(payments.numbers.values()) == set(payments.open_on(SECOND)), "nothing stands but the cases"
    ended = {row["通知書番号"]: row["消込結果"] for row in payments.city.report("消込結果", SECOND)}
    assert [ended[bill] for bill in ANSWERED] == ["一致", "速報取消", "一致"]
    payments.book()
    assert payments.open_now() == set(_put_off(payments)), "each other ruling ends what it was made for"
    taken = {(case.state, case.ruling.label) for case in cases() if case.ruling not in PUT_OFF}
    taken |= _of(Outcome.PENDING.label, "確報が届く", "速報取消が届く") | _of("結果未着", "結果が届く")
    taken |= _of("収納（一致・旧納付書・支払期限後）", "組替", "納付書の取消・減額で仮受へ移す")
    taken |= _of("仮受（要確認）", "上の表の決裁")
    taken |= _paid_back(payments)
    undone = _taken_back(payments)
    return taken | undone | _decided_anew(payments)


def _put_off(payments: Payments) -> list[int]:
    return [number for ruling in PUT_OFF for number in payments.ruled(ruling)]


def _refunds(payments: Payments) -> list[int]:
    """The 還付候補, the overpaid one of them first."""
    (first,) = payments.ruled(Ruling.REFUND, Outcome.OVERPAID)
    return [first, *(number for number in payments.ruled(Ruling.REFUND) if number != first)]


def _paid_back(payments: Payments) -> Taken:
    """Eleven 還付候補 and three payments of others go every way there is."""
    refunds, theirs = _refunds(payments), payments.ruled(Ruling.NOT_OURS)
    payments.step("decide", *refunds[3:])
    payments.step("paid", *refunds[6:])
    payments.step("bounced", *refunds[7:])
    payments.step("paid", refunds[7])
    payments.step("time-barred", refunds[1], refunds[3], refunds[8])
    payments.step("too-small", refunds[2], refunds[4], refunds[9])
    payments.step("passed-on", *theirs[1:])
    ends = ["suspense", *["revenue"] * 4, "suspense", *["refunded"] * 2, *["revenue"] * 2, "suspense"]
    assert payments.accounts(*refunds) == ends and payments.accounts(*theirs) == ["suspense", *["passed_on"] * 2]
    return (
        _of("還付候補", "還付決定", "時効", "少額")
        | _of("還付決定", "還付支払済", "時効", "少額")
        | _of("還付支払済", "還付返戻")
        | _of("還付返戻", "還付支払済", "時効", "少額")
        | _of("当市の収納でない", "返還済")
    )


def _taken_back(payments: Payments) -> Taken:
    """One ruling of each kind is taken back, and its payment stands where it stood before."""
    refunds, theirs = _refunds(payments), payments.ruled(Ruling.NOT_OURS)
    applied, appropriated, replaced, withdrawn = (
        payments.ruled(ruling)[0] for ruling in (Ruling.APPLY, Ruling.APPROPRIATE, Ruling.REPLACE, Ruling.TAKE_BACK)
    )
    (noted,) = payments.ruled(Ruling.NOTED, Outcome.UNDERPAID)
    again = payments.ruled(Ruling.APPLY)[1]
    payments.ended("review", "reassign", again)
    assert payments.accounts(again) == ["suspense"] and again in payments.open_now()
    one_of_each = [
        refunds[0], refunds[5], refunds[6], refunds[10], refunds[8], refunds[9], theirs[0], theirs[1], applied,
        appropriated, replaced, withdrawn, noted, again,
    ]  # fmt: skip
    last = payments.last_rulings()
    words = [last[number][1] for number in one_of_each]
    assert words == [
        "refund", "refund_decided", "paid_out", "bounced", "time_barred", "too_small", "not_ours", "passed_on",
        "apply", "appropriate", "replace", "take_back", "noted", "reassign",
    ]  # fmt: skip
    payments.ended("review", "undo", *(last[number][0] for number in one_of_each))
    assert payments.accounts(*one_of_each[:11]) == ["suspense"] * 3 + ["refunded"] + ["suspense"] * 7
    assert payments.open_now() >= {refunds[0], theirs[0], applied, appropriated, replaced, withdrawn, noted}
    return {
        *((state, _UNDO) for state in ("還付候補", "還付決定", "還付支払済", "還付返戻", "時効・少額", "当市の収納でない")),
        *((state, _UNDO) for state in ("返還済", "充てた・組み替えた", "訂正・収納の取消", "確認のみ")),
        ("充てた・組み替えた", "組替"),
    }  # fmt: skip


def _decided_anew(payments: Payments) -> Taken:
    """After a ruling was taken back, put off, sent back, or overtaken by a night, people decide once more."""
    overpaid = _refunds(payments)[0]
    open_again = [overpaid, *_put_off(payments)]
    assert payments.open_now() >= set(open_again)
    payments.rule(Ruling.REFUND, *open_again)
    assert payments.open_now().isdisjoint(open_again)
    asked = payments.asked("refund", "decide", overpaid, "--on", SECOND, "--number", "6")
    (case,) = (own for own in cases() if payments.numbers[own.number] == overpaid)
    less = {"bill_no": case.bill, "payer_ref": case.bill[1:], "issue_no": 2, "change_reason": "減額更正"}
    payments.city.notices(notice_row(principal_yen=800, **less), name="lower.csv")
    with payments.city.job.open("a", encoding="utf-8") as job:
        job.write(CONTRACT.replace("days = 3", "confirm_days = 1\noutside = true"))
    (short,) = (own for own in cases() if own.outcome is Outcome.UNDERPAID)
    payments.corrected(short, 1_000)
    payments.city.night(_THIRD)
    assert payments.approved(asked, _THIRD)["results"] == {"無効（その後に変わった）": 1}
    assert payments.open_on(_THIRD)[overpaid] == "過納"
    assert Outcome.PENDING.label in payments.open_on(_THIRD).values(), "a 速報 is over once a contract says when"
    payments.rule(Ruling.REFUND, overpaid, day=_THIRD)
    assert overpaid not in payments.open_now(_THIRD)
    correction = max(number for number, why in payments.open_on(_THIRD).items() if why == "計上済と内容相違")
    earlier = payments.numbers[short.number]
    payments.rule(Ruling.REPLACE, correction, day=_THIRD)
    assert payments.accounts(earlier) == ["withdrawn"] and earlier in payments.open_now(_THIRD)
    payments.rule(Ruling.NOTED, earlier, day=_THIRD)
    assert earlier not in payments.open_now(_THIRD)
    assert payments.run("verify", day=_THIRD).code == 0
    return {
        (Outcome.PENDING.label, "払込の契約がなければ書く"),
        ("保留・差戻し", "決め直す"),
        (_UNDO, "決め直す"),
        (EMPTIED, "確認のみ"),
        ("無効（その後に変わった）", "決め直す"),
    }


# 届いたファイル、納付書と印刷、書き出し、督促、月

_START, _CLOSED_ON, _LATER, _MORNING = date(2026, 10, 29), date(2026, 11, 5), date(2026, 11, 20), date(2026, 11, 21)
_NEXT = date(2026, 11, 24)
_DUE = date(2026, 10, 15)
_KINDS = [kind.label for kind in HoldKind if kind is not HoldKind.PULLED]
_SENDING = ".送信中.csv"
_HELD = ("作り直す_20261030.csv", "来ない.csv")
_ARRIVALS = "".join(
    f'\n[[arrival]]\nname = "{name}"\nspecs = ["{spec}"]\nsince = {_LATER}\nuntil = {_LATER}\n{more}'
    for name, spec, more in (
        ("コンビニ", "cvs_family_a", ""),
        ("スマホ", "dsk_csv", ""),
        ("口座振替", "account_transfer_91_result", "grace_days = 1\n"),
        ("地方税", "eltax_payment_csv", "grace_days = 1\n"),
    )
)


class House(City):
    """A city with files held back, rows refused, prints, exports and reminders; and what its people do."""

    def run(self, *arguments: object, by: str = "山田", day: date = _CLOSED_ON, code: int = 0) -> Ran:
        job = re.sub(r"^date = .*$", f"date = {day}", self.job.read_text(encoding="utf-8"), flags=re.MULTILINE)
        self.job.write_text(job, encoding="utf-8")
        ran = elqr(*arguments, "--by", by, "--job", self.job)
        assert ran.code == code, (arguments, ran)
        return ran

    def asked(self, *arguments: object, day: date = _CLOSED_ON) -> None:
        self.run(*arguments, "--reason", "確かめた", day=day)

    def ended(self, *arguments: object, day: date = _CLOSED_ON) -> None:
        why = ("--reason", "まだ") if any(str(part).endswith("reject") for part in arguments) else ()
        self.run(*arguments, *why, by="佐藤", day=day)

    def refused_once(self, request: tuple[object, ...], ends: tuple[str, str], *numbers: int, day: date) -> None:
        """Asked for, refused, asked for once more and approved: `ends` are the commands, `numbers` the requests."""
        for command, number in zip(ends, numbers, strict=True):
            self.asked(*request, day=day)
            self.ended(*command.split(), number, day=day)

    def paid(self, number: int, yen: int = 10_000) -> bytes:
        """A file of 確報: one slip was paid in October."""
        key = self.issued()["kokuho", str(100_000 + number), 1, 1]
        row = eltax_row(
            *key, yen, serial_no=f"{number:08d}", paid_on=_DUE, processed_on=_DUE, received_on=None, funds_on=None
        )
        return eltax_file(row)

    def undone(self, *what: object, day: date, once_refused: bool = False) -> None:
        """A record is taken back by two people, once after somebody refused it."""
        for end in ("reject", "approve") if once_refused else ("approve",):
            self.asked("undo", *what, day=day)
            (row,) = elqr("undo", "list", "--json", "--job", self.job).json
            self.ended("undo", end, row["retraction_no"], day=day)  # type: ignore[index]

    def waits(self, day: date) -> list[str]:
        """What waits in the inboxes, of files that were held back."""
        rows = elqr("held", "list", "--json", "--job", self.job, "--date", day.isoformat()).json
        return [str(row["name"]) for row in rows]  # type: ignore[index]

    def refused(self) -> int:
        """How many refused rows wait."""
        return sum(row["rows"] for row in elqr("notice", "refused", "--json", "--job", self.job).json["files"])  # type: ignore[attr-defined]


def _row(number: int, **given: object) -> dict[str, object]:
    return notice_row(bill_no=str(100_000 + number), payer_ref=str(number), due_on=_DUE, **given)


_BARCODE = barcode("9", 10_000, date(2026, 11, 30))
_BAD = [_row(number, principal_yen=0) for number in (51, 52, 53, 54)]


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> House:
    """October: ten notices, five refused rows, two files held back, one that is still being sent, one of no format."""
    register = REGISTER.replace('code = "suido"', 'code = "suido"\nclaims = "file"')
    job = TRAINING + JOB + CLAIMS + SLIPS + PRINT + _ARRIVALS
    city = House(City.founded(tmp_path_factory.mktemp("house") / "city", job, register).folder)
    for inbox in ("claims", "slips"):
        (city.folder / inbox).mkdir()
    city.notices(*map(_row, range(1, 9)), _row(9, barcode=_BARCODE), _row(10), *_BAD)
    city.notices(notice_row(procedure_code="suido", bill_no="700001", payer_ref="70"), name="water.csv")
    city.night(_START)
    city.deliver("october.csv", city.paid(1))
    for name in _HELD:
        city.deliver(name, b"%PDF")
    city.deliver("様式.csv", payeasy_file(payeasy_row("8" * 20, "123456", 500)))
    city.deliver(_SENDING, city.paid(2))
    city.night(_START + timedelta(1))
    assert sorted(city.waits(_CLOSED_ON)) == sorted([*_HELD, "様式.csv", _SENDING]) and city.refused() == 5
    return city


@pytest.fixture(scope="module")
def in_the_house(house: House) -> Taken:
    """In order: files and rows, prints, exports, the month, reminders; then what people type and files state."""
    steps = (_files, _rows, _prints, _exports, _month, _reminders, _holds, _typed_and_stated)
    taken: Taken = set()
    for step in steps:
        taken |= step(house)
    assert elqr("verify", "--job", house.job).code == 0
    return taken | _ends(house)


def _files(house: House) -> Taken:
    """A file is corrected, another given up, a third taken in when its format is known; a night goes on after a halt."""
    mended, lost = _HELD
    house.asked("held", "give-up", mended)
    house.refused_once(("held", "give-up", lost), ("held reject", "held approve"), 2, 3, day=_CLOSED_ON)
    job = house.job.read_text(encoding="utf-8")
    house.job.write_text(job.replace('"cvs_family_a",', '"cvs_family_a", "payeasy_csv",'), encoding="utf-8")
    (house.folder / "inbox" / _SENDING).rename(house.folder / "inbox" / _SENDING[1:])
    house.deliver(mended, house.paid(3))
    gate = ("arrears", "list", "--by", "山田", "--job", house.job, "--date", _CLOSED_ON)
    assert f"{mended}（未取込）" in elqr(*gate).out
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("elqr.night.order.reconcile", _halt)
        assert house.night(_CLOSED_ON).code == 130
    assert "消し込んでいない収納" in elqr(*gate).out
    house.night(_CLOSED_ON)
    posted = house.sql("SELECT bill_no FROM posting JOIN claim USING (claim_no) ORDER BY 1")
    assert posted == [("100001",), ("100002",), ("100003",)] and house.waits(_CLOSED_ON) == []
    late = house.run("held", "approve", 1, by="佐藤", code=1)
    assert "直ったファイルが届きました" in late.err
    house.ended("held", "reject", 1)
    return (
        _of("取込保留", "直ったものが届く", "同じ中身を取り込む", "あきらめる")
        | _of("未取込", "次の夜が取り込むか、取込保留にする")
        | _of("消し込んでいない収納", "もう一度の夜が消し込む")
        | _of("変わった後の申請", "却下して申請し直す")
    )


def _halt(*given: object) -> None:
    raise KeyboardInterrupt


def _rows(house: House) -> Taken:
    """A row each is right, reissued and taken back in a later file; one waits for its claim; one is given up."""
    right, reissued, gone = _row(51), _row(52, issue_no=2), _row(53, change_kind="9")
    house.notices(right, reissued, gone, name="more.csv")
    (house.folder / "claims" / "claims.csv").write_bytes(
        claim_file(claim_row(zeimoku_cd="suido", tsuchisho_no="700001", atena_no="70"))
    )
    house.night(_CLOSED_ON + timedelta(1))
    assert house.refused() == 1
    day = _CLOSED_ON + timedelta(1)
    ends = ("notice give-up-reject", "notice give-up-approve")
    (waiting,) = elqr("notice", "refused", "--json", "--job", house.job).json["files"]  # type: ignore[misc]
    house.refused_once(("notice", "give-up", waiting["notice_file_no"]), ends, 1, 2, day=day)  # type: ignore[index]
    assert house.refused() == 0
    ways = ("正しい行が届く", "新しい発行連番の行が届く", "取消の行が届く", "調定データが届く", "行をあきらめる")
    return _of("取り込まなかった行", *ways)


def _prints(house: House) -> Taken:
    """A print that preflight stopped is printed anew; its release is withdrawn, approved, and taken back."""
    day = _CLOSED_ON + timedelta(1)
    uploads = sorted((house.folder / "out" / "upload").glob("*.csv"))
    printed = ("notice", "print", "--workers", 1, "--from", uploads[-1], "--job", house.job, "--date", day, "--out")
    real = proof.document

    def swapped(template: Any, face: Any, rows: pl.DataFrame, *more: Any) -> bytes:
        return real(template, face, rows.with_columns(rows["digits"].reverse()), *more)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(proof, "document", swapped)
        assert elqr(*printed, house.folder / "stopped").code == 1
    assert manifest_of(house, "stopped")["state"] == PrintState.STOPPED
    folder = house.folder / "print"
    assert elqr(*printed, folder).code == 0 and manifest_of(house)["state"] == PrintState.PRINTED
    release = ("notice", "release", folder, "--provisional", "試し刷り")
    assert "登録" in house.run(*release, day=day, code=1).err
    house.run("notice", "uploaded", *uploads, day=day)
    house.run(*release, day=day)
    assert manifest_of(house)["state"] == PrintState.REQUESTED
    house.ended("notice", "reject", folder, day=day)
    assert manifest_of(house)["state"] == PrintState.PRINTED
    house.run(*release, day=day)
    house.ended("notice", "approve", folder, "--provisional", "試し刷り", day=day)
    assert manifest_of(house)["state"] == PrintState.RELEASED
    house.undone("release", 2, day=day, once_refused=True)
    house.undone("uploaded", uploads[-1], day=day)
    assert "登録" in house.run(*release, day=day, code=1).err, "it must be uploaded once more before it may leave"
    return (
        _of("検査で止まった印刷", "刷り直す")
        | _of("印刷済", "発送を承認する")
        | _of("発送の承認待ち", "発送を承認する", "取り下げる・却下する")
        | _of("取り下げた発送", "申請し直して承認する")
        | _of("発送済", "発送の承認の取り消し")
        | _of("書き出した納付書情報", "登録を記録する")
        | _of("登録済", "登録の記録の取り消し")
    )


def _exports(house: House) -> Taken:
    """What was posted is exported, repeated, taken in, and both records are taken back."""
    day = _CLOSED_ON + timedelta(1)
    exported = house.folder / "out" / "export"
    house.run("export", "make", day=day)
    house.asked("export", "again", 1, day=day)
    taken = ("export", "taken", exported / "000001_again1")
    house.run(*taken, by="鈴木", day=day)
    assert "二度取り込まないで" in elqr("export", "check", exported / "000001", "--job", house.job).err
    house.undone("taken", 1, day=day)
    house.undone("export", 1, day=day)
    assert elqr("export", "check", exported / "000001", "--job", house.job).code == 1
    made = json.loads(house.run("export", "make", "--json", day=day).out)
    assert (made["export_no"], made["postings"], made["yen"]) == (2, 3, 30_000)
    return (
        _of("書き出していない計上", "書き出す")
        | _of("未取込の書き出し", "取込済を記録する", "もう一度書き出す", "書き出しの取り消し")
        | _of("取込済の書き出し", "取込済の記録の取り消し")
        | _of("取り消した書き出し", "次の書き出しに入る")
    )


def _month(house: House) -> Taken:
    """October is closed; a payment of October then goes to another claim, and October stays as it was closed."""
    day = _CLOSED_ON + timedelta(1)
    for end in ("reject", "approve"):
        house.run("month", "close", "2026-10", day=day)
        house.ended("month", end, "2026-10", day=day)
    october = ("month", "--month", "2026-10", "--json", "--job", house.job)
    closed = elqr(*october).json
    assert str(closed["standing"]).startswith("締済") and closed["yen"] == 10_000
    target = house.issued()["kokuho", "100004", 1, 1][0]
    house.asked("review", "reassign", 1, "--target", target, day=day)
    house.ended("review", "approve", 1, day=day)
    assert elqr(*october).json == closed
    return _of("未締の月", "締める") | _of("締済の月", "今の月で訂正する")


def _expected(house: House, day: date) -> dict[object, object]:
    return {row["到着予定"]: row["状況"] for row in house.report("到着予定表", day)}


def _reminders(house: House) -> Taken:
    """Drawn by two people although files are missing; then files come, or are said not to come."""
    house.night(_LATER)
    assert _expected(house, _LATER) == {"コンビニ": "未着", "スマホ": "未着", "口座振替": "待ち", "地方税": "待ち"}
    stopped = elqr("arrears", "list", "--by", "山田", "--job", house.job, "--date", _MORNING)
    assert stopped.code == 3 and "届いていないファイル" in stopped.out + stopped.err
    house.refused_once(("arrears", "request"), ("arrears reject", "arrears approve"), 1, 2, day=_MORNING)
    house.run("arrears", "list", "--approval", 2, day=_MORNING)
    house.run("arrears", "sent", 1, "--issued-on", _MORNING, day=_MORNING)
    house.undone("sent", 1, day=_MORNING)
    house.asked("arrears", "pull", 1, "100005", day=_MORNING)
    house.deliver("地方税.csv", house.paid(10))
    house.deliver("スマホ.csv", dsk_file(dsk_row(_BARCODE)))
    job = house.job.read_text(encoding="utf-8")
    house.job.write_text(job.replace(f"until = {_LATER}\n", f"until = {_LATER}\nskipped = [{_LATER}]\n", 1), "utf-8")
    house.night(_NEXT)
    assert _expected(house, _NEXT) == {"スマホ": "遅れて到着", "口座振替": "未着", "地方税": "到着"}
    house.job.write_text(job.replace(f"until = {_LATER}\n", f"until = {_LATER}\nskipped = [{_LATER}]\n"), "utf-8")
    return (
        _of("未着・不足・順序外", "届く", "来ない日だったとジョブに書く")
        | _of("待ち", "届く", "期限を過ぎて未着になる")
        | _of("妨げのある督促", "妨げがあるまま引く")
        | _of("承認された督促の申請", "一度だけ引く")
        | _of("引いた一覧", "引抜を記録する", "発送を記録する")
        | _of("発送を記録した一覧", "発送の記録の取り消し")
    )


def _drawn(house: House, day: date) -> dict[str, int]:
    """How many claims a list has that is drawn now, and how many it leaves out, by reason."""
    ran = json.loads(house.run("arrears", "list", "--json", day=day).out)
    return {"一覧": ran["claims"]} | {row["why"]: row["claims"] for row in ran["left_out"]}


_NOT_HELD = "督促を止める記録の取り消し"
_OVERDUE = ("100001", "100005", "100006", "100007", "100008", "700001", "100051")
"""Bills that nobody paid: the payment of the first was meant for another; the last was printed and not sent."""


def _holds(house: House) -> Taken:
    """What was pulled from a list is on the next. Every reason to hold ends on its last day, or is taken back."""
    bills = dict(zip(_OVERDUE, sorted(_KINDS, key=HoldKind.ELSEWHERE.label.__eq__), strict=True))
    nobody, everybody = (
        {"一覧": 1, "納付書が未発送": 1, **dict.fromkeys(bills.values(), 1)},
        {"一覧": 6, "納付書が未発送": 2},
    )
    nobody.pop(HoldKind.ELSEWHERE.label)
    assert _drawn(house, _NEXT) == everybody, "with what was pulled from the first list"
    older = elqr("arrears", "check", house.folder / "out" / "arrears" / "000001", "--job", house.job)
    assert older.code == 1 and "新しい一覧" in older.err, older
    last, after = date(2026, 12, 4), date(2026, 12, 5)
    for until, day in (("--until", last), _NEXT), ((), after):
        for bill, kind in bills.items():
            house.asked("arrears", "hold", bill, "--kind", kind, *until, day=day)
        assert _drawn(house, last if until else after) == nobody
        if until:
            assert _drawn(house, after) == everybody
    house.asked("arrears", "pull", 5, "100051", day=after)
    holds = ("arrears", "holds", "--json", "--job", house.job)
    numbers = [row["hold_no"] for row in elqr(*holds).json]  # type: ignore[index]
    assert len(numbers) == 2 + len(bills), "two that were pulled, and what is not over"
    house.asked("undo", "hold", *numbers, day=after)
    waiting = elqr("undo", "list", "--json", "--job", house.job).json
    house.ended("undo", "approve", *(row["retraction_no"] for row in waiting), day=after)  # type: ignore[index]
    assert _drawn(house, after) == everybody and elqr(*holds).json == []
    return (
        {(f"{kind}の記録あり", way) for kind in _KINDS for way in ("止める最後の日が過ぎる", _NOT_HELD)}
        | _of("引抜の記録あり", "次の一覧に載る", _NOT_HELD)
        | _of("引いた一覧", "引き直す")
        | _of("妨げのある督促", "妨げがなくなる")
    )


_TYPED, _RETYPED, _ALL_IN = date(2026, 12, 7), date(2026, 12, 8), date(2026, 12, 9)


def _typed(house: House, name: str, number: int, yen: int = 10_000) -> Path:
    """One slip of a bill, typed by hand."""
    key_no, _ = house.issued()["kokuho", str(100_000 + number), 1, 1]
    path = house.folder / "slips" / name
    path.write_bytes(slip_file(slip_row(str(number), key_no, yen)))
    return path


def _confirmed(house: House, path: Path, *ends: str, day: date) -> None:
    """A file of one slip of 10,000 yen is confirmed, or not, as each of the ends says."""
    for end in ends:
        house.run("batch", "request", path, "--count", 1, "--yen", 10_000, day=day)
        (row,) = elqr("batch", "list", "--json", "--job", house.job).json
        house.ended("batch", end, row["batch_no"], day=day)  # type: ignore[index]


def _stated(house: House, name: str, **rows: dict[str, object]) -> None:
    """Reasons not to remind, of bills."""
    given = (status_row(tsuchisho_no=bill[1:], kanri_no=bill[1:], **more) for bill, more in rows.items())
    (house.folder / "claims" / name).write_bytes(status_file(*given))


def _imported(house: House, name: str, issue_no: int) -> None:
    more = {"due_on": _ALL_IN, "payable_until_on": _ALL_IN, "issue_no": issue_no}
    house.notices(notice_row(bill_no="100060", payer_ref="60", **more), name=name)


def _typed_and_stated(house: House) -> Taken:
    """Slips typed by hand, reasons that files state, and an import that two people take back: three nights."""
    before = _drawn(house, _TYPED)
    _confirmed(house, _typed(house, "first.csv", 5), "reject", "approve", day=_TYPED)
    over = {"jokyo_kbn": "徴収猶予", "shuryo_ymd": _RETYPED}
    wrong = {"jokyo_kbn": "返戻"}
    _stated(house, "stop.csv", b100001=over, b100006={}, b100007=wrong, b100008={"jokyo_kbn": "分納"})
    _imported(house, "wrong.csv", 1)
    house.night(_TYPED)
    stopped = {"徴収猶予": 1, "督促停止": 1, "返戻": 1, "分納": 1}
    assert _drawn(house, _TYPED) == before | {"一覧": before["一覧"] - 5} | stopped, "one is paid, four are stopped"
    house.undone("notices", "wrong.csv", day=_TYPED, once_refused=True)
    house.withdraw_notices("wrong.csv")
    _imported(house, "right.csv", 2)
    _typed(house, "mended_20261207.csv", 6, 1_000)
    _confirmed(house, _typed(house, "lost.csv", 7), "approve", day=_TYPED)
    house.undone("batch", 3, day=_TYPED)
    later = {"sosa_ymd": _TYPED}
    _stated(house, "end.csv", b100006=later | {"kaijo_ymd": _TYPED}, b100007=wrong | later | {"del_flg": "1"})
    house.night(_RETYPED)
    assert sorted(house.waits(_RETYPED)) == ["lost.csv", "mended_20261207.csv"]
    assert house.sql("SELECT count(*) FROM notice_cancel JOIN notice USING (notice_no) WHERE bill_no = '100060'") == [
        (1,)
    ]
    assert ("100060", 2) in {(bill, issue_no) for _, bill, _, issue_no in house.issued()}
    house.asked("held", "give-up", "lost.csv", day=_RETYPED)
    house.ended("held", "approve", 4, day=_RETYPED)
    _confirmed(house, _typed(house, "mended_20261207.csv", 6), "approve", day=_RETYPED)
    house.undone("status", 4, day=_RETYPED)
    house.night(_ALL_IN)
    assert house.waits(_ALL_IN) == []
    assert _drawn(house, _ALL_IN) == before | {"一覧": before["一覧"] - 2}, "two are paid, and nothing is stopped"
    return (
        _of("確かめていない束", "束の確認を承認する", "束をあきらめる", "打ち直した束が届く")
        | _of("確かめた束", "夜が取り込む", "確認の取り消し")
        | _of("取り込んだ納付書データ", "取込の取り消し")
        | _of("取り消した納付書データ", "発行連番を増やした行が届く")
        | _of("督促の状況あり", "最後の日が過ぎる", "解除の行が届く", "削除の行が届く", "督促の状況の取り消し")
    )


# 払込突合、期限を過ぎた速報

_FIRST, _SECOND, _LAST = date(2026, 11, 12), date(2026, 11, 20), date(2026, 11, 24)
_FUNDED = ("11-12", "11-13", "10-20", "10-23", "10-27", "10-30", None, "11-02")
"""Days of funds of the payments that come first."""
_RENT = '\n[[settlement]]\nname = "家賃"\nsenders = ["カブ)ヤチン"]\noutside = true\n'


_CONTRACT = CONTRACT.replace("days = 3", "days = 1\nconfirm_days = 5")


class Counter(House):
    """A city whose payments and money meet, or do not."""

    def confirmed(self, number: int, funds: str | None, yen: int = 10_000, stage: str = "2") -> dict[str, object]:
        key = self.issued()["kokuho", str(100_000 + number), 1, 1]
        funds_on = date.fromisoformat(f"2026-{funds}") if funds else None
        return eltax_row(*key, yen, serial_no=f"{number:08d}", funds_on=funds_on, data_kind=stage, paid_on=_DUE)

    def money(self, name: str, *rows: dict[str, object]) -> None:
        (self.folder / "money" / name).write_bytes(credit_file(*rows))

    def lines(self, day: date) -> dict[tuple[object, object, object], str]:
        """(収納額, 入金額, 突合結果) → its mark, of the lines that do not agree."""
        rows = elqr("settlement", "list", "--json", "--job", self.job, "--date", day.isoformat()).json
        return {(row["payment_yen"], row["money_yen"], row["outcome"]): row["line"] for row in rows}  # type: ignore[index]


def _came(yen: int, booked: str, **given: object) -> dict[str, object]:
    return credit_row(yen, SENDER, date.fromisoformat(f"2026-{booked}"), **given)


@pytest.fixture(scope="module")
def by_money(tmp_path_factory: pytest.TempPathFactory) -> Taken:
    folder = tmp_path_factory.mktemp("money") / "city"
    counter = Counter(City.founded(folder, TRAINING + JOB + MONEY + _CONTRACT).folder)
    (folder / "money").mkdir()
    counter.notices(*map(_row, range(1, 14)))
    counter.night(_START)
    counter.deliver(
        "first.csv", eltax_file(*(counter.confirmed(at, day, 10_000 + at) for at, day in enumerate(_FUNDED, 1)))
    )
    counter.deliver("told.csv", eltax_file(*(counter.confirmed(at, None, stage="1") for at in (12, 13))))
    counter.money(
        "01.dat", _came(10_002, "10-20"), _came(10_003, "10-23"), _came(7_777, "11-05"), _came(8_888, "11-09"),
        _came(10_008, "11-02", inquiry_no="000001"), credit_row(700, "ｶﾌﾞ)ﾔﾁﾝ", date(2026, 11, 10)),
    )  # fmt: skip
    counter.night(_FIRST)
    assert set(counter.lines(_FIRST)) == {
        (10_003, 10_002, "differs"), (10_004, 10_003, "differs"), (10_005, 0, "no_money"), (10_006, 0, "no_money"),
        (0, 7_777, "no_payments"), (0, 8_888, "no_payments"), (10_007, 0, "no_funds_day"), (0, 700, "no_contract"),
    }  # fmt: skip
    assert _settled(counter, _FIRST) == [("一致", 10_008), ("入金待ち", 10_001), ("入金待ち", 10_002)]
    closed = ((10_003, 10_002, "differs"), (10_006, 0, "no_money"), (0, 8_888, "no_payments"))
    copy = Counter(counter.copy(folder.with_name("copy")).folder)
    _close(copy, (10_007, 0, "no_funds_day"), (0, 700, "no_contract"))
    _close(counter, *closed)
    return _closed_lines(counter) | {
        (SettlementOutcome(outcome).label, "差額の確認") for *_, outcome in (*closed, (0, 0, "no_funds_day"), (0, 0, "no_contract"))
    }  # fmt: skip


def _settled(counter: Counter, day: date) -> list[tuple[object, object]]:
    """(突合結果, 収納額) of the lines of a night that nobody need look at."""
    quiet = ("一致", "入金待ち", "突合の対象外")
    rows = counter.report("払込突合表", day)
    return sorted((str(row["突合結果"]), row["収納額"]) for row in rows if row["突合結果"] in quiet)


def _close(counter: Counter, *lines: tuple[object, object, object]) -> None:
    """Two people close lines that do not agree, the first of them after somebody refused it."""
    marks = counter.lines(_FIRST)
    for number, line in enumerate((lines[0], *lines), start=1):
        counter.asked("settlement", "close", marks[line], day=_FIRST)
        counter.ended("settlement", "approve" if number > 1 else "reject", number, day=_FIRST)
    assert set(counter.lines(_FIRST)) == set(marks) - set(lines)


def _closed_lines(counter: Counter) -> Taken:
    """Money and payments that were late; what the bank took back; settings that were missing; a 速報 that is over."""
    counter.deliver("late.csv", eltax_file(counter.confirmed(9, "11-05", 7_777)))
    counter.money(
        "02.dat", _came(1, "10-23"), _came(10_005, "10-28"), _came(10_001, "11-13"),
        _came(10_008, "11-02", inquiry_no="000001", cancel_kind="1"),
    )  # fmt: skip
    job = counter.job.read_text(encoding="utf-8").replace(_CONTRACT, f"{_CONTRACT}funds_days = 1\n{_RENT}")
    counter.job.write_text(job, encoding="utf-8")
    counter.money("03.dat", _came(10_007, "10-16"))
    counter.night(_SECOND)
    assert set(counter.lines(_SECOND)) == {(10_002, 0, "no_money"), (10_008, 0, "no_money")}
    counter.undone("settlement", 2, day=_SECOND)
    overdue = [(row["区分"], row["領収額"]) for row in counter.report("速報確報突合", _SECOND)]
    assert overdue == [("速報のみ期限超過", 10_000)] * 2
    numbers = [row["受付番号"] for row in counter.report("要確認一覧", _SECOND) if row["理由"] == "速報（確報待ち）"]
    noted = ("review", "decide", "--ruling", "確認のみ", "--payment", numbers[1])
    counter.refused_once(noted, ("review reject", "review approve"), 1, 2, day=_SECOND)
    counter.deliver("kakuho.csv", eltax_file(counter.confirmed(12, "11-24")))
    counter.night(_LAST)
    assert counter.report("速報確報突合", _LAST) == []
    assert (10_003, 10_002, "differs") in counter.lines(_LAST), "what two people closed is open again"
    assert elqr("verify", "--job", counter.job, "--date", _LAST).code == 0
    agreed = "入金か収納が届いて一致する"
    return (
        {(state, agreed) for state in ("差額あり", "入金なし", "収納なし")}
        | _of("入金待ち", "入金が届く", "期限を過ぎて入金なしになる")
        | _of("資金化日なし", "契約に資金化日の決め方を書く")
        | _of("契約なし", "契約を書く")
        | _of("差額を確認済", "差額の確認の取り消し")
        | _of("一致・手数料控除後一致・相殺", "銀行の取消で開き直す")
        | _of(Outcome.PENDING.label, "期限を過ぎて速報のみ期限超過になる")
        | _of("速報のみ期限超過", "確報が届く", "確認のみ")
        | _ends(counter)
    )


# 台帳


@pytest.fixture(scope="module")
def by_ledger(tmp_path_factory: pytest.TempPathFactory) -> Taken:
    """An older ledger lies where the newer one was: nothing is written until it is put right."""
    city = House(City.founded(tmp_path_factory.mktemp("ledger") / "city", TRAINING + JOB).folder)
    city.notices(_row(1))
    city.night(_START)
    kept, ledger = city.folder / "kept.db", city.folder / "ledger.db"
    shutil.copy(ledger, kept)
    city.run("month", "close", "2026-09")
    newer = city.folder / "newer.db"
    shutil.copy(ledger, newer)
    shutil.copy(kept, ledger)
    lost = city.run("month", "approve", "2026-09", by="佐藤", code=1)
    assert "古い" in lost.err
    shutil.copy(newer, ledger)
    city.ended("month", "approve", "2026-09")
    shutil.copy(kept, ledger)
    last = [part for series in ("案件特定キーの連番=1", "納付書情報=1") for part in ("--last", series)]
    for begun, more in (("accept", ()), ("new", last)):
        for end in ("reject", "approve"):
            city.asked("ledger", begun, *more)
            city.ended("ledger", end)
        city.run("month", "close", "2026-08")
        for path in city.folder.glob("ledger.db*"):
            path.unlink()
    return _of("跡と合わない台帳", "正しい台帳を戻す", "この台帳で続ける", "新しい台帳を始める")


# すべて


def _ends(city: City) -> Taken:
    """(kind of request, how one ended)."""
    return {(str(kind), str(step)) for kind, step in city.sql("SELECT kind, step FROM act")}


@pytest.fixture(scope="module")
def taken(by_rulings: Taken, in_the_house: Taken, by_money: Taken) -> Taken:
    """What all stories took. A request is one state, whatever its kind: every kind was refused and approved."""
    ways = by_rulings | in_the_house | by_money
    kinds = {kind.name for kind in KINDS} | {"print_batch"}
    for step, way in ((RulingResult.APPROVED, "承認する"), (RulingResult.REFUSED, "取り下げる・却下する")):
        if kinds <= {kind for kind, result in ways if result == step.value}:
            ways |= _of("承認待ち", way)
    return ways


_OF_LEDGERS = [(state.name, way.words) for state in WAYS_OUT["月と台帳"][2:] for way in state.ways]


def _named(ways: list[tuple[str, str]]) -> Any:
    return pytest.mark.parametrize(("state", "way"), ways, ids=[f"{state}→{way}" for state, way in ways])


@_named([way for way in _WAYS if way not in _OF_LEDGERS])
def test_every_way_leads_out(taken: Taken, state: str, way: str) -> None:
    assert (state, way) in taken


@pytest.mark.ledger_file
@_named(_OF_LEDGERS)
def test_every_way_of_a_lost_ledger_leads_out(by_ledger: Taken, state: str, way: str) -> None:
    assert (state, way) in by_ledger


def test_no_way_was_taken_that_is_not_in_the_table(taken: Taken) -> None:
    names = [state.name for state in states()]
    assert len(names) == len(set(names)) and {own for own in taken if own[0] in names} <= set(_WAYS)
    assert {state for state, _ in taken if not state.isascii()} <= set(names)
