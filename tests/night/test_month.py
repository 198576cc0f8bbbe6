"""A month at the desk: a synthetic city's files night by night, every exception decided in the book, two people.

At the end nothing is open, all reports agree to the yen, and the trail alone, read by plain arithmetic, says
what stands in suspense and on every claim.
"""

import csv
import json
import re
import shutil
from collections import Counter
from datetime import date
from pathlib import Path

import pytest

from elqr.synthetic import generate
from tests.builders import CITY_JOB, DATA_ONLY, SPECS, City, elqr
from tests.cases.review_book import Written, written

_DAY = re.compile(r"_(\d{4})(\d\d)(\d\d)")
_FIRST, _LAST = date(2026, 10, 23), date(2026, 11, 24)
_BACK = ("二重納付", "過納", "取消済納付書")
_TO_ITS_OWN = ("確認番号相違", "納付区分・機関コード相違")


_SETTLEMENT = """
[[money]]
path = "money"
specs = ["money_by_hand_csv"]

[[settlement]]
name = "共同機構"
specs = ["eltax_payment_csv"]
senders = ["共同機構"]
days = 5

[[settlement]]
name = "突合しない"
specs = ["account_transfer_91_result", "cvs_family_a", "cvs_family_b", "dsk_csv"]
outside = true
"""


def _transferred(paths: list[Path]) -> Counter[str]:
    """What the sender of these eLTAX files transfers on each 資金化日, by plain reading: each 確報 of a number once."""
    yen: dict[tuple[str, ...], tuple[str, int]] = {}
    for path in paths:
        for row in csv.DictReader(path.read_text(encoding="utf-8").splitlines()):
            if row["処理区分"] == "2":
                identity = (row["処理年月日"], row["仕向センタ"], row["通番"])
                yen.setdefault(identity, (row["払込予定日"], int(row["納付金額"])))
    sums: Counter[str] = Counter()
    for day, own in yen.values():
        sums[day] += own
    return sums


def _passbook(city: City, sums: Counter[str], night: date) -> None:
    """通帳を打ち込む: a line for each transfer up to a night."""
    lines = ["整理番号,入金日,金額,振込依頼人,資金化日,口座,区分"]
    for number, (day, yen) in enumerate(sorted(sums.items()), start=1):
        written_day = f"{day[:4]}/{day[4:6]}/{day[6:]}"
        if day <= f"{night:%Y%m%d}":
            lines.append(f"{number},{written_day},{yen},共同機構,,,入金")
    if len(lines) > 1:
        path = city.folder / "money" / f"{night:%Y%m%d}.csv"
        path.write_text("\r\n".join(lines) + "\r\n", encoding="utf-8")


def _job(text: str) -> str:
    return (text + _SETTLEMENT).replace("date = 2026-11-20\n", "")


def _decision(row: dict[str, object], near: dict[int, str], seen: Counter[int]) -> Written | None:
    """What the staff of this month decide: by reason, and hesitating once over what is strange."""
    number, reason = int(str(row["受付番号"])), row["理由"]
    seen[number] += 1
    if row["仮受額"] == 0:
        return ("確認のみ", "", "お金は動かない", "山田")
    if reason in _BACK:
        return ("還付候補", "", "返す", "佐藤")
    if reason in _TO_ITS_OWN and seen[number] == 1:
        return ("納付書に充てる", str(row["照会キー"]), "本人に確かめた", "山田")
    if reason == "該当なし" and number in near and seen[number] == 1:
        return ("納付書に充てる", near[number], "読み違い", "山田")
    if seen[number] == 1:
        return ("保留", "", "照会中", "佐藤")
    return (
        ("当市の収納でない", "", "送付元に返す", "佐藤") if reason == "該当なし" else ("還付候補", "", "返す", "佐藤")
    )


@pytest.fixture(scope="module")
def month(tmp_path_factory: pytest.TempPathFactory) -> tuple[City, list[date]]:
    """Every night of the month with its review, and the nights."""
    folder = tmp_path_factory.mktemp("month")
    generate(folder / "made", seed=7, notices=150, days=30, specs=SPECS)
    city = City.founded(folder / "city", _job(CITY_JOB), reports=DATA_ONLY.replace('"json"', '"csv", "json"'))
    shutil.copy(folder / "made" / "check_no_secret", city.folder)
    shutil.copy(folder / "made" / "procedures.toml", city.folder)
    for part in ("claims", "notices"):
        shutil.copytree(folder / "made" / part, city.folder / part, dirs_exist_ok=True)
    nights = {_FIRST, _LAST}
    arriving: dict[date, list[Path]] = {}
    for path in sorted((folder / "made" / "inbox").iterdir()):
        found = _DAY.search(path.name)
        assert found
        day = max(_FIRST, date(*map(int, found.groups())))
        arriving.setdefault(day, []).append(path)
    nights |= set(arriving)
    (city.folder / "money").mkdir()
    seen: Counter[int] = Counter()
    sums = _transferred(sorted((folder / "made" / "inbox").glob("eltax_*.csv")))
    for number, night in enumerate(sorted(nights)):
        _passbook(city, sums, night)
        for path in arriving.get(night, []):
            shutil.copy(path, city.folder / "inbox")
        assert city.night(night).code in (0, 3, 4)
        _at_the_desk(city, night, seen, f"{number:02}.xlsx")
    _at_the_desk(city, _LAST, seen, "last.xlsx")
    return city, sorted(nights)


