"""Batches that were typed by hand (手で打った束): one person types slips and states their sums, another confirms.

The sums come from the paper, not from the file, so a slip that was left out, typed twice or with a wrong amount is
found before it counts. The confirmation is for these bytes: a file that was changed since needs its own. Refused: sums
that are not the file's, a number that stands twice in the file or in an earlier batch without being said, and content
that was requested or taken in before.
"""

from dataclasses import dataclass
from typing import Any

from elqr.approvals.four_eyes import ask, end_request, find_waiting, refuse_same_person
from elqr.disk.archive import read_kept
from elqr.disk.content import sha256_of
from elqr.disk.inbox import Arrived
from elqr.formats.intake.delivered_file import Intake, judge_file
from elqr.formats.spec import Spec
from elqr.session.session import Session
from elqr.store.queries import typed_batches as queries
from elqr.store.queries.matching import file_of
from elqr.store.queries.requests import BATCH
from elqr.vocabulary.errors import BadFile, NotFound, Refused
from elqr.vocabulary.frames import Payment
from elqr.vocabulary.ruling_terms import RulingResult
from elqr.vocabulary.signature import Signature

_NAMED_AT_MOST = 5


@dataclass(frozen=True, slots=True)
class Stated:
    """言われた計: how many slips and yen the typist counted, and how many of their numbers an earlier batch has."""

    payments: int
    yen: int
    known: int = 0

    @property
    def words(self) -> str:
        """計の言葉 as staff read it."""
        return f"{self.payments:,}件 {self.yen:,}円"


def request_batch(session: Session, name: str, data: bytes, stated: Stated, signature: Signature) -> int:
    """束の確認を申請する: the file's content, and what its typist says of it. Returns the request's number.

    Raises BadFile, Refused.
    """
    sha256 = sha256_of(data)
    intake = _read(session, name, data)
    assert intake.payments is not None, "a file without findings holds payments"
    sums = Stated(intake.payments.height, int(intake.payments[Payment.PAID_YEN].sum()))
    if (sums.payments, sums.yen) != (stated.payments, stated.yen):
        raise Refused(
            f"{name} は {sums.words} で、言われた計（{stated.words}）と合いません。"
            "紙を数え直し、ファイルが違えば直して保存し、申請し直してください。"
        )
    with session.ledger.transaction() as connection:
        _refuse_known_content(session, sha256, name)
        identities = intake.payments[Payment.IDENTITY]
        if twice := identities.filter(identities.is_duplicated()).unique(maintain_order=True).to_list():
            raise Refused(f"{name} に同じ整理番号が二度あります（{_numbers(twice)}）。一枚に一つの番号にしてください。")
        known = queries.known_identities(connection, identities)
        if len(known) != stated.known:
            raise Refused(
                f"{name} の {len(known):,}件の整理番号が、前に取り込んだ束にあります（{_numbers(known) or 'なし'}）。"
                f"言われた件数は {stated.known:,}件です。別の済通なら番号を付け直し、"
                "前の行の訂正なら、その件数を --known で言ってください。"
            )
        session.keep(Arrived(name, data, sha256))
        row = {"sha256": sha256, "name": name, "spec": intake.spec_name}
        return ask(
            session, BATCH, {**row, "payments": sums.payments, "yen": sums.yen, "known": stated.known}, signature
        )


def _read(session: Session, name: str, data: bytes) -> Intake:
    """手で打ったファイルを読む, in the formats of the inboxes that two people confirm. Raises BadFile, Refused."""
    names = dict.fromkeys(name for box in session.job.inbox for name in box.specs)
    specs = [session.specs[name] for name in names if session.specs[name].two_people]
    if not specs:
        raise Refused(
            "ジョブの受信箱に、手で打つ様式がありません。[[inbox]] の specs に payment_by_hand_csv を足してください。"
        )
    intake = judge_file(data, name, specs, session.night_on)
    if intake.findings:
        others = f"ほか {len(intake.findings) - 1:,}件の指摘は elqr file check で見られます。"
        raise BadFile(f"{intake.findings[0]}{others if len(intake.findings) > 1 else ''}")
    if intake.payments is None or intake.payments.is_empty():
        raise BadFile(f"{name} に済通の行がありません。打ってから申請してください。")
    return intake


def _refuse_known_content(session: Session, sha256: str, name: str) -> None:
    if file_of(session.ledger.connection, sha256) is not None:
        raise Refused(f"{name} と同じ中身は、もう取り込んでいます。")
    for row in queries.open_batches(session.ledger.connection, session.night_on):
        if row["sha256"] == sha256:
            state = "承認済です。受信箱に置けば次の夜に取り込みます。" if row["is_approved"] else "承認を待っています。"
            raise Refused(f"{name} と同じ中身の申請 {row['batch_no']} があり、{state}")


def _numbers(identities: list[str]) -> str:
    """整理番号 of identities, the first few."""
    numbers = [identity.partition("|")[2] for identity in identities[:_NAMED_AT_MOST]]
    return "、".join(numbers) + (f" ほか{len(identities) - len(numbers):,}件" if len(identities) > len(numbers) else "")


def approve_batch(session: Session, batch_no: int, signature: Signature) -> dict[str, Any]:
    """束の確認を承認する: by another person. Returns the request's row. Raises NotFound, Refused."""
    with session.ledger.transaction():
        request = find_waiting(session, BATCH, batch_no)
        refuse_same_person(session, request, signature.by)
        end_request(session, request, RulingResult.APPROVED, signature)
    return dict(request.row)


def refuse_batch(session: Session, batch_no: int, signature: Signature) -> dict[str, Any]:
    """束の確認の申請を却下する, or withdraw one's own. Returns the request's row. Raises NotFound, Refused."""
    with session.ledger.transaction():
        request = find_waiting(session, BATCH, batch_no)
        end_request(session, request, RulingResult.REFUSED, signature)
    return dict(request.row)


def read_batch(session: Session, batch_no: int) -> tuple[dict[str, Any], bytes, Spec]:
    """束の中身: the request's row, the bytes that it is about, and their format. Raises NotFound, BadFile."""
    with session.ledger.transaction() as connection:
        row = queries.batch_numbered(connection, batch_no)
    if row is None:
        raise NotFound(f"束の申請 {batch_no} はありません。elqr batch list --all で番号を確かめてください。")
    data = read_kept(session.job.store.archive, row["sha256"])
    if sha256_of(data) != row["sha256"]:
        raise BadFile(f"保管庫の {row['sha256']} が申請のときと違います。elqr verify で調べてください。")
    return row, data, session.specs[row["spec"]]


def list_batches(session: Session, *, ended: bool) -> list[dict[str, Any]]:
    """束の一覧: those that are not taken in yet, or all; keys as in elqr/store/queries/typed_batches.py."""
    with session.ledger.transaction() as connection:
        return queries.all_batches(connection) if ended else queries.open_batches(connection, session.night_on)
