"""pandas: files as arrays of bytes and read_csv, whole tables of the ledger read by SQL, merge, numpy.select, to_sql."""

import sqlite3
from datetime import date
from io import StringIO
from pathlib import Path

import numpy as np
import pandas as pd

from elqr.vocabulary.terms import Outcome, Place
from tests.bench.instead.records import Record, opened
from tests.bench.instead.reports import EXCEPTIONS, LISTED, PLACE, TABLE

_KOUZA = np.dtype({
    "names": ["kind", "bank", "branch", "account_kind", "account_no", "yen", "customer", "result"],
    "formats": ["S1", "S4", "S3", "S1", "S7", "S10", "S20", "S1"],
    "offsets": [0, 1, 20, 42, 43, 80, 91, 111], "itemsize": 120,
})  # fmt: skip
_CVS = np.dtype({
    "names": ["kind", "paid_on", "paid_at", "barcode", "store", "funds_on"],
    "formats": ["S1", "S8", "S4", "S44", "S7", "S8"], "offsets": [0, 3, 11, 15, 62, 77], "itemsize": 122,
})  # fmt: skip
_CHANNELS = {"01": "app", "02": "eltax", "03": "counter", "04": "payeasy", "05": "card"}
_KEYS = "SELECT key_kind, key_digits, notice_no FROM notice_key"
_NOTICES = """
SELECT n.notice_no, n.procedure_code, n.levy_year, n.amount_yen, n.issued_on, n.payable_until_on, c.claim_no,
  y.check_no AS own_check_no, y.item_no AS own_item_no, y.office_code AS own_office_code
FROM notice n JOIN notice_claim c ON c.notice_no = n.notice_no LEFT JOIN payload y ON y.notice_no = n.notice_no
"""
_COLLECTED = "SELECT claim_no, sum(yen) AS collected_yen FROM posting WHERE claim_no IS NOT NULL GROUP BY claim_no"


def run(ledger: Path, inbox: Path, night: date, out: Path) -> None:
    """一夜: the files, the tables, one merge, the outcomes, what is added to four tables, and the reports."""
    connection = opened(ledger)
    first, last_file, first_posting = connection.execute(
        "SELECT coalesce(max(payment_no), 0) + 1, coalesce(max(file_no), 0),"
        " (SELECT coalesce(max(posting_no), 0) + 1 FROM posting) FROM payment"
    ).fetchone()
    reading = {"kouza": _kouza, "eltax": _eltax, "cvs": _cvs}
    read = [
        reading[path.name.split("_")[0]](path.read_bytes(), night).assign(file_no=file_no)
        for file_no, path in enumerate(sorted(inbox.iterdir()), start=last_file + 1)
    ]
    payments = pd.concat(read, ignore_index=True)
    payments["stage"] = "confirmed"
    payments["payment_no"] = np.arange(first, first + len(payments))
    payments["occurrence_no"] = payments.groupby(["file_no", "identity"]).cumcount() + 1
    rows = _decided(_with_notices(payments, connection))
    postings = _postings(rows, night)
    postings["posting_no"] = np.arange(first_posting, first_posting + len(postings))
    written = {
        "payment": payments[[*Record._fields, "payment_no", "file_no"]],
        "payment_identity": payments[["identity", "stage", "occurrence_no", "payment_no"]].assign(variant=""),
        "decision": rows[
            ["payment_no", "outcome", "place", "notice_no", "procedure_code", "claim_yen", "suspense_yen", "flags"]
        ],
        "posting": postings,
    }
    for table, own in written.items():
        own.to_sql(table, connection, if_exists="append", index=False)
    connection.commit()
    listed = pd.read_sql_query(LISTED, connection, params=(first,))
    listed.to_csv(out / f"{TABLE}.csv", index=False, encoding="utf-8-sig")
    listed.to_json(out / f"{TABLE}.json", orient="table", index=False, force_ascii=False)
    listed[listed[PLACE] == Place.EXCEPTION.value].to_excel(out / EXCEPTIONS, index=False, engine="xlsxwriter")


def _text(column: np.ndarray) -> pd.Series:
    return pd.Series(column.astype(str)).str.strip()


def _iso(column: pd.Series) -> pd.Series:
    return column.str[:4] + "-" + column.str[4:6] + "-" + column.str[6:]


def _kouza(data: bytes, night: date) -> pd.DataFrame:
    records = np.frombuffer(data, dtype=_KOUZA)
    at = np.flatnonzero(records["kind"] == b"2")
    own = records[at]
    month, day = int(data[54:56]), int(data[56:58])
    paid_on = date(night.year - ((month, day) > (night.month, night.day)), month, day).isoformat()
    customer = _text(own["customer"])
    account = [_text(own[name]) for name in ("bank", "branch", "account_kind", "account_no")]
    head = pd.Series(f"{paid_on}|{data[4:14].decode()}", index=customer.index)
    return pd.DataFrame({
        "record_no": at + 1, "offset_bytes": at * _KOUZA.itemsize, "channel": "account_transfer",
        "identity": head.str.cat([*account, customer], sep="|"), "key_kind": "customer", "key_digits": customer,
        "reissue_no": "", "check_no": None, "item_no": None, "office_code": None, "paid_yen": own["yen"].astype("i8"),
        "paid_on": paid_on, "funds_on": paid_on, "result_code": _text(own["result"]),
    })  # fmt: skip


