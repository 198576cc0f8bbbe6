"""`elqr spec`: 様式の一覧・配置・ファイルの中身."""

import re
from datetime import date, datetime
from pathlib import Path
from typing import Any

import click

from elqr.cli.terminal import Group, date_option, json_option, print_json
from elqr.errors import BadFile, NotFound
from elqr.terms import ExitCode


def _specs_option(function: Any) -> Any:
    return click.option(
        "--specs", "folders", multiple=True, type=click.Path(path_type=Path), help="追加の様式フォルダ。"
    )(function)


@click.group(cls=Group, help="ファイルの様式。")
def spec() -> None:
    pass


@spec.command("list", help="様式の一覧。")
@_specs_option
def spec_list(folders: tuple[Path, ...]) -> int:
    from elqr.edge import specs_for

    for name, own in specs_for(None, folders).items():
        click.echo(f"{name:<28} {'確認済' if own.verified else '仮様式'} {own.grade:<11} {own.title}")
    return 0


@spec.command("show", help="様式 NAME の配置。")
@click.argument("name")
@_specs_option
def spec_show(name: str, folders: tuple[Path, ...]) -> int:
    from elqr.edge import specs_for
    from elqr.formats.dump import describe

    for line in describe(_spec_named(name, specs_for(None, folders))):
        click.echo(line)
    return 0


@spec.command("dump", help="FILE を様式 SPEC で一項目一行に表示します（SPEC が - なら内容から判定）。")
@click.argument("name", metavar="SPEC")
@click.argument("file", type=click.Path(path_type=Path))
@_specs_option
@date_option
@click.option("--show-personal", is_flag=True, help="氏名などを伏せずに表示します。")
def spec_dump(name: str, file: Path, folders: tuple[Path, ...], day: date | None, show_personal: bool) -> int:
    from elqr.edge import readable, specs_for
    from elqr.formats.dump import dump
    from elqr.formats.recognize import recognize

    specs, data = specs_for(None, folders), readable(file)
    received_on = day or datetime.now().astimezone().date()
    if name == "-":
        payment_specs = [own for own in specs.values() if own.purpose == "payment"]
        own, findings = recognize(data, payment_specs, file.name, received_on)
        if own is None:
            raise BadFile(str(findings[0]))
    else:
        own = _spec_named(name, specs)
    for line in dump(data, own, file.name, received_on, show_personal=show_personal):
        click.echo(line)
    return 0


@spec.command("check", help="様式 FILE（TOML）を検査し、誤りと注意をすべて場所とともに示します。")
@click.argument("path", metavar="FILE", type=click.Path(path_type=Path))
@_specs_option
@json_option
def spec_check(path: Path, folders: tuple[Path, ...], as_json: bool) -> int:
    from elqr.edge import readable, shipped_specs, specs_for
    from elqr.formats.lint import lint
    from elqr.formats.spec import read_spec
    from elqr.formats.spec_text import Remark

    data = readable(path)
    others = specs_for(None, folders)
    if path.resolve() in {(folder / path.name).resolve() for folder in (shipped_specs(), *folders)}:
        others.pop(path.stem, None)
    beside = _parts_beside(path, data, others)
    remarks = lint(data, path.stem, others | beside)
    if not any(remark.is_error for remark in remarks):
        try:
            read_spec(path, others | beside)
        except BadFile as error:
            remarks.append(Remark(0, "ファイル全体", str(error), "", "この文のとおりに直してください。"))
    errors = sum(remark.is_error for remark in remarks)
    if as_json:
        print_json({"errors": errors, "warnings": len(remarks) - errors, "remarks": [own.as_dict() for own in remarks]})
    else:
        for remark in remarks:
            click.echo(str(remark))
        said = f"誤り {errors}件、注意 {len(remarks) - errors}件。"
        click.echo(f"{path.name}: " + (said if remarks else "問題ありません。"))
    return ExitCode.FAILED if errors else ExitCode.REVIEW if remarks else ExitCode.CLEAN


def _parts_beside(path: Path, data: bytes, others: dict[str, Any]) -> dict[str, Any]:
    """入れ子の様式 that stand in the same folder, as far as they can be read."""
    from elqr.formats.spec import read_spec
    from elqr.formats.spec_text import fields_of, read_text

    own, _ = read_text(data)
    names = {str(field.get("spec")) for record in own.records() for field in fields_of(record)} if own else set()
    found = {}
    for name in sorted(names):
        beside = path.with_name(f"{name}.toml")
        if re.fullmatch("[a-z][a-z0-9_]*", name) and beside.is_file() and beside != path:
            found[name] = read_spec(beside, others)
    return found


def _spec_named(name: str, specs: dict[str, Any]) -> Any:
    if name not in specs:
        raise NotFound(f"様式 {name} はありません。elqr spec list にある名前を指定してください。")
    return specs[name]
