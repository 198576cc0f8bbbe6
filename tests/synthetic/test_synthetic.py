"""The synthetic city against the night: record by record, in any order, once or twice. The truth is the generator's."""

import csv
import filecmp
import json
import random
import shutil
from datetime import date, timedelta
from pathlib import Path

import polars as pl
import pytest

from elqr.synthetic import generate
from elqr.synthetic.changes import CHANGES
from elqr.synthetic.events import SHARES
from elqr.synthetic.register import LEVIES
from elqr.vocabulary.terms import Outcome, Place
from tests.builders import CITY_JOB, DATA_ONLY, NIGHT, ROOT, SPECS, City, elqr

_OUTCOMES = {outcome.label: outcome.value for outcome in Outcome}
_PLACES = {place.label: place.value for place in Place}
_FILED = {"filed_raised", "filed_late_charge", "filed_raised_later", "filed_lowered_later", "filed_relieved_later"}
"""Stories of claim files in which something is paid tonight."""
SAMPLE_SEED, SAMPLE_NOTICES, SAMPLE_DAYS = 20260401, 400, 30


def _city(folder: Path, seed: int, notices: int, days: int = 30) -> Path:
    """A city whose nights draw what the truth is held against: the tables as data. The samples' night draws everything."""
    generate(folder, seed=seed, notices=notices, days=days, specs=SPECS)
    (folder / "job.toml").write_text(CITY_JOB + DATA_ONLY, encoding="utf-8")
    return folder


def _truth(folder: Path) -> pl.DataFrame:
    return pl.read_csv(folder / "truth.csv", schema_overrides={"fault": pl.String}).with_columns(
        pl.col("fault").fill_null("")
    )


def _rows(folder: Path, name: str) -> list[dict[str, object]]:
    return json.loads((folder / "out" / NIGHT.isoformat() / f"{name}.json").read_text(encoding="utf-8"))["rows"]  # type: ignore[no-any-return]


def _found(folder: Path) -> pl.DataFrame:
    """What the night made of every record, in the truth's columns."""
    rows = [
        (
            row["ファイル"],
            row["記録"],
            _OUTCOMES[str(row["消込結果"])],
            _PLACES[str(row["行き先"])],
            row["収納額"],
            row["仮受額"],
        )
        for row in _rows(folder, "消込結果")
    ]
    columns = ("file", "record_no", "outcome", "place", "claim_yen", "suspense_yen")
    return pl.DataFrame(rows, schema=columns, orient="row")


def _expected(folder: Path) -> pl.DataFrame:
    """The truth of the records that the night decides one by one: not of files held back or delivered again whole."""
    again = {row["ファイル"] for row in _rows(folder, "取込結果") if row["結果"] == "再受信"}
    truth = _truth(folder)
    assert truth.filter(pl.col("file").is_in(list(again)))["outcome"].unique().to_list() == ["already_posted"]
    return truth.filter((pl.col("outcome") != "quarantined") & ~pl.col("file").is_in(list(again)))


def _assert_true(folder: Path, at_least: int = 300) -> None:
    found, truth = _found(folder).sort("file", "record_no"), _expected(folder).sort("file", "record_no")
    assert truth.height > at_least
    assert found.equals(truth.select(found.columns)), found.join(truth, on=found.columns, how="anti").head(20)


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return _city(tmp_path_factory.mktemp("city") / "c", 7, 1_500)


def test_every_fault_is_played(city: Path) -> None:
    played = set(_truth(city)["fault"])
    assert played == set(SHARES) | set(CHANGES) | _FILED | {"", "real_slip", "delivered_again", "broken_trailer"}


_OWED = """
    SELECT procedure_code, bill_no, installment_no, sum(principal_yen), sum(demand_fee_yen), sum(late_charge_yen),
        (SELECT coalesce(sum(yen), 0) FROM posting WHERE posting.claim_no = claim.claim_no)
    FROM claim_entry JOIN claim USING (claim_no) GROUP BY claim.claim_no, 1, 2, 3 ORDER BY 1, 2, 3
"""


