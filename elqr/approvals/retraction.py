"""Retraction (記録の取り消し): one person requests that a wrong record no longer counts; another approves.

All kinds of records in `_RECORDS` go one way. Nothing is changed or deleted: from the approval on the record no longer
holds, and the truth can be recorded again. Refused: a record that does not hold, one whose retraction is already
requested, one that a later record builds on, and a day before the last night, because its reports must stay true.
Every request and its end are links of the chain of runs.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from elqr.approvals.four_eyes import Request, ask, end_request, find_waiting, refuse_same_person
from elqr.approvals.notice_retraction import (
    find_import,
    find_import_obstacle,
    import_consequence,
    retract_import,
)
from elqr.approvals.reminder_record import charge_unpulled, claim_words, fees_left_words, status_words
from elqr.arithmetic.plain_number import plain_number
from elqr.session.session import Session
from elqr.store.entries.claim_fees import undo_fees
from elqr.store.queries import exports as export_queries
from elqr.store.queries import printing as print_queries
from elqr.store.queries import reminders as reminder_queries
from elqr.store.queries import retractions as queries
from elqr.store.queries import typed_batches as batch_queries
from elqr.store.queries.reminder_statuses import statuses_by
from elqr.store.queries.requests import DIFFERENCE, RETRACTION, requests
from elqr.store.tables.money import difference
from elqr.vocabulary.claim_frames import ClaimEntry, NamedStatus
from elqr.vocabulary.errors import NotFound, Refused
from elqr.vocabulary.ruling_terms import RetractionKind, RulingResult
from elqr.vocabulary.signature import Signature
from elqr.vocabulary.terms import HoldKind, PrintState


@dataclass(frozen=True, slots=True)
class Subject:
    """取り消すもの: a record that holds, by its kind and number, and its name in words."""

    kind: RetractionKind
    number: int
    words: str


@dataclass(frozen=True, slots=True)
class _Record:
    """記録の種類: how to find a record by its name, why it cannot be retracted, and what follows when it is, in words.

    Most records just do not count any more. `enter` writes what else is true in the ledger from then on.
    `find_obstacle` takes a record's number and the numbers to count as retracted already: at a request those that wait
    for approval. It returns Japanese text, empty when nothing builds on the record. `warn` says what a person should
    know who requests it, or nothing.
    """

    find: Callable[[Session, str], Subject | None]
    find_obstacle: Callable[[Session, int, frozenset[int]], str]
    consequence: Callable[[Session, int], str]
    enter: Callable[[Session, int], None] = lambda session, number: None
    warn: Callable[[Session, int], str] = lambda session, number: ""


def request_retraction(
    session: Session, kind: RetractionKind, name: str, signature: Signature
) -> tuple[int, Subject, str]:
    """記録の取り消しを申請する: a record by its number or file name. Returns the number, the record, a warning.

    Raises NotFound, Refused.
    """
    with session.ledger.transaction() as connection:
        session.refuse_earlier_day()
        subject = _RECORDS[kind].find(session, name)
        if subject is None:
            raise NotFound(
                f"取り消せる{kind.label}（{name}）はありません。番号かファイル名を確かめてください"
                "（すでに取り消したものは elqr undo list --all で見られます）。"
            )
        for row in queries.retractions_of(connection, kind, subject.number):
            if row["result"] is None:
                raise Refused(
                    f"{subject.words}の取り消しは {row['asked_by']} が申請済みです（申請 {row['retraction_no']}）。"
                    "承認は elqr undo approve、取り下げは elqr undo reject です。"
                )
        waiting = frozenset(row["number"] for row in queries.retractions_waiting(connection, kind))
        _refuse_obstacle(session, subject, waiting)
        row = {"kind": kind.value, "number": subject.number, "subject": subject.words}
        return ask(session, RETRACTION, row, signature), subject, _RECORDS[kind].warn(session, subject.number)


def approve_retraction(session: Session, retraction_no: int, signature: Signature) -> tuple[Subject, str]:
    """記録の取り消しを承認する: by another person. Returns the record, and in words what follows.

    Raises NotFound; Refused for one's own request, or when something builds on the record by now.
    """
    with session.ledger.transaction():
        session.refuse_earlier_day()
        request = find_waiting(session, RETRACTION, retraction_no)
        refuse_same_person(session, request, signature.by)
        subject = _subject(request)
        _refuse_obstacle(session, subject, frozenset())
        record = _RECORDS[subject.kind]
        record.enter(session, subject.number)  # before the approval, whose link in the chain seals the rows
        end_request(session, request, RulingResult.APPROVED, signature)
        return subject, record.consequence(session, subject.number)


def refuse_retraction(session: Session, retraction_no: int, signature: Signature) -> Subject:
    """記録の取り消しの申請を却下する, or withdraw one's own. Raises NotFound, Refused."""
    with session.ledger.transaction():
        session.refuse_earlier_day()
        request = find_waiting(session, RETRACTION, retraction_no)
        end_request(session, request, RulingResult.REFUSED, signature)
    return _subject(request)


