"""Reading the next file while this one is entered."""

from datetime import date
from pathlib import Path

import pytest

from elqr.night import delivery_reading
from tests.builders import REAL_BARCODE, REAL_NOTICE, REAL_PAYMENT, City, cvs_file, cvs_row, eltax_file, notice_row


def test_what_is_known_is_not_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    city = City.founded(tmp_path)
    city.notices(REAL_NOTICE, notice_row())
    city.deliver("a.csv", eltax_file(REAL_PAYMENT))
    city.deliver("b.dat", cvs_file(cvs_row(REAL_BARCODE, paid_on=date(2024, 6, 10))))
    city.night()
    read: list[str] = []
    real = delivery_reading.read_delivered

    def noted(arrived, *given):  # type: ignore[no-untyped-def]
        read.append(arrived.name)
        return real(arrived, *given)

    monkeypatch.setattr(delivery_reading, "read_delivered", noted)
    city.deliver("c.csv", b"what no format is")
    city.night()
    assert read == ["c.csv"]