def _at_the_desk(city: City, night: date, seen: Counter[int], name: str) -> None:
    """朝の決裁: a book out, filled in, in, and approved by somebody else."""
    on = ("--job", city.job, "--date", night.isoformat())
    path = city.folder / name
    assert elqr("review", "export", "--out", path, *on).code == 0
    near = dict(
        city.sql(
            "SELECT payment_no, min(key_digits) FROM suggestion JOIN notice_key USING (notice_no) "
            "WHERE key_kind = 'elqr' GROUP BY payment_no HAVING count(*) = 1"
        )
    )
    city.night(night)
    rows = city.report("要確認一覧", night)
    entries = {int(str(row["受付番号"])): _decision(row, near, seen) for row in rows}
    written(path, {number: entry for number, entry in entries.items() if entry})
    taken = elqr("review", "import", path, "--by", "受付係", *on, "--json")
    if taken.json["review"]:
        assert elqr("review", "approve", taken.json["review"], "--by", "課長", *on).code in (0, 3)


def _ledger(city: City, query: str) -> list[tuple[int, ...]]:
    return city.sql(query)


def test_every_exception_was_resolved_in_the_book(month: tuple[City, list[date]]) -> None:
    city, _ = month
    kinds = {row[0] for row in _ledger(city, "SELECT DISTINCT ruling FROM ruling")}
    assert kinds >= {"apply", "refund", "hold", "noted"}
    city.night(_LAST)
    assert _ledger(city, "SELECT count(*) FROM decision WHERE place IN ('exception', 'rejected')")[0][0] > 10
    assert city.report("要確認一覧", _LAST) == []


@pytest.fixture(scope="module")
def redrawn(month: tuple[City, list[date]]) -> tuple[City, list[date]]:
    """Every night's reports drawn again, with what was decided on their days."""
    city, nights = month
    for night in nights:
        city.night(night)
    return month


def test_all_reports_agree_to_the_yen(redrawn: tuple[City, list[date]]) -> None:
    city, nights = redrawn
    on_claims, held = (_ledger(city, f"SELECT sum(yen) FROM posting WHERE account = '{name}'")[0][0] for name in ("claim", "suspense"))  # fmt: skip
    daily = sum(int(str(row["収納額"])) for night in nights for row in city.report("収納日計表", night))
    assert daily == on_claims
    refunds = city.report("過誤納整理簿", _LAST)
    assert sum(int(str(row["還付・充当候補額"])) for row in refunds) == held
    outcomes = [row for night in nights for row in city.report("消込結果", night)]
    confirmed = sum(int(str(row["領収額"])) for row in outcomes if row["段階"] == "確報" and row["行き先"] in ("収納", "要確認"))  # fmt: skip
    assert confirmed == on_claims + held


def test_the_money_of_the_month_is_the_payments_of_the_month(redrawn: tuple[City, list[date]]) -> None:
    """Every transfer agrees with the payments it was for, though both came on many nights and many times."""
    city, _ = redrawn
    sums = _transferred(sorted((city.folder / "inbox").glob("eltax_*.csv")))
    rows = [row for row in city.report("払込突合表", _LAST) if row["契約"] == "共同機構"]
    assert {row["突合結果"] for row in rows} <= {"一致", "入金待ち"}
    agreed = [row for row in rows if row["突合結果"] == "一致"]
    paid = sum(yen for day, yen in sums.items() if day <= f"{_LAST:%Y%m%d}")
    assert sum(int(str(row["収納額"])) for row in agreed) == sum(int(str(row["入金額"])) for row in agreed) == paid > 0
    whole = sum(int(str(row["収納額"])) for row in city.report("払込突合表", _LAST))
    assert [(whole,)] == _ledger(city, "SELECT sum(yen) FROM posting")
    assert len(_ledger(city, "SELECT deposit_no FROM deposit WHERE repeats_no IS NULL")) == len(
        [day for day in sums if day <= f"{_LAST:%Y%m%d}"]
    )
    assert _ledger(city, "SELECT count(*) FROM deposit WHERE repeats_no IS NOT NULL")[0][0] > 5


