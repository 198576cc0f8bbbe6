"""Dumps of what is not of the format: told as far as it can be cut, and nobody is named."""

from pathlib import Path

import pytest

from tests.builders import elqr, transfer_file, transfer_row

GOOD = transfer_file(transfer_row("A1", 1_000, holder="ﾋﾄｸ ﾊﾅｺ", account_no="7654321"))
PERSONAL = ("ﾋﾄｸ", "7654321", "ﾋﾄｸ".encode("cp932").hex(" ").upper(), b"7654321".hex(" ").upper())

CASES = [
    ("知らない区分の記録", "account_transfer_91_result", GOOD[:120] + b"5" + GOOD[121:], ["#2 区分不明 @120", "[0+120] 35 30 30 30 31 20 20 20 …", "#3 トレーラ @240", "[F105]"]),
    ("切り出せない", "account_transfer_91_result", GOOD[:50] + b"\n" + GOOD[50:], ["[F1"]),
    ("固定長をCSVとして", "dsk_csv", GOOD, ["[F109]", "見出しでない行（1項目）"]),
    ("氏名の並ぶCSV", "dsk_csv", "ﾋﾄｸ ﾊﾅｺ,7654321\r\n".encode("cp932"), ["[F109]", "見出しでない行（2項目）"]),
    ("閉じない引用符", "dsk_csv", b'02,"\r\n', ["[F108]", "閉じていない引用符"]),
]  # fmt: skip


@pytest.mark.parametrize(("spec", "data", "said"), [row[1:] for row in CASES], ids=[row[0] for row in CASES])
def test_what_is_not_of_the_format(tmp_path: Path, spec: str, data: bytes, said: list[str]) -> None:
    path = tmp_path / "file.dat"
    path.write_bytes(data)
    ran = elqr("spec", "dump", spec, path)
    assert ran.code == 0 and "Traceback" not in ran.err
    for part in said:
        assert part in ran.out, ran.out
    checked = elqr("file", "check", path, "--spec", spec, "--date", "2026-11-20")
    for part in PERSONAL:
        assert part not in ran.out + ran.err + checked.out + checked.err, part


def test_what_no_field_names_is_shown_whole_to_who_may_see_it(tmp_path: Path) -> None:
    path = tmp_path / "file.dat"
    path.write_bytes(GOOD[:120] + b"5" + GOOD[121:])
    assert PERSONAL[3] in elqr("spec", "dump", "account_transfer_91_result", path, "--show-personal").out
