"""Questions to a new city (団体に聞くこと): what only its people know, and how their answers are read.

The same words are read from options and on a terminal. An answer that cannot be used is refused with what is wanted.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, TypeVar

import click

from elqr.cli.terminal import say
from elqr.vocabulary.near_names import near_names

if TYPE_CHECKING:
    from elqr.formats.spec import Spec
    from elqr.rules.known_funds import KnownFund
    from elqr.rules.register import KpiTarget, Procedure
    from elqr.vocabulary.strict import Strict

_Answer = TypeVar("_Answer")
_Model = TypeVar("_Model", bound="Strict")
NO_DEPARTMENT = "未定"
FIRST_SPEC = "eltax_payment_csv"
"""The format of payments by eL-QR."""

_YEARS_ASKED = 10


def name_of(text: str) -> str:
    """名前: printable, on one line."""
    name = " ".join(text.split())
    if not name or not name.isprintable():
        raise click.BadParameter("名前が空か、表示できない文字があります。")
    return name


def _digits(title: str, count: int) -> Callable[[str], str]:
    """コードの読み方: so many digits, which people may write in full width."""

    def parse(text: str) -> str:
        from elqr.arithmetic.plain_number import plain_number

        code = plain_number(text.strip())
        if not re.fullmatch(rf"[0-9]{{{count}}}", code):
            raise click.BadParameter(f"{title} {text} は {count}桁の数字ではありません。")
        return code

    return parse


def _city_code_of(text: str) -> str:
    """団体コード, whose last digit is computed from the others."""
    from elqr.arithmetic.checkdigit import city_code_check_digit

    code = _digits("団体コード", 6)(text)
    if code[-1] != (right := city_code_check_digit(code[:-1])):
        raise click.BadParameter(
            f"団体コード {code} の検査数字（終わりの1桁）が合いません。{code[:-1]} なら {right} です。"
            "写し間違いがないか確かめてください。"
        )
    return code


@dataclass(frozen=True, slots=True)
class Question:
    """聞くこと of the city itself. It has no default: nobody else can know the answer."""

    name: str
    title: str
    meaning: str
    parse: Callable[[str], str]

    @property
    def option(self) -> str:
        """The option that answers it."""
        return f"--{self.name.replace('_', '-')}"


_OFFICE, _TAX_OFFICE = "共通納税機関コード", "税務事務所コード"
QUESTIONS = (
    Question("city", "団体名", "帳票と納付書に出ます", name_of),
    Question("city_code", "団体コード", "全国地方公共団体コードの6桁。終わりの1桁は検査数字", _city_code_of),
    Question("office_code", _OFFICE, "5桁。eL-QR に入ります。eLTAX の担当に確かめます", _digits(_OFFICE, 5)),
    Question(
        "tax_office_code", _TAX_OFFICE, "3桁。eL-QR に入ります。eLTAX の担当に確かめます", _digits(_TAX_OFFICE, 3)
    ),
)


def _read(model: type[_Model], values: dict[str, Any], what: str) -> _Model:
    """書かれた値を読む as the register will. Raises BadParameter."""
    from pydantic import ValidationError

    from elqr.vocabulary.errors import explain

    try:
        return model.model_validate(values)
    except ValidationError as error:
        raise click.BadParameter(f"{what} に誤りがあります: {explain(error, model)}。") from error


def _procedure(fund: KnownFund, item_no: str, department: str = "", go_live_on: str = "") -> Procedure:
    from elqr.rules.register import Procedure

    values = {
        "code": fund.code,
        "name": fund.name,
        "kind": fund.kind,
        "department": name_of(department.strip() or NO_DEPARTMENT),
        "priority": fund.priority,
        "item_no": _item_no_of(fund)(item_no),
        "go_live_on": go_live_on.strip() or None,
        "accounting": fund.accounting,
    }
    return _read(Procedure, values, fund.name)


def _item_no_of(fund: KnownFund) -> Callable[[str], str]:
    return _digits(f"{fund.name}の税目・料金番号", 3)


def procedure_of(text: str) -> Procedure:
    """手続 as an option says it: CODE=税目・料金番号[,所管課[,運用開始日]]. Raises BadParameter."""
    from elqr.rules.known_funds import KNOWN_FUNDS

    funds = {fund.code: fund for fund in KNOWN_FUNDS}
    code, _, rest = text.partition("=")
    if code not in funds:
        known = "、".join(f"{fund.code}（{fund.name}）" for fund in KNOWN_FUNDS)
        raise click.BadParameter(
            f"手続 {code} は選べません。{near_names(code, funds)}選べるのは {known} です。"
            "ほかの手続は、作った手続台帳に書き足します。"
        )
    item_no, *more = rest.split(",")
    if not item_no.strip() or len(more) > 2:
        raise click.BadParameter(
            f"{text} は 手続=税目・料金番号 の形ではありません（例: {code}=123,所管課の名前,2026-10-01）。"
        )
    return _procedure(funds[code], item_no, *more)


def target_of(text: str) -> KpiTarget:
    """目標 as an option says it: YEAR=COUNT. Raises BadParameter."""
    from elqr.rules.register import KpiTarget

    if not (match := re.fullmatch(r"([0-9]{4})=([0-9]{1,4})", text.strip())):
        raise click.BadParameter(f"目標 {text} は 年度=手続数 の形ではありません（例: 2026=7）。")
    return _read(KpiTarget, {"year": int(match[1]), "procedures": int(match[2])}, f"目標 {text}")


def specs_of(words: list[str], choices: list[Spec]) -> tuple[Spec, ...]:
    """収納データの様式: by name or by number in the list of choices, each once. Raises BadParameter."""
    by_name = {spec.name: spec for spec in choices}
    numbered = {str(number): spec for number, spec in enumerate(choices, start=1)}
    chosen: dict[str, Spec] = {}
    for word in words:
        spec = by_name.get(word) or numbered.get(word)
        if spec is None:
            near, known = near_names(word, by_name), "、".join(by_name)
            raise click.BadParameter(f"収納データの様式 {word} はありません。{near}選べるのは {known} です。")
        chosen[spec.name] = spec
    return tuple(chosen.values())


def ask(text: str, parse: Callable[[str], _Answer], default: str | None = None) -> _Answer:
    """聞く until the answer can be used; `default` is what Enter alone answers."""
    while True:
        try:
            return parse(click.prompt(text, default=default, show_default=bool(default)))
        except click.BadParameter as error:
            say(error.message)


def ask_city(question: Question) -> str:
    """団体のことを聞く."""
    return ask(f"{question.title}（{question.meaning}）", question.parse)


def _optional(parse: Callable[[str], _Answer]) -> Callable[[str], _Answer | None]:
    return lambda text: parse(text) if text.strip() else None


def ask_procedures() -> list[Procedure]:
    """手続を聞く: each known fund whose number the city has. There must be one."""
    from elqr.rules.known_funds import KNOWN_FUNDS

    click.echo("手続：eL-QR を付ける手続の税目・料金番号（納付区分、3桁）。載せない手続は、空のまま Enter を押します。")
    while True:
        asked = [procedure for fund in KNOWN_FUNDS if (procedure := _ask_procedure(fund))]
        if asked:
            return asked
        say("手続が一つもないと、納付書を取り込めません。一つは番号を書いてください（やめるときは Ctrl+C）。")


def _ask_procedure(fund: KnownFund) -> Procedure | None:
    number = ask(f"　{fund.name}（{fund.code}・{fund.priority}）の税目・料金番号", _optional(_item_no_of(fund)), "")
    if number is None:
        return None
    department = ask("　　所管課", name_of, NO_DEPARTMENT)
    day = "　　eL-QR の運用開始日（YYYY-MM-DD。決まっていなければ空）"
    return ask(day, lambda text: _procedure(fund, number, department, text), "")


def ask_targets(today: date) -> list[KpiTarget]:
    """目標を聞く: from this fiscal year on, until there is none."""
    from elqr.arithmetic.fiscal_year import fiscal_year
    from elqr.arithmetic.wareki import wareki_fiscal_year

    targets: list[KpiTarget] = []
    for year in range(fiscal_year(today), fiscal_year(today) + _YEARS_ASKED):
        target = ask(
            f"　{wareki_fiscal_year(year)}の目標（累積の手続数。空なら終わり）", _optional(_target_in(year)), ""
        )
        if target is None:
            break
        targets.append(target)
    return targets


def _target_in(year: int) -> Callable[[str], KpiTarget]:
    return lambda text: target_of(f"{year}={text.strip()}")


def ask_specs(choices: list[Spec]) -> tuple[Spec, ...]:
    """収納データの様式を聞く."""
    click.echo("収納データ：届くファイルの様式（後で足せます）。")
    for number, spec in enumerate(choices, start=1):
        click.echo(f"　{number:>2} {spec.name}　{spec.title}・{spec.verified.words}")
    return ask(
        "届く様式の番号か名前（空白で区切る）", lambda text: specs_of(text.split() or [FIRST_SPEC], choices), FIRST_SPEC
    )