def _assert_claims_true(folder: Path, next_day: date) -> None:
    """What every claim owes and has after the night, and after the next one, in which paid claims are changed."""
    city, columns = City(folder), pl.read_csv(folder / "truth_claims.csv", schema_overrides={"bill_no": pl.String})
    key, items = ["procedure_code", "bill_no", "installment_no"], ["principal_yen", "demand_fee_yen", "late_charge_yen"]
    found = pl.DataFrame(city.sql(_OWED), schema=[*key, *items, "collected_yen"], orient="row")
    truth = columns.sort(key)
    assert found.equals(truth.select(found.columns)), found.join(truth, on=found.columns, how="anti").head(20)
    held = sum(yen for (yen,) in city.sql("SELECT yen FROM posting WHERE account = 'suspense'"))
    shutil.copytree(folder / "next_night", folder, dirs_exist_ok=True)
    city.night(next_day)
    later = pl.DataFrame(city.sql(_OWED), schema=[*key, *items, "later_collected_yen"], orient="row")
    later = later.select(*key, pl.sum_horizontal(items).alias("later_owed_yen"), "later_collected_yen")
    assert later.equals(truth.select(later.columns)), later.join(truth, on=later.columns, how="anti").head(20)
    too_much = truth.select((pl.col("collected_yen") - pl.col("later_collected_yen")).sum()).item()
    assert too_much > 0
    assert sum(yen for (yen,) in city.sql("SELECT yen FROM posting WHERE account = 'suspense'")) == held + too_much
    assert elqr("verify", "--job", city.job, "--date", next_day.isoformat()).code == 0


def test_the_night_comes_out_as_the_truth_says_once_and_twice(city: Path) -> None:
    assert elqr("night", city / "job.toml").code == 4
    _assert_true(city)
    again = elqr("night", city / "job.toml", "--json")
    assert again.json["changed"] is False
    _assert_true(city)


def test_the_places_add_up_to_what_the_truth_says_was_read(city: Path) -> None:
    truth = _truth(city).filter(pl.col("outcome") != "quarantined")
    sums = {
        place: (count, yen)
        for place, count, yen in truth.group_by("place").agg(pl.len(), pl.col("paid_yen").sum()).iter_rows()
    }
    elqr("night", city / "job.toml")
    found = _rows(city, "行き先の確認")
    (whole,) = [row for row in found if row["区分"] == "夜"]
    assert (whole["受信件数"], whole["受信金額"]) == (truth.height, truth["paid_yen"].sum())
    for place in Place:
        assert (whole[f"{place.label}件数"], whole[f"{place.label}金額"]) == sums.get(place.value, (0, 0)), place
    files = {row["対象"]: row["受信金額"] for row in found if row["区分"] == "ファイル"}
    assert files == dict(truth.group_by("file").agg(pl.col("paid_yen").sum()).iter_rows())


@pytest.mark.parametrize("seed", [1, 2])
def test_files_in_any_order_end_the_same(tmp_path: Path, city: Path, seed: int) -> None:
    """The inbox shuffled into another order of names: the same outcomes, and the same yen on every claim."""
    shuffled = tmp_path / "c"
    shutil.copytree(city, shuffled, ignore=shutil.ignore_patterns("out", "ledger*", "archive"))
    names = sorted(path.name for path in (shuffled / "inbox").iterdir())
    order = random.Random(seed).sample(names, len(names))
    for number, name in enumerate(order):
        (shuffled / "inbox" / name).rename(shuffled / "inbox" / f"{number:03d}_{name}")
    elqr("night", city / "job.toml")
    elqr("night", shuffled / "job.toml")
    money = ["outcome", "place", "claim_yen", "suspense_yen"]
    wanted, found = (_found(folder).group_by(money).len().sort(money) for folder in (city, shuffled))
    assert wanted.equals(found)
    claims = ("手続", "通知書番号", "期別", "収納額", "仮受額", "消込結果")
    lists = [
        sorted(tuple(str(row[name]) for name in claims) for row in _rows(folder, "消込結果"))
        for folder in (city, shuffled)
    ]
    assert lists[0] == lists[1]


def test_the_sample_night_comes_out_as_its_truth_says(tmp_path: Path) -> None:
    samples = tmp_path / "samples"
    shutil.copytree(ROOT / "samples", samples)
    (samples / "job.toml").write_text(CITY_JOB, encoding="utf-8")
    elqr("night", samples / "job.toml")
    _assert_true(samples)
    real = _truth(samples).filter(pl.col("fault") == "real_slip")
    assert real["outcome"].to_list() == ["already_settled", "matched"] and real["paid_yen"].to_list() == [39_500] * 2
    _assert_claims_true(samples, NIGHT + timedelta(days=1))