def _eltax(data: bytes, night: date) -> pd.DataFrame:
    own = pd.read_csv(StringIO(data.decode("utf-8")), dtype=str, keep_default_na=False)
    return pd.DataFrame({
        "record_no": np.arange(1, len(own) + 1), "offset_bytes": None,
        "channel": own["納付チャネル区分"].map(_CHANNELS),
        "identity": _iso(own["処理年月日"]).str.cat([own["仕向センタ"], own["通番"]], sep="|"), "key_kind": "elqr",
        "key_digits": own["納付番号"], "reissue_no": "", "check_no": own["確認番号"], "item_no": own["納付区分"],
        "office_code": own["共通納税機関コード"], "paid_yen": own["納付金額"].astype("int64"),
        "paid_on": _iso(own["領収日"]), "funds_on": _iso(own["払込予定日"]), "result_code": None,
    })  # fmt: skip


def _cvs(data: bytes, night: date) -> pd.DataFrame:
    records = np.frombuffer(data, dtype=_CVS)
    at = np.flatnonzero(records["kind"] == b"2")
    own = records[at]
    paid_on, barcode = _iso(_text(own["paid_on"])), _text(own["barcode"])
    return pd.DataFrame({
        "record_no": at + 1, "offset_bytes": at * _CVS.itemsize, "channel": "cvs",
        "identity": paid_on.str.cat([_text(own["paid_at"]), _text(own["store"]), barcode], sep="|"),
        "key_kind": "barcode", "key_digits": barcode.str[2:29], "reissue_no": barcode.str[29],
        "check_no": None, "item_no": None, "office_code": None, "paid_yen": barcode.str[37:43].astype("int64"),
        "paid_on": paid_on, "funds_on": _iso(_text(own["funds_on"])), "result_code": None,
    })  # fmt: skip


def _with_notices(payments: pd.DataFrame, connection: sqlite3.Connection) -> pd.DataFrame:
    keys, notices, collected = (pd.read_sql_query(query, connection) for query in (_KEYS, _NOTICES, _COLLECTED))
    rows = payments.merge(keys, on=["key_kind", "key_digits"], how="left", validate="m:1")
    rows = rows.merge(notices, on="notice_no", how="left", validate="m:1")
    return rows.merge(collected, on="claim_no", how="left", validate="m:1").fillna({"collected_yen": 0})


def _decided(rows: pd.DataFrame) -> pd.DataFrame:
    rows = rows.sort_values(["paid_on", "identity", "occurrence_no"])
    is_known = rows["notice_no"].notna()
    differs = {
        name: is_known & rows[name].notna() & rows[f"own_{name}"].notna() & (rows[name] != rows[f"own_{name}"])
        for name in ("check_no", "item_no", "office_code")
    }
    refused = [
        (Outcome.KEY_UNKNOWN, ~is_known),
        (Outcome.CHECK_NO_DIFFERS, differs["check_no"]),
        (Outcome.ITEM_OR_OFFICE_DIFFERS, differs["item_no"] | differs["office_code"]),
        (Outcome.PAID_BEFORE_ISSUE, is_known & (rows["paid_on"] < rows["issued_on"].fillna(""))),
    ]
    offered = rows["paid_yen"].where(~np.logical_or.reduce([is_so for _, is_so in refused]), 0)
    before = (offered.groupby(rows["claim_no"]).cumsum() - offered).fillna(0)
    left = (rows["amount_yen"] - rows["collected_yen"] - before).clip(lower=0).fillna(0)
    settled = [
        (Outcome.ALREADY_SETTLED, left == 0),
        (Outcome.OVERPAID, rows["paid_yen"] > left),
        (Outcome.UNDERPAID, rows["paid_yen"] < left),
        (Outcome.LATE, rows["paid_on"] > rows["payable_until_on"].fillna("")),
    ]
    outcomes = [*refused, *settled]
    rows["outcome"] = np.select(
        [is_so.to_numpy(dtype=bool) for _, is_so in outcomes], [outcome.value for outcome, _ in outcomes],
        default=Outcome.MATCHED.value,
    )  # fmt: skip
    is_posted = rows["outcome"].isin([Outcome.MATCHED.value, Outcome.LATE.value])
    rows["place"] = np.where(is_posted, "posted", "exception")
    rows["claim_yen"] = np.minimum(offered, left).astype("int64")
    rows["suspense_yen"] = rows["paid_yen"] - rows["claim_yen"]
    rows["flags"] = ""
    return rows.astype({"notice_no": "Int64", "claim_no": "Int64"}).sort_values("payment_no")


def _postings(rows: pd.DataFrame, night: date) -> pd.DataFrame:
    month = rows["paid_on"].str[5:7]
    paid_year = rows["paid_on"].str[:4].astype("int64") - (month < "04")
    levied = rows["levy_year"].fillna(paid_year).astype("int64")
    is_own = (levied >= paid_year) | ((levied == paid_year - 1) & month.isin(["04", "05"]))
    rows = rows[["payment_no", "claim_no", "procedure_code", "claim_yen", "suspense_yen"]].assign(
        claim_year=levied.where(is_own, paid_year), paid_year=paid_year, is_arrears=(~is_own).astype("int64")
    )
    on_claim = rows[rows["claim_yen"] > 0].assign(account="claim")
    on_claim = on_claim.rename(columns={"claim_yen": "yen", "claim_year": "fiscal_year"})
    held = rows[rows["suspense_yen"] > 0].assign(account="suspense", claim_no=pd.NA, is_arrears=0)
    held = held.rename(columns={"suspense_yen": "yen", "paid_year": "fiscal_year"})
    columns = ["payment_no", "account", "claim_no", "yen", "fiscal_year", "is_arrears", "procedure_code"]
    made = pd.concat([on_claim[columns], held[columns]]).sort_values(["payment_no", "account"])
    return made.assign(night_on=night.isoformat(), decided_by="夜間消込", reason="")
