"""The upload (納付書情報): keys, 確認番号 and eL-QR for the notices that have none, and the file for 共通納税IFS."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from elqr import __version__
from elqr.disk.content import sha256_of
from elqr.disk.own_json import own_json_bytes
from elqr.formats.encode import encode_csv
from elqr.issue.issuing import Codes, payloads, with_keys
from elqr.issue.serials import last_serial
from elqr.night.night import Night
from elqr.session.session import Session
from elqr.store.entries import night as entries
from elqr.store.entries.seals import Seal
from elqr.store.queries import matching as queries
from elqr.store.queries.ledger_identity import ledger_id, next_handed_out, skip_serials
from elqr.store.tables import ledger as tables
from elqr.vocabulary.errors import BadFile
from elqr.vocabulary.frames import Notice, Payload

UPLOAD_SPEC = "eltax_notice_upload_csv"


@dataclass(frozen=True, slots=True)
class Upload:
    """書き出した納付書情報: its file, and the seals of the rows entered with it; empty when no notice waited."""

    path: Path | None = None
    seals: Mapping[str, Seal] = field(default_factory=dict)


def issue_payloads(night: Night) -> Upload:
    """eL-QRを発行する: keys, 確認番号, payloads, and the upload file with its manifest. Raises BadFile, CannotWrite."""
    session = night.session
    with session.journal.step("eL-QR発行") as step, session.ledger.transaction() as connection:
        live = [procedure.code for procedure in session.register.procedure if procedure.is_live(session.night_on)]
        notices = queries.issuable(connection, live)
        if notices.is_empty():
            step.result = "発行する納付書なし"
            return Upload()
        issued, data = _issue(session, notices)
        upload_no = next_handed_out(connection, tables.upload.c.upload_no)
        while session.holds_other(path := _path(session, upload_no), data):
            # An interrupted issue of other notices. Somebody may have uploaded it, so its numbers are used up.
            skip_serials(connection, last_serial(path.read_bytes(), session.job.issue.key_rule))
            issued, data = _issue(session, notices)
            upload_no += 1
        row = _write(session, issued, upload_no, data)
        issued = issued.with_columns(pl.lit(upload_no).alias(Payload.UPLOAD_NO))
        seal = entries.enter_payloads(connection, issued, row)
        step.count, step.yen, step.result = issued.height, int(issued[Notice.AMOUNT_YEN].sum()), path.name
        night.changes.append(path.name)
        return Upload(path, {"payload": seal})


def _issue(session: Session, notices: pl.DataFrame) -> tuple[pl.DataFrame, bytes]:
    """発行する. Returns frame Payload with the other columns of the upload, and the upload's bytes. Takes new serials.

    Raises BadFile when a new key is in use already.
    """
    connection, job, city = session.ledger.connection, session.job, session.job.city
    without_key = notices[Notice.KEY_NO].null_count()
    first_serial = entries.take_serials(connection, without_key) if without_key else 1
    keyed = with_keys(notices, job.issue.key_rule, first_serial, session.setup.secret)
    in_use = queries.key_numbers_in_use(connection, keyed.filter("is_composed")[Notice.KEY_NO])
    if in_use:
        raise BadFile(
            f"作った案件特定キーが使用済のキーと重なりました（{min(in_use)} など{len(in_use)}件）。"
            "ジョブの [issue] key_class を、ほかのシステムが使わない値にしてください。"
        )
    item_no = {procedure.code: procedure.item_no for procedure in session.register.procedure}
    issued = payloads(keyed, Codes(city.office_code, city.tax_office_code, item_no))
    rows = issued.with_columns(pl.lit(city.city_code).alias("city_code"))
    return issued, encode_csv(session.specs[UPLOAD_SPEC], rows)


def _path(session: Session, upload_no: int) -> Path:
    return session.job.out / "upload" / f"elqr_notices_{upload_no:06d}.csv"


def _write(session: Session, issued: pl.DataFrame, upload_no: int, data: bytes) -> dict[str, object]:
    """書き出す, before the ledger has it: after a crash the same file is written again. Returns the ledger's row."""
    spec, path = session.specs[UPLOAD_SPEC], _path(session, upload_no)
    row: dict[str, object] = {
        "upload_no": upload_no,
        "night_on": session.night_on.isoformat(),
        "file_name": path.name,
        "notices": issued.height,
        "yen": int(issued[Notice.AMOUNT_YEN].sum()),
        "sha256": sha256_of(data),
    }
    manifest = {**row, "spec": spec.name, "spec_verified": spec.verified.fully, "program": f"elqr {__version__}"}
    manifest["ledger"] = ledger_id(session.ledger.connection)
    session.write(path, data)
    session.write(path.with_suffix(".manifest.json"), own_json_bytes(manifest))
    return row
