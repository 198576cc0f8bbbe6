"""`elqr init`: 新しい団体の最初の日. It writes a job, a register, the key and the folders, and examines them."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from elqr.cli.doctor import say_examination
from elqr.cli.questions import (
    FIRST_SPEC,
    QUESTIONS,
    ask,
    ask_city,
    ask_procedures,
    ask_specs,
    ask_targets,
    name_of,
    procedure_of,
    specs_of,
    target_of,
)
from elqr.cli.terminal import GIVEN_PATH, Command, is_terminal, say
from elqr.rules.known_funds import KNOWN_FUNDS
from elqr.session import clock
from elqr.vocabulary.terms import ExitCode

if TYPE_CHECKING:
    from elqr.formats.spec import Spec
    from elqr.rules.register import KpiPlan, KpiTarget, Register
    from elqr.session.job import City
    from elqr.session.new_city import NewCity

_KEY_BYTES = 32


@click.command(
    "init",
    cls=Command,
    help="新しい団体のジョブ・手続台帳・鍵・受信箱を FOLDER に作り、点検します。足りないことは、端末で聞きます。",
)
@click.argument("folder", type=GIVEN_PATH)
@click.option("--city", metavar="NAME", help="団体名。")
@click.option("--city-code", metavar="6桁", help="団体コード（検査数字を確かめます）。")
@click.option("--office-code", metavar="5桁", help="共通納税機関コード。")
@click.option("--tax-office-code", metavar="3桁", help="税務事務所コード。")
@click.option(
    "--procedure",
    "procedures",
    multiple=True,
    metavar="CODE=NO",
    help=f"手続（{'・'.join(fund.code for fund in KNOWN_FUNDS)}）と税目・料金番号（いくつでも）。"
    "所管課と運用開始日も書けます（kokuho=123,保険年金課,2026-10-01）。",
)
@click.option("--kpi-plan", metavar="NAME", help="eL-QR対応の手続数の目標を定めた計画。なければ目標なし。")
@click.option("--kpi", "targets", multiple=True, metavar="YEAR=COUNT", help="年度の目標（2026=7。いくつでも）。")
@click.option(
    "--spec",
    "specs",
    multiple=True,
    metavar="NAME",
    help=f"届く収納データの様式（いくつでも）。なければ {FIRST_SPEC}。",
)
@click.option("--yes", is_flag=True, help="聞かずに、指定と初めの値で作ります。")
def init_command(
    folder: Path,
    city: str | None,
    city_code: str | None,
    office_code: str | None,
    tax_office_code: str | None,
    procedures: tuple[str, ...],
    kpi_plan: str | None,
    targets: tuple[str, ...],
    specs: tuple[str, ...],
    yes: bool,
) -> int:
    import secrets

    from elqr.session.new_city import JOB_FILE, NewCity, found_city, refuse_founded

    folder = folder.absolute()
    refuse_founded(folder)
    is_asked = is_terminal() and not yes
    codes = {"city": city, "city_code": city_code, "office_code": office_code, "tax_office_code": tax_office_code}
    try:
        new = NewCity(
            _city(codes, bool(procedures), is_asked=is_asked),
            _register(procedures, kpi_plan, targets, is_asked=is_asked),
            _specs(specs, is_asked=is_asked),
        )
    except click.Abort:
        say("中断しました。何も書いていません。")
        return ExitCode.INTERRUPTED
    for line in _assumed(new, is_chosen=is_asked or bool(specs)):
        click.echo(f"初めの値　{line}")
    found_city(folder, new, secrets.token_hex(_KEY_BYTES), clock.today())
    for line in _written(folder):
        click.echo(line)
    click.echo("■ 点検（elqr doctor と同じ）")
    code = say_examination(folder / JOB_FILE, clock.today())
    for line in _next_steps(folder):
        click.echo(line)
    return code


def _city(codes: dict[str, str | None], has_procedures: bool, *, is_asked: bool) -> City:
    """団体: from the options, and what they do not say from a person. Raises UsageError where there is none to ask."""
    from elqr.session.job import City

    lacking = [
        f"{question.option}（{question.title}。{question.meaning}）"
        for question in QUESTIONS
        if codes[question.name] is None
    ]
    if not has_procedures:
        lacking.append("--procedure（手続と税目・料金番号。例 kokuho=123）")
    if lacking and not is_asked:
        raise click.UsageError(
            f"団体しか知らないことが足りません。何も書いていません。指定してください：{'、'.join(lacking)}。"
        )
    answers = {}
    for question in QUESTIONS:
        given = codes[question.name]
        answers[question.name] = ask_city(question) if given is None else question.parse(given)
    return City(name=answers.pop("city"), **answers)


def _register(given: tuple[str, ...], plan: str | None, targets: tuple[str, ...], *, is_asked: bool) -> Register:
    """手続台帳: the procedures and the targets. Raises UsageError, BadParameter."""
    from pydantic import ValidationError

    from elqr.rules.register import Register
    from elqr.vocabulary.errors import explain

    procedures = [procedure_of(text) for text in given] or ask_procedures()
    if targets and not plan:
        raise click.UsageError("--kpi には --kpi-plan（目標を定めた計画の名前）が要ります。")
    goals = [target_of(text) for text in targets]
    if is_asked and plan is None:
        plan = ask("KPI（eL-QR対応の手続数）の目標を定めた計画の名前（なければ空）", str.strip, "")
    if plan and is_asked and not goals:
        goals = ask_targets(clock.today())
    if plan and not goals:
        say("年度の目標がないので、KPI の目標は書きません。")
    try:
        return Register(procedure=tuple(procedures), kpi=_plan(plan, goals))
    except ValidationError as error:
        raise click.UsageError(f"手続台帳にできません: {explain(error, Register)}。何も書いていません。") from error


def _plan(name: str | None, targets: list[KpiTarget]) -> KpiPlan | None:
    from elqr.rules.register import KpiPlan

    return KpiPlan(plan=name_of(name), targets=tuple(targets)) if name and targets else None


def _specs(given: tuple[str, ...], *, is_asked: bool) -> tuple[Spec, ...]:
    """収納データの様式. Slips typed by hand have an inbox of their own and are not among them."""
    from elqr.session.configuration import specs_for

    choices = [spec for spec in specs_for(None).values() if spec.purpose == "payment" and not spec.two_people]
    return ask_specs(choices) if is_asked and not given else specs_of([*given] or [FIRST_SPEC], choices)


def _assumed(new: NewCity, *, is_chosen: bool) -> Iterator[str]:
    """初めの値: what nobody has said. `is_chosen`: somebody chose the formats."""
    for procedure in new.register.procedure:
        (accounting,) = procedure.accounting
        yield (
            f"{procedure.name}（{procedure.code}）　種別 {procedure.kind}・{procedure.priority}・{accounting.kind}"
            f"・所管課 {procedure.department}"
        )
    if not is_chosen:
        yield f"収納データの様式　{FIRST_SPEC}（--spec）"
    yield "案件特定キーの構成　先頭 00000・賦課年度・区分 90・連番9桁"
    yield "台帳　ファイル（SQLite）"


def _written(folder: Path) -> Iterator[str]:
    from elqr.session.new_city import FOLDERS, JOB_FILE, KEY_FILE, REGISTER_FILE

    yield f"■ {folder} に作りました"
    yield f"　{JOB_FILE}　ジョブ"
    yield f"　{REGISTER_FILE}　手続台帳"
    yield f"　{KEY_FILE}　確認番号の鍵（利用者だけが読めます。別の場所にも控えを置いてください）"
    for name, meaning in FOLDERS.items():
        yield f"　{name}/　{meaning}"


def _next_steps(folder: Path) -> Iterator[str]:
    """次にすること, as commands that can be copied."""
    from elqr.session.new_city import JOB_FILE

    yield "■ 次にすること"
    yield f"　1. フォルダに移る（ほかのフォルダからは --job か環境変数 ELQR_JOB）　cd {shlex.quote(str(folder))}"
    yield "　2. 納付書データを notices/ に置いて確かめる　elqr notice check notices/ファイル"
    yield "　3. 収納データを inbox/ に置いて確かめる　elqr file check inbox/ファイル"
    yield f"　4. 予行する　elqr night {JOB_FILE} --dry-run"
    yield f"　5. 夜を動かす　elqr night {JOB_FILE}"
    yield "　6. 設定を変えたら点検する　elqr doctor"
