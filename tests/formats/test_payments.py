"""From records to payments: which of several records that agree is the how-manieth, counted by hand."""

from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from elqr.formats.decode import decode
from elqr.formats.payments import payments_of
from tests.builders import SPECS
from tests.formats.cases import RECEIVED_ON
from tests.formats.csv_cases import CSV

_CASE = next(case for case in CSV if case.spec == "eltax_payment_csv")
_SPEC = SPECS[_CASE.spec]
_TITLES = _CASE.lines[0].split(",")
_STAGE, _SERIAL = _TITLES.index("処理区分"), _TITLES.index("通番")


@settings(max_examples=50, deadline=None)
@given(rows=st.lists(st.tuples(st.sampled_from("12"), st.integers(0, 5)), min_size=1, max_size=12))
def test_records_that_agree_are_counted(rows: list[tuple[str, int]]) -> None:
    lines = [_CASE.lines[0]]
    for stage, serial in rows:
        values = _CASE.lines[1].split(",")
        values[_STAGE], values[_SERIAL] = stage, f"{serial:08}"
        lines.append(",".join(values))
    decoded = decode("\r\n".join(lines).encode(), _SPEC, "f", RECEIVED_ON)
    seen: Counter[tuple[str, int]] = Counter()
    wanted = []
    for row in rows:
        seen[row] += 1
        wanted.append(seen[row])
    assert payments_of(decoded)["occurrence_no"].to_list() == wanted
