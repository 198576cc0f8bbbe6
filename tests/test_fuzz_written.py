"""A short fuzz of what people write in every run; the long one is `python -m tests.fuzz_written --files 20000`."""

from pathlib import Path

import pytest

from tests.fuzz_written import book, run, trouble


def test_the_book_that_is_damaged_is_a_good_one(tmp_path: Path) -> None:
    path = tmp_path / "book.xlsx"
    path.write_bytes(book())
    assert trouble("book", path) == ("read", None)


def test_damaged_files_are_read_or_refused_by_one_line(tmp_path: Path) -> None:
    counts, wrong = run(150, 1, tmp_path)
    assert not wrong, wrong[0]
    assert {what.split()[0] for what in counts} >= {"job", "register", "template", "spec", "book"}


def test_the_oracle_notices_a_traceback(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(path: Path) -> None:
        raise KeyError(path)

    monkeypatch.setitem(trouble.__globals__["_READERS"], "job", broken)
    assert trouble("job", tmp_path)[0] == "traceback"
