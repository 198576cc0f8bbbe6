"""帳票、一行ずつ: what was decided as CSV and JSON, and what somebody has to look at as a workbook, from a cursor.

A row has a night's 消込結果 as the ledger holds it: no words for codes, no sums, no page, no books of departments.
"""

import csv
import json
import sqlite3
from pathlib import Path

from xlsxwriter import Workbook

from elqr.vocabulary.terms import Place

LISTED = """
SELECT p.payment_no AS 受付番号, p.file_no AS ファイル, p.record_no AS 記録, p.channel AS チャネル, p.stage AS 段階,
  d.outcome AS 消込結果, d.place AS 行き先, d.flags AS 付記, p.paid_on AS 領収日, p.paid_yen AS 領収額,
  d.claim_yen AS 収納額, d.suspense_yen AS 仮受額, d.procedure_code AS 手続, n.levy_year AS 賦課年度,
  n.bill_no AS 通知書番号, n.installment_no AS 期別, p.key_digits AS 照会キー
FROM decision d JOIN payment p ON p.payment_no = d.payment_no LEFT JOIN notice n ON n.notice_no = d.notice_no
WHERE d.payment_no >= ? ORDER BY p.paid_on, p.identity, p.payment_no
"""
"""消込結果 from a payment on, oldest first."""

TABLE, EXCEPTIONS, PLACE = "消込結果", "要確認.xlsx", "行き先"


def write(connection: sqlite3.Connection, first: int, folder: Path) -> None:
    """帳票を書く, of the payments from a number on."""
    found = connection.execute(LISTED, (first,))
    names = [column[0] for column in found.description]
    rows = found.fetchall()
    with (folder / f"{TABLE}.csv").open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(names)
        writer.writerows(rows)
    with (folder / f"{TABLE}.json").open("w", encoding="utf-8") as file:
        json.dump({"rows": [dict(zip(names, row, strict=True)) for row in rows]}, file, ensure_ascii=False)
    with Workbook(str(folder / EXCEPTIONS), {"constant_memory": True}) as workbook:
        sheet = workbook.add_worksheet()
        place = names.index(PLACE)
        waiting = (row for row in rows if row[place] == Place.EXCEPTION.value)
        for at, row in enumerate([names, *waiting]):
            sheet.write_row(at, 0, row)
