"""Deciding (決裁のページ): what a decision would move, and its request. Nothing that was typed is lost."""

from collections.abc import Sequence
from typing import Any

from flask import current_app, flash, g, redirect, render_template, request

from elqr.approvals.decision import Decision, Foreseen, compared_on, foresee, request_decision
from elqr.approvals.exception_list import PAGE_ROWS
from elqr.approvals.review import Requested
from elqr.approvals.targets import Target, find_targets
from elqr.arithmetic.plain_number import plain_number
from elqr.desk.exceptions import REASONS, exception_page
from elqr.desk.filters import LONGEST_REASON, Unreadable, numbers_of, one_number, typed
from elqr.desk.gate import own_path
from elqr.desk.place import Place, instant
from elqr.desk.rights import scope_of
from elqr.desk.sign_in import note
from elqr.vocabulary.errors import Locked, Refused
from elqr.vocabulary.ruling_terms import NEEDS_TARGET, WRITTEN_RULINGS, Ruling
from elqr.vocabulary.signature import Signature
from elqr.vocabulary.staff import Deed

_LONGEST_SUBJECT = 300
_NIGHT = (
    "夜間処理（またはほかの作業）が台帳を使っているので、まだ申請していません。入れたものは残っています。"
    "終わってから、もう一度「申請する」を押してください。"
)
_STALE = (
    "画面を開いた後に台帳が変わったので、申請していません。下が今の姿です。確かめて、よければもう一度申請してください。"
)


class _Unclear(Unreadable):
    """決まらない: what was sent does not say one decision. `found` are the notices that it may mean."""

    def __init__(self, text: str, found: Sequence[Target] = ()) -> None:
        super().__init__(text)
        self.found = found


def preview(place: Place) -> Any:
    """下見: what a decision would move. Nothing is entered."""
    payment_nos: list[int] = []
    try:
        payment_nos = _payments()
        decision = _decision(place, payment_nos)
    except Unreadable as error:
        if len(payment_nos) == 1:
            return exception_page(place, payment_nos[0], str(error), getattr(error, "found", ()))
        return render_template("message.html", heading="決裁を申請できません", text=str(error)), 400
    return _page(place, decision)


def _payments() -> list[int]:
    """選んだ要確認. Raises Unreadable where there are none."""
    numbers = numbers_of(request.form.getlist("payment"), PAGE_ROWS)
    if not numbers:
        raise Unreadable("何も選ばれていません。一覧で行を選んでから、もう一度操作してください。")
    return numbers


def _decision(place: Place, payment_nos: list[int]) -> Decision:
    """決めること, as the form has it: a candidate's button, or a ruling and a number. Raises Unreadable."""
    choice, _, chosen = request.form.get("choice", "").partition(":")
    ruling = _ruling(choice or request.form.get("ruling", ""))
    notice_no, text = one_number(chosen), typed("target")
    if len(payment_nos) > 1 and ruling in NEEDS_TARGET:
        raise _Unclear("対象の納付書が要る決裁は、一件ずつ決めてください。")
    if ruling in NEEDS_TARGET and notice_no is None and text:
        notice_no = _find(place, text, plain_number(typed("part")))
    return Decision(tuple(payment_nos), ruling, notice_no, typed("reason"))


def _find(place: Place, text: str, part: str) -> int:
    """打った番号の納付書. Raises Unreadable for none and for several."""
    if part and not (part.isascii() and part.isdecimal() and len(part) <= 2):
        raise _Unclear("期別は 0（全期）～99 の数で入れてください。")
    scope = scope_of(g.visitor.account, place.setup.register)
    with place.look() as session:
        targets = find_targets(session, text, int(part) if part else None, scope)
    if not targets:
        raise _Unclear(f"番号 {text} の納付書は見つかりません。打ち間違いがないか確かめてください。")
    if len(targets) > 1:
        raise _Unclear(f"番号 {text} の納付書は{len(targets)}枚あります。選ぶか、期別も入れてください。", targets)
    return targets[0].notice_no