def _subject(request: Request) -> Subject:
    return Subject(RetractionKind(request.row["kind"]), request.row["number"], request.row["subject"])


def _refuse_obstacle(session: Session, subject: Subject, retracted: frozenset[int]) -> None:
    if obstacle := _RECORDS[subject.kind].find_obstacle(session, subject.number, retracted):
        raise Refused(obstacle)


def _number(name: str) -> int:
    """番号: the number that a name is, or 0."""
    digits = plain_number(name)
    return int(digits) if digits.isascii() and digits.isdecimal() and len(digits) < _MOST_DIGITS else 0


_MOST_DIGITS = 16


def _find_upload(session: Session, name: str) -> Subject | None:
    row = print_queries.upload_named(session.ledger.connection, Path(name).name)
    if row is None or row["step_no"] is None:
        return None
    words = f"納付書情報 {row['file_name']} の登録（{row['uploaded_at'][:10]} {row['uploaded_by']}）"
    return Subject(RetractionKind.UPLOADED, row["step_no"], words)


def _after_upload(session: Session, number: int) -> str:
    sent = print_queries.released_count(session.ledger.connection, number)
    warning = f"発送を承認した納付書が {sent:,}枚あります。納付できないおそれがあるので、すぐに登録してください。"
    return "登録を記録し直すまで、この納付書情報の納付書は発送できません。" + (warning if sent else "")


def _find_release(session: Session, name: str) -> Subject | None:
    step = print_queries.release_steps(session.ledger.connection, _number(name)).get(PrintState.RELEASED)
    if step is None:
        return None
    words = f"印刷{step['print_no']}の発送の承認（{step['taken_at'][:10]} {step['taken_by']}）"
    return Subject(RetractionKind.RELEASED, step["step_no"], words)


def _after_release(session: Session, number: int) -> str:
    return (
        "この印刷は発送しないでください。フォルダの目録は、elqr notice release で申請し直すまで承認済みのままです。"
        "発送するなら、申請と承認をし直してください。"
    )


def _find_difference(session: Session, name: str) -> Subject | None:
    number = _number(name)
    rows = requests(session.ledger.connection, DIFFERENCE, difference.c.difference_no == number)
    if not rows or rows[0]["result"] != RulingResult.APPROVED.value or _is_retracted(session, number):
        return None
    (row,) = rows
    yen = f"収納 {row['payment_yen']:,}円、入金 {row['money_yen']:,}円"
    words = f"差額の確認{number}（{row['contract'] or '契約なし'}、{yen}、{row['taken_at'][:10]} {row['taken_by']}）"
    return Subject(RetractionKind.DIFFERENCE, number, words)


def _is_retracted(session: Session, difference_no: int) -> bool:
    rows = queries.retractions_of(session.ledger.connection, RetractionKind.DIFFERENCE, difference_no)
    return any(row["result"] == RulingResult.APPROVED.value for row in rows)