def test_the_monthly_tables_are_the_sums_of_the_nights_daily_tables(redrawn: tuple[City, list[date]]) -> None:
    city, nights = redrawn
    keys = ("手続", "会計年度", "現年・滞納", "チャネル")
    held = 0
    for month in ("2026-10", "2026-11"):
        wanted: Counter[tuple[str, ...]] = Counter()
        for night in (night for night in nights if f"{night:%Y-%m}" == month):
            text = (city.folder / "out" / night.isoformat() / "収納日計表.csv").read_text(encoding="utf-8-sig")
            *rows, total = csv.DictReader(text.splitlines())
            for row in rows:
                wanted[*(row[key] for key in keys)] += int(row["収納額"])
                wanted[*(row[key] for key in keys), "件数"] += int(row["件数"])
                wanted["計",] += int(row["収納額"])
            assert total["手続"] == "合計"
        made = elqr("month", "--job", city.job, "--month", month, "--json").json
        found: Counter[tuple[str, ...]] = Counter({("計",): made["yen"]})  # type: ignore[dict-item]
        for row in made["rows"]:  # type: ignore[attr-defined]
            found[*(row[key] for key in keys)] = row["収納額"]
            found[*(row[key] for key in keys), "件数"] = row["件数"]
        assert found == wanted and len(found) > 10
        assert made["suspense_opening_yen"] == held, "a month begins with what the one before left in suspense"
        held = int(str(made["suspense_closing_yen"]))
    assert [(held,)] == _ledger(city, "SELECT sum(yen) FROM posting WHERE account = 'suspense'")


def test_the_trail_alone_says_what_stands_where(month: tuple[City, list[date]]) -> None:
    city, nights = month
    held: Counter[int] = Counter()
    for night in nights:
        for row in city.report("消込結果", night):
            held[int(str(row["受付番号"]))] += int(str(row["仮受額"]))
    told = json.loads(elqr("review", "trail", "--job", city.job, "--json").out)
    moved = 0
    for ruling in told:
        assert held[ruling["payment_no"]] == ruling["before_yen"], "each ruling begins where the last one ended"
        held[ruling["payment_no"]] = ruling["after_yen"]
        moved += ruling["before_yen"] - ruling["after_yen"]
    assert moved > 0
    balances = dict(_ledger(city, "SELECT payment_no, sum(yen) FROM posting WHERE account = 'suspense' GROUP BY 1"))  # type: ignore[arg-type]
    assert {number: yen for number, yen in held.items() if yen} == {n: yen for n, yen in balances.items() if yen}


def test_the_core_system_alone_could_say_what_stands_on_every_claim(redrawn: tuple[City, list[date]]) -> None:
    city, _ = redrawn
    made = elqr("export", "make", "--by", "山田", "--job", city.job, "--date", _LAST.isoformat(), "--json").json
    path = city.folder / "out" / "export" / "000001" / str(made["file"])
    rows = list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))
    told: Counter[tuple[str, ...]] = Counter()
    last: dict[tuple[str, ...], str] = {}
    for row in rows:
        claim = (row["科目コード"], row["賦課年度"], row["通知書番号"], row["期別"])
        told[claim] += int(row["収納額"]) * (1 if row["増減区分"] == "1" else -1)
        last[claim] = row["消込結果"]
        parts = [row[name] for name in ("本税・本料", "督促手数料", "延滞金")]
        assert parts == ["", "", ""] or sum(map(int, parts)) == int(row["収納額"])
    stands = {
        (code, str(year), bill, str(no)): (yen, owed)
        for code, year, bill, no, yen, owed in _ledger(
            city,
            "SELECT c.procedure_code, levy_year, bill_no, installment_no, sum(yen), (SELECT sum(principal_yen "
            "+ demand_fee_yen + late_charge_yen) FROM claim_entry e WHERE e.claim_no = c.claim_no) "
            "FROM claim c JOIN posting p USING (claim_no) GROUP BY claim_no",
        )
    }
    assert told == Counter({claim: yen for claim, (yen, _) in stands.items()}) and len(told) > 50
    for claim, (yen, owed) in stands.items():
        assert last[claim] in ("12"[yen < owed], "3"), claim
        assert last[claim] != "3" or yen >= owed
    assert {row["消込結果"] for row in rows} >= {"1", "2", "3"}


def test_the_trend_of_the_last_night_says_what_each_earlier_night_had_open(redrawn: tuple[City, list[date]]) -> None:
    city, nights = redrawn
    text = (city.drawn(nights[-1]) / "index.html").read_text(encoding="utf-8")
    table = text.split("<caption>夜ごとの推移</caption>")[1].split("</table>")[0]
    rows = re.findall(r'<th scope="row">(.*?)</th>(.*)', table)
    shown = {day: int(re.findall(r">([0-9,]+)<", cells)[2].replace(",", "")) for day, cells in rows}
    assert len(shown) > 5 and len(set(shown.values())) > 3
    for day in sorted(shown):
        city.night(date.fromisoformat(day))
        assert len(city.report("要確認一覧", date.fromisoformat(day))) == shown[day], day
