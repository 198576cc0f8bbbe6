"""Lines of money (入金明細): typed by a person from the passbook, and corrected by the bank."""

from datetime import date

from tests.builders import credit_row

HEAD = "整理番号,入金日,金額,振込依頼人,資金化日,口座,区分\r\n"
"""The first line of a file typed by hand."""

HAND_ROW = "1,2026/11/12,10000,チホウゼイキョウドウキコウ,,,入金"
"""10,000 yen from the sender of the cases' contract; 口座 was left empty."""


def by_hand(*rows: str) -> bytes:
    """A file typed by hand (入金明細の手入力)."""
    return (HEAD + "".join(f"{row}\r\n" for row in rows)).encode()


def correction(way: str, yen: int, sender: str, day: int = 12, **given: object) -> dict[str, object]:
    """訂正 of a statement: 出金 takes a deposit back, 入金 a withdrawal."""
    return credit_row(yen, sender, date(2026, 11, day), **given) | {"in_out": way, "deal_kind": "19"}
