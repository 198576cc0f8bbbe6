"""A short fuzz in every run; the long one is `python -m tests.formats.fuzz --files 100000`."""

from collections import Counter

from tests.builders import SPECS
from tests.formats.fuzz import bases, run, trouble
from tests.formats.plain_reader import LAYOUTS


def test_every_good_file_is_accepted_and_every_format_is_there() -> None:
    files = bases()
    became = [(name, trouble(name, data)) for name, data in files]
    assert [own for own in became if own[1] != ("accepted", None)] == []
    assert {name for name, _ in files} == set(LAYOUTS) == {n for n, spec in SPECS.items() if spec.purpose != "part"}


def test_damaged_files_are_held_back_or_honest() -> None:
    counts, wrong = run(300, seed=20_261_120)
    assert not wrong, wrong[0]
    assert counts.keys() == Counter(["accepted", "held back"]).keys() and min(counts.values()) > 15


def test_the_oracle_notices_a_wrong_yen() -> None:
    """The second reader is no rubber stamp: bytes whose totals do not agree are refused by it as well."""
    name, data = next(base for base in bases() if base[0] == "account_transfer_91_result")
    assert trouble(name, data.replace(b"0000010000", b"0000010001", 1))[0] == "held back"
