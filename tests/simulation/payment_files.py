"""Payment files and notice files of the year (収納データ・納付書データ): what was told, as bytes, and when it comes."""

from collections import defaultdict
from dataclasses import replace
from datetime import date, timedelta

from tests.builders import (
    barcode,
    cvs_file,
    cvs_row,
    dsk_file,
    dsk_row,
    eltax_file,
    eltax_row,
    notice_file,
    notice_row,
    payeasy_file,
    payeasy_row,
    transfer_file,
    transfer_row,
)
from tests.simulation.notices import PrintableNotice
from tests.simulation.payments import Record
from tests.simulation.year import FIRST, Year

_FAMILY_B_FROM = FIRST + timedelta(150)
"""From this night on the convenience stores' agent sends another format."""

_Limits = dict[tuple[str, int], date]
"""バーコードの期限 by what else a bar code says."""


def deliver_payments(made: Year) -> None:
    """Files of every night: whole or in two, some with old records again, some broken first, some twice.

    Of what is in no file yet: a year goes on to tell of payments.
    """
    chance, sent = made.random, defaultdict[str, list[Record]](list)
    limits = {(slip.barcode_no, slip.reissue): slip.barcode_limit for own in made.notices.values() for slip, _ in own}
    for (night, sender), told in sorted(made.due.items()):
        records = [record for record in told if record.event > made.delivered]
        if not records:
            continue
        chance.shuffle(records)
        cut = chance.randrange(len(records)) if chance.random() < 0.2 else 0
        for number, own in enumerate(_apart((records[:cut], records[cut:]))):
            again = chance.sample(sent[sender], min(len(sent[sender]), 2)) if chance.random() < 0.15 else []
            again = [record for record in again if record.stage not in ("preliminary", "cancelled")]
            if again and sender == "eltax" and chance.random() < 0.3:
                again = [replace(record, yen=record.yen + 7) for record in again]
            whole = own + [record for record in again if record not in own]
            _file(made, night, f"{sender}_{night:03d}_{made.delivered}_{number}", whole, limits)
            sent[sender] += own
    made.delivered = made.events


def _apart(parts: tuple[list[Record], ...]) -> list[list[Record]]:
    """What is told twice of one payment comes in files of its own: in one file it would be two payments."""
    files = [list(part) for part in parts if part]
    for records in list(files):
        seen: list[Record] = []
        for record in list(records):
            if record in seen:
                records.remove(record)
                files.append([record])
            seen.append(record)
    return files


def _file(made: Year, night: int, name: str, records: list[Record], limits: _Limits) -> None:
    chance, sender = made.random, records[0].sender
    for together in _by_day(records):
        data = _written(together, night, limits)
        own = f"{name}_{together[0].paid_on:%m%d}" if sender == "bank" else name
        came = night
        if chance.random() < 0.04:
            made.files[night].append((f"{own}_broken.dat", data[: len(data) // 2 + 3] + b"\xff\xff", []))
            came = min(made.nights - 1, night + chance.randrange(1, 5))
        made.files[came].append((f"{own}.dat", data, together))
        if chance.random() < 0.08:
            later = min(made.nights - 1, came + chance.randrange(0, 9))
            made.files[later].append((f"{own}_again.dat", data, []))


def _by_day(records: list[Record]) -> list[list[Record]]:
    """A bank's file has one 引落日."""
    if records[0].sender != "bank":
        return [records]
    days: dict[date, list[Record]] = defaultdict(list)
    for record in records:
        days[record.paid_on].append(record)
    return list(days.values())


def _written(records: list[Record], night: int, limits: _Limits) -> bytes:
    """The bytes of a sender's file."""
    sender = records[0].sender
    if sender == "bank":
        return _bank(records)
    if sender == "eltax":
        return _eltax(records)
    if sender == "payeasy":
        return _payeasy(records)
    codes = [barcode(own.key, own.yen, limits.get((own.key, own.reissue)), own.reissue) for own in records]
    kinds = {"preliminary": "01", "confirmed": "02", "cancelled": "03"}
    days = [{"data_kind": kinds[own.stage], "paid_on": own.paid_on, "funds_on": own.paid_on} for own in records]
    coded = list(zip(records, codes, days, strict=True))
    if sender == "dsk":
        return dsk_file(
            *(dsk_row(code, **day, store=f"{own.number:06d}", made_on=own.paid_on) for own, code, day in coded)
        )
    family = "b" if FIRST + timedelta(night) >= _FAMILY_B_FROM else "a"
    rows = [
        cvs_row(code, **day, store=f"{own.number:07d}", got_on=own.paid_on, booked_on=own.paid_on)
        for own, code, day in coded
    ]
    return cvs_file(*rows, family=family)


def _bank(records: list[Record]) -> bytes:
    results = {True: "0", False: "1"}
    rows = [
        transfer_row(own.key, own.yen, results[own.stage == "confirmed"], account_no=f"{own.number:07d}")
        for own in records
    ]
    return transfer_file(*rows, line_end="crlf", debit_on=records[0].paid_on)


def _eltax(records: list[Record]) -> bytes:
    codes = {"preliminary": "1", "confirmed": "2", "cancelled": "9"}
    rows = [
        eltax_row(
            own.key, own.check, own.yen, data_kind=codes[own.stage], item_no=own.item, paid_on=own.paid_on,
            received_on=own.paid_on, funds_on=own.paid_on, processed_on=own.paid_on, serial_no=f"{own.number:08d}",
        )
        for own in records
    ]  # fmt: skip
    return eltax_file(*rows)


def _payeasy(records: list[Record]) -> bytes:
    rows = [
        payeasy_row(
            own.key, own.check, own.yen, item_no=own.item, processed_on=own.paid_on, serial_no=f"{own.number:08d}"
        )
        for own in records
    ]
    return payeasy_file(*rows)


def notice_files(slips: list[tuple[PrintableNotice, bool]]) -> dict[str, bytes]:
    """納付書データ of a night, by name; True is a cancellation.

    A file that says why an amount falls takes its cancellations for those of the paper alone. So slips that ask for
    less than the one before have a file of their own, and so have those for a part. A 取消 names one line of its slip.
    """
    rows = [
        (
            "" if is_cancel else "減額" if slip.is_lowered else "一部" if slip.kind else "",
            notice_row(
                change_kind="9" if is_cancel else "1", procedure_code=slip.procedure.code, bill_no=line.claim[0],
                installment_no=line.claim[1], issue_no=line.issue, principal_yen=line.items[0],
                demand_fee_yen=line.items[1], late_charge_yen=line.items[2],
                notice_kind=slip.kind or None if not is_cancel else None, due_on=line.due_on,
                payable_until_on=slip.until, issued_on=slip.issued_on, payer_ref=slip.bill,
                key_no=slip.key, check_no=slip.check, customer_no=slip.customer or None,
                barcode=barcode(slip.barcode_no, slip.yen, slip.barcode_limit, slip.reissue),
                change_reason="減額更正" if slip.is_lowered and not is_cancel else None,
                barcode_until_on=slip.barcode_until, mpn_until_on=slip.mpn_until,
            ),
        )
        for slip, is_cancel in slips
        for line in (slip.lines[-1:] if is_cancel else slip.lines)
    ]  # fmt: skip
    parts = {name: [row for of, row in rows if of == name] for name in ("", "一部", "減額")}
    return {name: notice_file(*own) for name, own in parts.items() if own}
