"""Recognition: every file of the table among all formats at once, in every framing its own format names."""

import pytest

from elqr.formats.recognize import recognize
from elqr.vocabulary.codes import Code
from tests.builders import SPECS
from tests.formats.cases import (
    CREDIT_A,
    CREDIT_B,
    FIXED,
    LONG_220,
    LONG_300,
    RECEIVED_ON,
    RESULT_91,
    YUCHO,
    Case,
)
from tests.formats.csv_cases import CSV, SMART_TRADE
from tests.formats.fuzz import bases

_ALL = [spec for spec in SPECS.values() if spec.purpose != "part"]
_BASES = bases()


def _among(purpose: str) -> list[object]:
    return [spec for spec in _ALL if spec.purpose == purpose]


@pytest.mark.parametrize("number", range(len(_BASES)))
def test_every_framing_of_every_format_is_recognised_among_its_kind(number: int) -> None:
    name, data = _BASES[number]
    found, findings = recognize(data, _among(SPECS[name].purpose), "f", RECEIVED_ON)  # type: ignore[arg-type]
    assert found is not None and found.name == name and not findings


@pytest.mark.parametrize("case", [*FIXED, *CSV], ids=lambda case: case.id)
def test_every_format_is_recognised_among_all(case) -> None:  # type: ignore[no-untyped-def]
    spec = SPECS[case.spec]
    if spec.purpose == "part":
        return
    data = case.data if case in CSV else case.data(b"" if "none" in spec.line_ends else b"\r\n")
    found, findings = recognize(data, _ALL, "f", RECEIVED_ON)
    assert found is not None and found.name == case.spec and not findings


def test_the_variants_of_one_layout_are_told_apart() -> None:
    only = [SPECS["bank_credit_01_a"], SPECS["bank_credit_01_b"]]
    assert [recognize(case.data(), only, "f", RECEIVED_ON)[0] for case in (CREDIT_A, CREDIT_B)] == only
    both = [SPECS["account_transfer_91_result"], SPECS["account_transfer_91_yucho"]]
    found = [recognize(case.data(b"\r\n"), both, "f", RECEIVED_ON)[0] for case in (RESULT_91, YUCHO)]
    assert found == both


def test_a_csv_without_header_row_is_known_by_its_first_record() -> None:
    spec = SPECS["smart_trade_csv"]
    assert recognize(SMART_TRADE.data, [spec], "f", RECEIVED_ON)[0] is spec
    for other in (b"2," + SMART_TRADE.data[2:], b"1,a,3\r\n", b"x\r\n", b"1\r\n"):
        assert recognize(other, [spec], "f", RECEIVED_ON)[1][0].code is Code.FORMAT_UNKNOWN


def test_a_file_that_two_lengths_divide_is_of_the_one_whose_records_are_known() -> None:
    header, row, *rest = LONG_300.records
    data = b"".join((header, row, row, *rest))
    assert len(data) % 300 == 0 and len(data) % 120 == 0
    found, findings = recognize(data, _among("payment"), "f", RECEIVED_ON)  # type: ignore[arg-type]
    assert found is SPECS["account_transfer_300"] and not findings


@pytest.mark.parametrize("case", [RESULT_91, YUCHO, LONG_220], ids=lambda case: case.spec)
def test_a_file_cut_short_behind_its_second_record_is_still_recognised(case: Case) -> None:
    whole = case.data()
    for length in range(2 * len(case.records[0]), len(whole), 7):
        found, _ = recognize(whole[:length], _among("payment"), "f", RECEIVED_ON)  # type: ignore[arg-type]
        assert found is SPECS[case.spec], length
