"""Prints (印刷) of a city: printed, uploaded, asked for and approved by command; and a slip of them that is paid."""

import json
from typing import Any

from elqr.handover.print_manifest import MANIFEST
from tests.builders import City, Ran, elqr, eltax_file, eltax_row


def print_slips(city: City, name: str = "print", *options: object) -> Ran:
    """Prints (印刷) into a folder of the city."""
    return elqr("notice", "print", "--job", city.job, "--workers", 1, "--out", city.folder / name, *options)


def manifest_of(city: City, name: str = "print") -> dict[str, Any]:
    """The manifest (印刷の目録) of a printed folder."""
    return json.loads((city.folder / name / MANIFEST).read_text(encoding="utf-8"))  # type: ignore[no-any-return]


def record_uploads(city: City) -> None:
    """Records every upload file as registered (登録済)."""
    files = sorted((city.folder / "out" / "upload").glob("*.csv"))
    assert elqr("notice", "uploaded", *files, "--by", "山田", "--job", city.job).code == 0


PROVISIONAL = ("--provisional", "同梱の版下での試し刷り")
"""The shipped sheets are provisional, and say so."""


def request_release(city: City, name: str = "print", *options: object, reason: tuple[str, ...] = PROVISIONAL) -> Ran:
    """山田 asks that a printed folder may leave the house (発送の申請)."""
    return elqr("notice", "release", city.folder / name, "--by", "山田", "--job", city.job, *reason, *options)


def approve_release(city: City, name: str = "print", by: str = "佐藤", reason: tuple[str, ...] = PROVISIONAL) -> Ran:
    """Another person approves it (発送の承認)."""
    return elqr("notice", "approve", city.folder / name, "--by", by, "--job", city.job, *reason)


def pay_slip(city: City) -> None:
    """期別 1 of bill 101 is paid: 1,000 yen, 確報."""
    key_no, check_no = city.issued()["kokuho", "101", 1, 1]
    city.deliver("eltax.csv", eltax_file(eltax_row(key_no, check_no, 1_000)))
