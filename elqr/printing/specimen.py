"""A specimen (見本刷り): one bill of an invented payer, to look at a template and to give to those who examine it.

Its codes are well-formed and belong to nobody: 納付番号 of nines, which no rule of ours composes.
"""

from datetime import date, timedelta

import polars as pl

from elqr.arithmetic.checkdigit import gs1_check_digit_of
from elqr.issue.payload import encode_frame
from elqr.vocabulary.frames import PrintableNotice

_PAYER = {"payer_ref": "999999", "payer_name": "見本 太郎", "postal_code": "000-0000", "address": "見本市見本町1番地"}


def specimen(procedure_code: str, item_no: str, count: int, made_on: date) -> pl.DataFrame:
    """見本の納付書, frame PrintableNotice: the first of `count` has a long amount, the last no bar code."""
    rows = []
    for no in range(1, count + 1):
        yen = 123_456 if no == 1 else 10_000 + no
        due_on = made_on + timedelta(days=30 * no)
        bar_code = f"91999999{'9' * 20}{no % 10}0{due_on:%y%m%d}0{yen:06d}"
        rows.append(
            {
                **dict.fromkeys(PrintableNotice.SCHEMA),
                **_PAYER,
                "procedure_code": procedure_code,
                "item_no": item_no,
                "levy_year": made_on.year,
                "tax_year": made_on.year,
                "bill_no": "9999999999",
                "installment_no": no,
                "notice_no": no,
                "issue_no": 1,
                "notice_file_no": 0,
                "principal_yen": yen,
                "demand_fee_yen": 0,
                "late_charge_yen": 0,
                "amount_yen": yen,
                "due_on": due_on,
                "payable_until_on": due_on,
                "issued_on": made_on,
                "key_no": f"{'9' * 18}{no:02d}",
                "check_no": "000000",
                "barcode": f"{bar_code}{gs1_check_digit_of(bar_code)}" if no < count or count == 1 else None,
                "office_code": "99999",
                "tax_office_code": "999",
            }
        )
    frame = pl.DataFrame(rows, schema_overrides=PrintableNotice.SCHEMA)
    return frame.with_columns(encode_frame(frame).alias(PrintableNotice.DIGITS)).select(*PrintableNotice.SCHEMA)
