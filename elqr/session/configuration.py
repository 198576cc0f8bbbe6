"""The configuration (設定): the files that a job names or elqr ships, read and checked against each other."""

import os
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import ValidationError

from elqr.arithmetic.business_day import Calendar, calendar
from elqr.disk.config_files import read_text, read_toml
from elqr.formats.spec import Spec
from elqr.formats.spec_files import read_specs
from elqr.rules.register import Register
from elqr.session import clock
from elqr.session.job import Job, read_job, read_store_url
from elqr.vocabulary.errors import BadFile, NotFound, explain
from elqr.vocabulary.near_names import near_names

if TYPE_CHECKING:
    from elqr.printing.template import Template


_PACKAGE = Path(__file__).parents[1]


def shipped_specs() -> Path:
    """同梱の様式のフォルダ: beside the package in a checkout, inside it when installed."""
    in_checkout = _PACKAGE.parent / "specs"
    return in_checkout if (in_checkout / "gs1_128.toml").is_file() else _PACKAGE / "shipped_specs"


def specs_for(job: Job | None, extra: tuple[Path, ...] = ()) -> dict[str, Spec]:
    """様式 by name: the shipped ones, replaced and extended by those of the job's folders."""
    return read_specs([shipped_specs(), *(job.specs if job else ()), *extra])


def find_spec(name: str, specs: dict[str, Spec]) -> Spec:
    """名指した様式. Raises NotFound."""
    if name not in specs:
        near = near_names(name, specs)
        raise NotFound(f"様式 {name} はありません。{near}elqr spec list にある名前を指定してください。")
    return specs[name]


def sheets_for(job: Job | None) -> "dict[str, Template]":
    """版下 by name: the shipped ones, replaced and extended by those of the job's folders."""
    from elqr.printing.template import read_templates

    return read_templates([shipped_specs() / "sheets", *(job.printing.sheets if job else ())])


def calendar_for(job: Job) -> Calendar:
    """営業日の暦: the shipped holidays, or the city's own. Raises NotFound, BadFile."""
    path = job.calendar.holidays or shipped_specs() / "holidays.csv"
    try:
        text = read_text(path, "祝日の表", "[calendar] holidays を確かめてください。")
        return calendar(text, job.calendar.closed)
    except ValueError as error:
        raise BadFile(f"祝日の表 {path} を読めません（{error}）。[calendar] holidays を直してください。") from error


def store_url(path: Path) -> str:
    """台帳のURL of the job at a path. Raises NotFound, BadFile."""
    return read_store_url(read_job(path), os.environ)


def processing_day(job: Job, day: date | None) -> date:
    """処理日: `day` where the operator names one, else the job's, else today. Raises Refused for a future day."""
    on = day or job.run_on or clock.today()
    clock.refuse_future(on, "処理日", is_training=job.training)
    return on


def check_specs(job: Job, specs: dict[str, Spec], path: Path) -> None:
    """様式があるか: the job names only specs that exist, each with the purpose that its place needs. Raises BadFile."""
    used = {name for box in job.boxes for name in box.specs} | ({job.notices.spec} if job.notices else set())
    used |= {name for arrival in job.arrival for name in arrival.specs}
    used |= {name for contract in job.settlement for name in (*contract.specs, *contract.money_specs)}
    used |= {job.export.spec}
    if lost := sorted(used - set(specs)):
        near = near_names(lost[0], specs)
        raise BadFile(
            f"ジョブ {path}: 様式 {', '.join(lost)} がありません。{near}elqr spec list にある名前を書いてください。"
        )
    places = [(box.specs, "[[inbox]] の specs", "payment", "収納データ") for box in job.inbox]
    places += [(box.specs, "[[claims]] の specs", "claim", "調定データか督促の状況") for box in job.claims]
    places += [(box.specs, "[[money]] の specs", "money", "入金データ") for box in job.money]
    places += [(contract.specs, "[[settlement]] の specs", "payment", "収納データ") for contract in job.settlement]
    places += [(rule.money_specs, "[[settlement]] の money_specs", "money", "入金データ") for rule in job.settlement]
    places += [((job.notices.spec,), "[notices] の spec", "notice", "納付書データ")] if job.notices else []
    for names, place, purpose, kind in places:
        if wrong := sorted(name for name in names if specs[name].purpose != purpose):
            raise BadFile(
                f"ジョブ {path}: 様式 {', '.join(wrong)} は{kind}の様式ではありません。{place} を直してください。"
            )
    if specs[job.export.spec].purpose != "upload":
        raise BadFile(
            f"ジョブ {path}: 様式 {job.export.spec} は書き出しの様式（purpose = upload）ではありません。"
            "[export] の spec を直してください。"
        )


def read_register(path: Path) -> Register:
    """手続台帳を読む. Raises NotFound; BadFile, which says where the mistake is."""
    try:
        return Register.model_validate(read_toml(path, "手続台帳", "ジョブの register を確かめてください。"))
    except ValidationError as error:
        raise BadFile(
            f"手続台帳 {path} に誤りがあります: {explain(error, Register)}。直してから、もう一度実行してください。"
        ) from error