@pytest.mark.parametrize(
    ("seed", "notices", "days"),
    [(1, 100, 30), (3, 150, 30), (435, 400, 5), (449, 400, 7), (463, 400, 9), (5, 400, 366)],
)
def test_the_smallest_shortest_and_longest_cities_are_true_as_well(
    tmp_path: Path, seed: int, notices: int, days: int
) -> None:
    """Every fault however small the city, 支払期限 in a stretch of days, and a 引落日 whose 月日 comes twice in it."""
    small = _city(tmp_path / "c", seed, notices, days)
    assert set(SHARES) | set(CHANGES) | _FILED <= set(_truth(small)["fault"])
    assert elqr("night", small / "job.toml").code == 4
    _assert_true(small, at_least=100)
    _assert_claims_true(small, NIGHT + timedelta(days=1))


@pytest.mark.parametrize("seed", range(12))
def test_the_smallest_city_plays_every_fault_whatever_the_seed(tmp_path: Path, seed: int) -> None:
    assert set(SHARES) | set(CHANGES) | _FILED <= set(_truth(_city(tmp_path / "c", seed, 100))["fault"])


def test_one_seed_gives_one_city(tmp_path: Path) -> None:
    first, second, other = (_city(tmp_path / name, seed, 400) for name, seed in (("a", 3), ("b", 3), ("c", 4)))
    assert (
        (first / "truth.csv").read_bytes() == (second / "truth.csv").read_bytes() != (other / "truth.csv").read_bytes()
    )


def test_a_city_is_not_mixed_with_an_older_one(tmp_path: Path) -> None:
    arguments = ("synthetic", "--seed", "1", "--notices", "400", "--days", "30", tmp_path / "c")
    made = elqr(*arguments)
    assert made.code == 0 and "仕込んだ事象" in made.out
    assert elqr(*arguments).code == 1


def test_the_samples_are_still_what_the_generator_makes(tmp_path: Path) -> None:
    generate(tmp_path / "s", seed=SAMPLE_SEED, notices=SAMPLE_NOTICES, days=SAMPLE_DAYS, specs=SPECS)
    made = sorted(path.relative_to(tmp_path / "s") for path in (tmp_path / "s").rglob("*") if path.is_file())
    kept = sorted(path.relative_to(ROOT / "samples") for path in (ROOT / "samples").rglob("*") if path.is_file())
    assert len(made) > 30 and [path for path in kept if path.name != "README.md"] == made
    match, differ, missing = filecmp.cmpfiles(
        tmp_path / "s", ROOT / "samples", [str(path) for path in made], shallow=False
    )
    assert (len(match), differ, missing) == (len(made), [], [])


def test_a_city_of_40_000_notices_comes_out_as_the_truth_says(tmp_path: Path) -> None:
    city = _city(tmp_path / "c", 11, 40_000)
    assert elqr("night", city / "job.toml").code == 4
    truth = _truth(city)
    assert truth.filter(pl.col("stage") == "confirmed").height > 7_000
    assert truth.filter(pl.col("fault").is_in(list(CHANGES))).height > 1_200
    _assert_true(city)
    _assert_claims_true(city, NIGHT + timedelta(days=1))


def test_nothing_is_paid_by_elqr_before_its_procedure_is_live(tmp_path: Path) -> None:
    city = _city(tmp_path / "c", 4, 400, days=90)
    lives = {
        levy.procedure.item_no: levy.procedure.go_live_on.isoformat()
        for levy in LEVIES
        if levy.procedure.go_live_on is not None
    }
    paid = [
        (row["納付区分"], f"{row['領収日'][:4]}-{row['領収日'][4:6]}-{row['領収日'][6:]}")
        for path in (city / "inbox").glob("eltax_*.csv")
        for row in csv.DictReader(path.read_text(encoding="utf-8").splitlines())
    ]
    assert len(paid) > 50 and {"904", "127"} <= {item_no for item_no, _ in paid}
    assert [(item_no, day) for item_no, day in paid if day < lives.get(item_no, "")] == []