def _after_difference(session: Session, number: int) -> str:
    return "この行の収納と入金は、次の夜からまた突き合わせ、合わなければ警報にします。"


def _standing_export(session: Session, number: int) -> dict[str, Any] | None:
    exports = export_queries.exports(session.ledger.connection)
    return next((row for row in exports if row["export_no"] == number and not row["withdrawn"]), None)


def _find_export(session: Session, name: str) -> Subject | None:
    row = _standing_export(session, _number(name))
    if row is None:
        return None
    words = f"書き出し{row['export_no']}（{row['night_on']}、{row['postings']:,}件 {row['yen']:,}円）"
    return Subject(RetractionKind.EXPORT, row["export_no"], words)


def _find_export_obstacle(session: Session, number: int, retracted: frozenset[int]) -> str:
    """取り消せない理由: a later export, or the export's own 取込済. The next export repeats all its postings."""
    rows = export_queries.exports(session.ledger.connection)
    exports = {row["export_no"]: row for row in rows if not row["withdrawn"]}
    if later := sorted(export_no for export_no in exports if export_no > number and export_no not in retracted):
        return (
            f"後の書き出し{later[-1]}があるので、書き出し{number}は取り消せません。"
            "新しい書き出しから順に（elqr undo export 3 2 1 のように）取り消してください。"
        )
    if exports[number]["taken"]:
        taken = exports[number]["taken"][-1]
        return (
            f"書き出し{number}は {taken['taken_at'][:10]} に {taken['taken_by']} が取込済と記録しています。"
            "基幹システムが取り込んでいなければ、先に elqr undo taken でその記録を取り消してください。"
        )
    return ""


def _after_export(session: Session, number: int) -> str:
    return (
        "このフォルダは取り込まないでください。中の計上は、次の elqr export make（か夜）が、新しい番号で書き出します。"
    )


def _find_taken(session: Session, name: str) -> Subject | None:
    row = _standing_export(session, _number(name))
    if row is None or not row["taken"]:
        return None
    taken = row["taken"][-1]
    words = f"書き出し{row['export_no']}の取込済の記録（{taken['taken_at'][:10]} {taken['taken_by']}）"
    return Subject(RetractionKind.TAKEN, taken["taken_no"], words)


def _after_taken(session: Session, number: int) -> str:
    return "elqr export check で確かめて取り込み、elqr export taken で記録し直してください。"


def _find_sent(session: Session, name: str) -> Subject | None:
    sendings = {row["sent_no"]: row for row in reminder_queries.sendings(session.ledger.connection, session.night_on)}
    row = sendings.get(_number(name))
    if row is None:
        return None
    who = f"{row['taken_at'][:10]} {row['taken_by']}"
    words = f"督促対象一覧{row['list_no']}の発送の記録（発行日 {row['issued_on']}、{who}）"
    return Subject(RetractionKind.REMINDED, row["sent_no"], words)


def _after_sent(session: Session, number: int) -> str:
    words = "この一覧の調定は、まだ督促していないものとして、次の一覧に載ります。"
    yen = pl.col(ClaimEntry.DEMAND_FEE_YEN)
    undone = reminder_queries.fee_entries(session.ledger.connection, number).filter(yen < 0)
    if undone.height:
        sums = f"{undone.height:,}件 {-int(undone[ClaimEntry.DEMAND_FEE_YEN].sum()):,}円"
        words += f"督促手数料 {sums}は取り消しました。納めてあった手数料は、次の夜に減額による過納になります。"
    return words + fees_left_words(session, number)


def _undo_fees(session: Session, number: int) -> None:
    undo_fees(session.ledger.connection, session.night_on, number)


def _find_hold(session: Session, name: str) -> Subject | None:
    row = reminder_queries.hold_numbered(session.ledger.connection, _number(name), session.night_on)
    if row is None:
        return None
    kind, where = HoldKind(row["kind"]).label, f"一覧{row['list_no']}から" if row["list_no"] else ""
    who = f"{row['taken_at'][:10]} {row['taken_by']} {row['reason']}"
    return Subject(
        RetractionKind.HELD,
        row["hold_no"],
        f"記録{row['hold_no']}（{where}{kind}、{claim_words(row, session.register)}、{who}）",
    )


