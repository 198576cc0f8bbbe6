"""Pages of exceptions (要確認のページ): the list, one exception with its evidence, and what a decision would move."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from flask import current_app, g, render_template, request, url_for

from elqr.approvals.evidence import evidence_of
from elqr.approvals.exception_list import ORDERS, PAGE_ROWS, Looked, list_exceptions
from elqr.approvals.targets import Target
from elqr.desk.filters import Unreadable, address_of, looked_for, order_of, page_of
from elqr.desk.gate import own_path
from elqr.desk.place import Place, instant
from elqr.desk.rights import may_open, scope_of
from elqr.desk.sign_in import note
from elqr.vocabulary.claim_terms import Item
from elqr.vocabulary.ruling_terms import NEEDS_TARGET, WRITTEN_RULINGS, Ruling
from elqr.vocabulary.staff import Deed
from elqr.vocabulary.terms import PLACE_OF, Channel, Outcome
from elqr.vocabulary.terms import Place as Ends

REASONS = (
    "本人に電話で確かめた",
    "銀行・コンビニに照会中",
    "納付書の番号の読み違い",
    "同じ人の別の期の納付",
    "二重に納めた（本人が還付を希望）",
    "他市の納付番号",
    "残りは督促で納めてもらう",
)
"""決裁の理由の定型文: offered where a reason is typed; anything else may be written."""

KEYS = {
    Ruling.APPLY: "a",
    Ruling.REFUND: "r",
    Ruling.APPROPRIATE: "u",
    Ruling.HOLD: "h",
    Ruling.SEND_BACK: "b",
    Ruling.NOT_OURS: "n",
    Ruling.REPLACE: "c",
    Ruling.TAKE_BACK: "t",
    Ruling.NOTED: "o",
}
"""決裁のキー: a letter for each."""

_NOT_THERE = "この受付番号は要確認にありません。決裁が済んでいるか、番号が違うか、ほかの課の収納です。"

_OUTCOMES = tuple(outcome for outcome in Outcome if PLACE_OF[outcome] is Ends.EXCEPTION or outcome is Outcome.PENDING)


def exceptions(place: Place) -> Any:
    """要確認の一覧, as the address asks."""
    register, scope = place.setup.register, scope_of(g.visitor.account, place.setup.register)
    procedures = [each for each in register.procedure if scope is None or each.code in scope]
    values: dict[str, Any] = {
        "asked": request.args,
        "procedures": procedures,
        "departments": sorted({each.department for each in procedures}),
        "outcomes": _OUTCOMES,
        "channels": list(Channel),
        "orders": ORDERS,
        "order": (order := order_of(request.args.get("order", ""))),
        "rulings": [ruling for ruling in WRITTEN_RULINGS if ruling not in NEEDS_TARGET],
        "reasons": REASONS,
        "can_request": may_open(g.visitor.account, "decide"),
        "here": request.full_path.rstrip("?"),
    }
    try:
        looked = looked_for(request.args)
    except Unreadable as error:
        return render_template("exceptions.html", **values, page=None, fault=str(error)), 400
    with place.look() as session:
        page = list_exceptions(session, looked, scope, order, page_of(request.args.get("page", "")))
        values |= {"night_on": session.night_on, "shown_at": instant(place.ask_time())}
    if page.rows:
        note(
            place,
            g.visitor.actor,
            Deed.LISTED,
            f"要確認 {_words(looked) or 'すべて'}　{page.number}ページ　該当 {page.count}件",
        )
    kept = address_of(looked) | {"order": order}
    links = {
        words: f"{url_for('exceptions')}?{urlencode(kept | {'page': str(number)})}"
        for words, number in (("前の", page.number - 1), ("次の", page.number + 1))
        if 1 <= number <= page.pages
    }
    return render_template("exceptions.html", **values, page=page, links=links, most=PAGE_ROWS, kept=kept, fault="")


def exception(place: Place, number: int) -> Any:
    """要確認の一件, with its evidence and the form of a decision."""
    return exception_page(place, number)


def exception_page(place: Place, number: int, fault: str = "", found: Sequence[Target] = ()) -> Any:
    """一件のページ, with what was typed. `found` are the notices of a number that names several."""
    scope = scope_of(g.visitor.account, place.setup.register)
    with place.look() as session:
        evidence = evidence_of(session, number, scope, reads_large=request.args.get("original") == "1")
        night_on = session.night_on
    if evidence is None:
        return render_template("message.html", heading="要確認にありません", text=_NOT_THERE), 404
    note(place, g.visitor.actor, Deed.SAW_EXCEPTION, f"受付{number}")
    return render_template(
        "exception.html",
        number=number,
        evidence=evidence,
        night_on=night_on,
        names=place.setup.register.name_of,
        items=list(Item),
        rulings=WRITTEN_RULINGS,
        needs_target=NEEDS_TARGET,
        keys_of=KEYS,
        reasons=REASONS,
        typed=request.form,
        fault=fault,
        found=found,
        can_request=may_open(g.visitor.account, "decide"),
        back=own_path(current_app.url_map, request.values.get("back", "")),
        shown_at=instant(place.ask_time()),
    ), 400 if fault else 200


def _words(looked: Looked) -> str:
    """探した条件, for 操作記録."""
    return "・".join(f"{name}={value[:40]}" for name, value in address_of(looked).items())


PAGES = (
    ("/exceptions", ("GET",), exceptions),
    ("/exceptions/<int:number>", ("GET",), exception),
)
