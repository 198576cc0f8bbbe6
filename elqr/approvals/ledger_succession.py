"""Going on with another ledger (台帳の引継ぎ): one person requests it, another approves it with their own login.

No ledger can hold the request: the ledger is missing, or not to be trusted yet. So the request is a file in the job's
output folder. It names the requester with account and machine, and the state of the ledger and its traces by a hash.

An approval is refused by the requester, for a file that another account wrote than it names, and when that state has
changed. Whoever can write to the folder can withdraw a request by deleting it, and no more.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from pydantic import ValidationError

from elqr.approvals.four_eyes import refuse_same_person_among
from elqr.disk.atomic_write import write_whole
from elqr.disk.config_files import plain_bytes
from elqr.disk.own_json import own_json_bytes
from elqr.session.ledger_belonging import disagreement, traces_with_keys
from elqr.session.ledger_traces import Traces
from elqr.session.session import Session
from elqr.store.entries.acts import Act, enter_act
from elqr.store.entries.links import LedgerStart
from elqr.store.queries import ledger_identity as identity
from elqr.vocabulary.errors import BadFile, NotFound, Refused
from elqr.vocabulary.limits import BY_ELQR
from elqr.vocabulary.number_series import LABELS, HandedOut
from elqr.vocabulary.ruling_terms import RulingResult
from elqr.vocabulary.signature import Signature
from elqr.vocabulary.strict import Strict

_ASKED_FOR = tuple(name for name in LABELS if name != "run_no")
"""The series that people must give when no trace tells them. Runs are left out: the names of folders tell them."""


class Request(Strict):
    """続ける申請 as its file says it.

    `last` are the numbers that people gave, `numbers` those after which the ledger goes on, both by series.
    `situation` is the hash of the state at the request.
    """

    is_new: bool
    asked_by: str
    asked_at: str
    reason: str
    operator: dict[str, str]
    last: dict[str, int]
    numbers: dict[str, int]
    situation: str


@dataclass(frozen=True, slots=True)
class _State:
    """今の様子: the traces, the furthest numbers known, and the hash of these and of the ledger."""

    traces: Traces
    numbers: HandedOut
    situation: str


def request_path(session: Session) -> Path:
    """申請のファイル: where a request waits, in the output folder."""
    return session.job.out / "ledger_request.json"


def waiting_request(session: Session) -> Request | None:
    """承認を待つ申請; None when there is none. Raises BadFile."""
    path = request_path(session)
    try:
        return Request.model_validate_json(plain_bytes(path, BY_ELQR))
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValidationError) as error:
        raise BadFile(
            f"申請のファイル {path} を読めません。誰が書いたか確かめ、移してから申請し直してください。"
        ) from error


def request_going_on(session: Session, last: Mapping[str, int], signature: Signature, *, is_new: bool) -> HandedOut:
    """この台帳で続けることを申請する. Returns the numbers after which it will go on. Raises Refused, CannotWrite.

    With `is_new` a new ledger is started. `last` are the last numbers that people know of, by series (see
    elqr/vocabulary/number_series.py). Where no trace tells how far the ledger had come, `last` must have every series.
    """
    if waiting_request(session) is not None:
        raise Refused(
            "承認を待つ申請があります。elqr ledger show で見て、elqr ledger approve か reject で終えてください。"
        )
    state = _current_state(session, last, is_new=is_new)
    request = Request(
        is_new=is_new,
        asked_by=signature.by,
        asked_at=signature.at,
        reason=signature.reason,
        operator=session.who.operator.as_dict(),
        last=dict(last),
        numbers=state.numbers.as_dict(),
        situation=state.situation,
    )
    write_whole(request_path(session), own_json_bytes(request.model_dump()))
    return state.numbers


def check_going_on(session: Session, by: str) -> Request:
    """承認してよい申請: another person and account approves, and nothing has changed. Raises NotFound, Refused."""
    request = _find_waiting(session)
    refuse_same_person_among(session, [request.asked_by], [request.operator], by)
    owner = _owner(request_path(session))
    if owner not in ("", request.operator.get("os_user", "")):
        raise Refused(
            f"申請のファイルを書いたOSの利用者（{owner}）が、申請した利用者（{request.operator.get('os_user')}）と違います。"
            "誰が書いたか調べ、elqr ledger reject で申請を終えてください。"
        )
    if _current_state(session, request.last, is_new=request.is_new).situation != request.situation:
        raise Refused(
            "申請のあとで、台帳か保管庫・フォルダが変わりました。"
            "elqr ledger reject で申請を終え、今の様子を確かめて申請し直してください。"
        )
    return request


def approve_going_on(session: Session, signature: Signature) -> HandedOut:
    """この台帳で続けることを承認する. Returns the numbers after which the ledger goes on.

    Raises NotFound, Refused, BadFile.
    """
    request = check_going_on(session, signature.by)
    numbers = HandedOut.of(request.numbers)
    with session.ledger.transaction() as connection:
        signed = {"started_at": signature.at, "started_by": request.asked_by, "approved_by": signature.by}
        row = identity.enter_start(connection, numbers, {**signed, "reason": request.reason})
        traces = traces_with_keys(session.job)
        before = traces.mark.ledger if traces.mark else traces.ledger_of_runs
        act = Act("ledger_start", int(str(row["start_no"])), RulingResult.APPROVED.value, signature.by, {})
        link = LedgerStart(ledger_start=row, ledger_before=before, ledger_request=request.model_dump())
        enter_act(connection, session.night_on, act, link)
    with suppress(OSError):  # a file that stays can never be approved: the ledger has changed
        request_path(session).unlink(missing_ok=True)
    return numbers


def refuse_going_on(session: Session, signature: Signature) -> Path:
    """申請を却下するか取り下げる. Returns the file where it is kept with who rejected it and why.

    Raises NotFound, CannotWrite.
    """
    request, path = _find_waiting(session), request_path(session)
    number = 1
    while (aside := path.with_name(f"ledger_request_rejected_{number}.json")).exists():
        number += 1
    write_whole(aside, own_json_bytes({**request.model_dump(), "rejected": asdict(signature)}))
    path.unlink(missing_ok=True)
    return aside


def last_numbers(labelled: Iterable[tuple[str, int]]) -> dict[str, int]:
    """最後の番号 by series, from pairs of a label of `LABELS` and a number. Raises BadFile."""
    names = {LABELS[name]: name for name in _ASKED_FOR}
    numbers = dict(labelled)
    if wrong := sorted(set(numbers) - set(names)):
        raise BadFile(
            f"--last の {'、'.join(wrong)} は番号の種類ではありません。{'、'.join(names)}から選んでください。"
        )
    return {names[label]: number for label, number in numbers.items()}


def _find_waiting(session: Session) -> Request:
    """承認を待つ申請を探す. Raises NotFound, BadFile."""
    request = waiting_request(session)
    if request is None:
        raise NotFound("承認を待つ申請はありません。elqr ledger accept か elqr ledger new で申請してください。")
    return request


def _current_state(session: Session, last: Mapping[str, int], *, is_new: bool) -> _State:
    """今の様子. Raises Refused where there is nothing to request."""
    traces, ledger = traces_with_keys(session.job), session.ledger
    with ledger.transaction() as connection:
        known, starts = identity.handed_out(connection), identity.starts(connection)
        wrong = "" if is_new else disagreement(ledger, traces)
        ledger_id = "" if is_new else identity.ledger_id(connection)
        _, run_hash = identity.last_run(connection)
    if is_new and (known != HandedOut() or starts[1:]):
        raise Refused("使い始めた台帳があります。新しく始めるときは、[store] に空の場所を書いてください。")
    if not is_new and ledger.is_new:
        raise Refused("台帳がありません。控えから戻すか、elqr ledger new で新しい台帳を始めてください。")
    if not is_new and not wrong:
        raise Refused("台帳と保管庫・フォルダは合っています。することはありません。")
    if is_new and not traces.tells_all:
        _refuse_missing(last)
    numbers = traces.numbers.furthest(known).furthest(HandedOut.of(last))
    facts = {"is_new": is_new, "ledger": ledger_id, "run_hash": run_hash, "wrong": wrong, "numbers": numbers.as_dict()}
    text = json.dumps({**facts, "traces": asdict(traces)}, ensure_ascii=False, sort_keys=True)
    return _State(traces, numbers, hashlib.sha256(text.encode()).hexdigest())


def _refuse_missing(last: Mapping[str, int]) -> None:
    """最後の番号のない申請を断る, where no trace tells them. 0 counts as an answer. Raises Refused."""
    if missing := [LABELS[name] for name in _ASKED_FOR if name not in last]:
        raise Refused(
            f"前の台帳がどこまで番号を渡したか、残っているものからはわかりません（{'、'.join(missing)}）。"
            f"最後の番号を --last {missing[0]}=番号 のように書いてください。納付書、共通納税IFS、基幹システムで確かめ、"
            "わからなければ確かに超えている番号を、一つも渡していなければ 0 を書きます。"
        )


def _owner(path: Path) -> str:
    """ファイルを書いた利用者: the owner of a file; empty where the system does not tell."""
    try:
        return path.owner()
    except (OSError, KeyError, NotImplementedError):
        return ""