def _page(place: Place, decision: Decision, told: str = "", status: int = 200, foreseen: Foreseen | None = None) -> Any:
    """下見のページ: what would move, and the form that requests it. `told` is why one sees it again."""
    account = g.visitor.account
    with place.look() as session:
        scope = scope_of(account, place.setup.register)
        seen = foreseen or foresee(session, decision, account.name, scope)
        compared = compared_on(session, seen)
    note(place, g.visitor.actor, Deed.PREVIEWED, _subject(decision))
    page = render_template(
        "preview.html",
        seen=seen,
        decision=decision,
        compared=compared,
        names=place.setup.register.name_of,
        was=_sums(seen),
        was_before=request.form.get("was", "")[:LONGEST_REASON] if told else "",
        reasons=REASONS,
        told=told,
        back=_back(),
        longest=LONGEST_REASON,
    )
    return page, status


def _sums(seen: Foreseen) -> str:
    """見た画面, in a line that the next page can show beside its own."""
    before, after = sum(row.before_yen for row in seen.good), sum(row.after_yen for row in seen.good)
    left = f"　対象の未収 {seen.target.left_yen:,}円" if seen.target else ""
    return f"申請できる行 {len(seen.good):,}件　仮受 {before:,}円 → {after:,}円{left}"


def decide(place: Place) -> Any:
    """申請する: what was previewed, if it is still so."""
    try:
        notice_no = one_number(request.form.get("notice", ""))
        decision = Decision(tuple(_payments()), _ruling(request.form.get("ruling", "")), notice_no, typed("reason"))
    except Unreadable as error:
        return render_template("message.html", heading="決裁を申請できません", text=str(error)), 400
    if not decision.reason:
        return _page(place, decision, "理由を書いてください。監査に答えるために残します。", 400)
    try:
        done = _request(place, decision)
    except Locked:
        _note_failure(place, decision, "夜間処理中")
        return _page(place, decision, _NIGHT, 503)
    except Refused as error:
        _note_failure(place, decision, "断った")
        return _page(place, decision, f"申請していません。{error}", 409)
    if isinstance(done, Foreseen):
        _note_failure(place, decision, "画面が古い")
        return _page(place, decision, _STALE, 409, done)
    if done.count:
        note(place, g.visitor.actor, Deed.REQUESTED, f"申請{done.review_no}　{_subject(decision)}")
        what = f"{decision.ruling.label}　{done.count:,}件　{done.yen:,}円"
        flash(f"申請{done.review_no}を出しました（{what}）。ほかの人が承認すると、台帳に反映します。")
    else:
        flash(f"同じ内容は、申請{done.review_no}で申請済みです。二重には申請していません。")
    return redirect(_back(), 303)


def _request(place: Place, decision: Decision) -> Requested | Foreseen:
    account = g.visitor.account
    signature = Signature(account.name, instant(place.ask_time()), decision.reason)
    scope = scope_of(account, place.setup.register)
    with place.write(account.login, g.address) as session:
        return request_decision(session, decision, signature, request.form.get("seen", ""), scope)


def _note_failure(place: Place, decision: Decision, why: str) -> None:
    note(place, g.visitor.actor, Deed.NOT_DONE, f"{_subject(decision)}　{why}")


def _subject(decision: Decision) -> str:
    """操作記録の対象."""
    numbers = "・".join(str(number) for number in decision.payment_nos)
    return f"{decision.ruling.label}　受付{numbers}"[:_LONGEST_SUBJECT]


def _back() -> str:
    return own_path(current_app.url_map, request.form.get("back", ""))


def _ruling(text: str) -> Ruling:
    """決裁 of a form. Raises Unreadable."""
    ruling = next((each for each in WRITTEN_RULINGS if each.value == text), None)
    if ruling is None:
        raise _Unclear("決裁を選んでください。")
    return ruling


PAGES = (
    ("/exceptions/preview", ("POST",), preview),
    ("/exceptions/decide", ("POST",), decide),
)