def _after_hold(session: Session, number: int) -> str:
    return (
        "止める記録なら、未収が残っていて、ほかに止めるわけがなければ、次の一覧に載ります。"
        "引抜なら、一覧のほかの調定と同じに扱い、発送を記録してあれば、手続台帳の督促手数料がつきます。"
    )


def _find_notices(session: Session, name: str) -> Subject | None:
    notice_file = find_import(session, Path(name).name, _number(name))
    return None if notice_file is None else Subject(RetractionKind.NOTICES, *notice_file)


def _find_batch(session: Session, name: str) -> Subject | None:
    row = batch_queries.batch_numbered(session.ledger.connection, _number(name))
    if row is None or row["result"] != RulingResult.APPROVED.value or row["is_undone"]:
        return None
    who = f"{row['taken_at'][:10]} {row['taken_by']}"
    words = f"束の確認{row['batch_no']}（{row['name']}、{row['payments']:,}件 {row['yen']:,}円、{who}）"
    return Subject(RetractionKind.BATCH, row["batch_no"], words)


def _find_batch_obstacle(session: Session, number: int, retracted: frozenset[int]) -> str:
    """取り消せない理由: the batch was taken in, so its payments are corrected by rulings instead."""
    row = batch_queries.batch_numbered(session.ledger.connection, number)
    if row is None or not row["is_taken_in"]:
        return ""
    return f"束{number}はもう取り込んでいます。違う行は、同じ整理番号の正しい行を次の束に打って訂正してください。"


def _after_batch(session: Session, number: int) -> str:
    return "この中身は、申請と承認をし直すまで取り込みません。受信箱にあれば移してください。"


def _find_status(session: Session, name: str) -> Subject | None:
    rows = statuses_by(session.ledger.connection, session.night_on)
    row = next(rows.filter(pl.col(NamedStatus.STATUS_NO) == _number(name)).iter_rows(named=True), None)
    if row is None:
        return None
    what = f"{HoldKind(row['kind']).label}、{status_words(row, session.register)}、{row['from_on']}から"
    place = f"{row['file_name']} {row['record_no']}件目"
    return Subject(RetractionKind.STATUS, row["status_no"], f"状況{row['status_no']}（{what}、{place}）")


def _after_status(session: Session, number: int) -> str:
    return (
        "同じ記録の前の行があれば、それがまた効きます。同じ行が届き直しても戻りません。"
        "基幹システムの記録が違うなら、そちらも直してください。"
    )


def _no_obstacle(session: Session, number: int, retracted: frozenset[int]) -> str:
    return ""


_RECORDS = {
    RetractionKind.UPLOADED: _Record(_find_upload, _no_obstacle, _after_upload),
    RetractionKind.RELEASED: _Record(_find_release, _no_obstacle, _after_release),
    RetractionKind.DIFFERENCE: _Record(_find_difference, _no_obstacle, _after_difference),
    RetractionKind.EXPORT: _Record(_find_export, _find_export_obstacle, _after_export),
    RetractionKind.TAKEN: _Record(_find_taken, _no_obstacle, _after_taken),
    RetractionKind.REMINDED: _Record(_find_sent, _no_obstacle, _after_sent, _undo_fees, fees_left_words),
    RetractionKind.HELD: _Record(_find_hold, _no_obstacle, _after_hold, charge_unpulled),
    RetractionKind.NOTICES: _Record(_find_notices, find_import_obstacle, import_consequence, retract_import),
    RetractionKind.BATCH: _Record(_find_batch, _find_batch_obstacle, _after_batch),
    RetractionKind.STATUS: _Record(_find_status, _no_obstacle, _after_status),
}
"""取り消せる記録, by kind."""
