"""Golden texts (模範の表示): every format's dump, one field a line with [offset+width], kept and read by people.

`pytest --update-golden` writes them anew, prints the difference and fails that run.
"""

import difflib

import pytest

from elqr.formats.dump import dump
from tests.builders import ROOT, SPECS
from tests.formats.cases import FIXED, Case
from tests.formats.csv_cases import CSV, CsvCase

_GOLDEN = ROOT / "tests" / "golden"
_BY_OTHERS = {"gs1_128", "notice_csv", "eltax_notice_upload_csv"}
"""A part that is shown inside its carriers, and files that no sender of payments writes."""


def _bytes(case: Case | CsvCase) -> bytes:
    if isinstance(case, CsvCase):
        return case.data
    return case.data(b"" if "none" in SPECS[case.spec].line_ends else b"\r\n")


@pytest.mark.parametrize("case", [*FIXED, *CSV], ids=lambda case: case.id)
def test_the_dump_is_the_golden_text(case: Case | CsvCase, request: pytest.FixtureRequest) -> None:
    path = _GOLDEN / case.spec / f"{case.name}.txt"
    made = "\n".join(dump(_bytes(case), SPECS[case.spec], "f.dat", case.received_on)) + "\n"
    kept = path.read_text(encoding="utf-8") if path.is_file() else ""
    if request.config.getoption("--update-golden") and made != kept:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(made, encoding="utf-8")
        change = difflib.unified_diff(kept.splitlines(), made.splitlines(), "kept", "made", lineterm="")
        pytest.fail("\n".join([f"{path.relative_to(ROOT)} was written anew:", *change]))
    assert made == kept


def test_every_format_has_a_golden_text_and_no_text_is_left_over() -> None:
    cases = {(case.spec, case.name) for case in [*FIXED, *CSV]}
    assert {spec for spec, _ in cases} == set(SPECS) - _BY_OTHERS
    assert {(path.parent.name, path.stem) for path in _GOLDEN.rglob("*.txt")} == cases
