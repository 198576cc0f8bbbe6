"""`elqr spec`: 様式の一覧・配置・ファイルの中身."""

import re
import sys
from datetime import date
from pathlib import Path
from typing import Any

import click

from elqr.cli.terminal import GIVEN_PATH, TOO_LARGE, Group, json_option, print_json, received_option, say
from elqr.session import clock
from elqr.vocabulary.errors import BadFile, CannotWrite
from elqr.vocabulary.limits import WHOLE, WRITTEN
from elqr.vocabulary.terms import ExitCode

_CHARSETS = ("jisx0201", "cp932", "ebcdic", "utf-8", "utf-8-sig")


def _specs_option(function: Any) -> Any:
    return click.option("--specs", "folders", multiple=True, type=GIVEN_PATH, help="追加の様式フォルダ。")(function)


@click.group(cls=Group, help="ファイルの様式。")
def spec() -> None:
    pass


@spec.command("list", help="様式の一覧。")
@_specs_option
def spec_list(folders: tuple[Path, ...]) -> int:
    from elqr.session.configuration import specs_for

    for name, listed in specs_for(None, folders).items():
        click.echo(f"{name:<28} {listed.verified.words:<5} {listed.grade:<11} {listed.title}")
    return 0


@spec.command("show", help="様式 NAME の配置。")
@click.argument("name")
@_specs_option
def spec_show(name: str, folders: tuple[Path, ...]) -> int:
    from elqr.formats.dump import describe
    from elqr.session.configuration import find_spec, specs_for

    for line in describe(find_spec(name, specs_for(None, folders))):
        click.echo(line)
    return 0


@spec.command("dump", help="FILE を様式 SPEC で一項目一行に表示します（SPEC が - なら内容から判定）。")
@click.argument("name", metavar="SPEC")
@click.argument("file", type=GIVEN_PATH)
@_specs_option
@received_option
@click.option("--show-personal", is_flag=True, help="氏名などを伏せずに表示します。")
def spec_dump(name: str, file: Path, folders: tuple[Path, ...], day: date | None, show_personal: bool) -> int:
    from elqr.disk.named_files import read_named
    from elqr.formats.dump import dump
    from elqr.formats.recognize import recognize
    from elqr.session.configuration import find_spec, specs_for

    specs, data = specs_for(None, folders), read_named(file, WHOLE, TOO_LARGE)
    received_on = day or clock.today()
    if name == "-":
        payment_specs = [file_spec for file_spec in specs.values() if file_spec.purpose == "payment"]
        file_spec, findings = recognize(data, payment_specs, file.name, received_on)
        if file_spec is None:
            raise BadFile(str(findings[0]))
    else:
        file_spec = find_spec(name, specs)
    for line in dump(data, file_spec, file.name, received_on, show_personal=show_personal):
        click.echo(line)
    return 0


@spec.command("check", help="様式 FILE（TOML）を検査し、誤りと注意をすべて場所とともに示します。")
@click.argument("path", metavar="FILE", type=GIVEN_PATH)
@_specs_option
@json_option
def spec_check(path: Path, folders: tuple[Path, ...], as_json: bool) -> int:
    from elqr.disk.named_files import read_named
    from elqr.formats.authoring.lint import lint
    from elqr.formats.authoring.spec_text import Remark
    from elqr.formats.spec_files import read_spec
    from elqr.session.configuration import shipped_specs, specs_for

    data = read_named(path, WRITTEN)
    others = specs_for(None, folders)
    if path.resolve() in {(folder / path.name).resolve() for folder in (shipped_specs(), *folders)}:
        others.pop(path.stem, None)
    beside = _read_parts(path, data, others)
    remarks = lint(data, path.stem, others | beside)
    if not any(remark.is_error for remark in remarks):
        try:
            read_spec(path, others | beside)
        except BadFile as error:
            remarks.append(Remark(0, "ファイル全体", str(error), "", "この文のとおりに直してください。"))
    errors = sum(remark.is_error for remark in remarks)
    if as_json:
        print_json(
            {"errors": errors, "warnings": len(remarks) - errors, "remarks": [remark.as_dict() for remark in remarks]}
        )
    else:
        for remark in remarks:
            click.echo(str(remark))
        counts = f"誤り {errors}件、注意 {len(remarks) - errors}件。"
        click.echo(f"{path.name}: " + (counts if remarks else "問題ありません。"))
    return ExitCode.FAILED if errors else ExitCode.REVIEW if remarks else ExitCode.CLEAN


@spec.command(
    "new", help="様式 NAME の下書きを、見本のファイルか指定から作ります（推測には印が付き、確認済にはなりません）。"
)
@click.argument("name")
@click.option("--from", "sample", type=GIVEN_PATH, help="見本のファイル。")
@click.option("--layout", type=click.Choice(["fixed", "csv"]), help="見本がないときの形: 固定長か CSV。")
@click.option("--record-bytes", type=click.IntRange(1, 4_000), help="固定長の1レコードのバイト数（改行を除く）。")
@click.option("--tags", default="", help="固定長のレコード区分をコンマ区切りで（例: 1,2,8,9）。")
@click.option("--columns", help="CSV の見出しをコンマ区切りで（例: 収納日,金額,納付番号）。")
@click.option("--charset", type=click.Choice(_CHARSETS), help="文字コード。")
@click.option("--line-end", type=click.Choice(["none", "crlf", "lf"]), default="crlf", show_default=True, help="改行。")
@click.option("--out", type=GIVEN_PATH, help="書き出すファイル。なければ NAME.toml。あるものには書きません。")
def spec_new(
    name: str, sample: Path | None, layout: str | None, record_bytes: int | None, tags: str, columns: str | None,
    charset: str | None, line_end: str, out: Path | None,
) -> int:  # fmt: skip
    if sample is None:  # asked before libraries are loaded that would keep Ctrl+C from a prompt
        layout = layout or _ask("--layout", "形（fixed か csv）", "fixed|csv")
        if layout == "csv":
            columns = columns or _ask("--columns", "見出し（コンマ区切り）", ".+")
        else:
            record_bytes = record_bytes or int(_ask("--record-bytes", "1レコードのバイト数", "[1-9][0-9]{0,3}"))
    from dataclasses import replace

    from elqr.disk.atomic_write import write_whole
    from elqr.disk.named_files import read_named
    from elqr.formats.authoring.draft import blank_fixed, toml
    from elqr.formats.authoring.lint import lint
    from elqr.formats.authoring.sample import draft_from_sample
    from elqr.formats.authoring.sample_csv import columns_draft
    from elqr.session.configuration import specs_for

    specs, path = specs_for(None), out or Path(f"{name}.toml")
    _refuse_name(name, specs, path)
    if sample is not None:
        draft = draft_from_sample(name, read_named(sample, WHOLE, TOO_LARGE), sample.name, record_bytes)
        draft = replace(draft, charset=charset) if charset else draft
    elif layout == "csv":
        draft = columns_draft(name, (columns or "").split(","), charset or "cp932")
    else:
        kinds = tuple(tag.strip() for tag in tags.split(",") if tag.strip())
        draft = blank_fixed(name, record_bytes or 0, kinds, charset or "cp932", line_end)
    data = toml(draft).encode()
    remarks = lint(data, name, specs)
    if wrong := [str(remark) for remark in remarks if remark.is_error]:
        raise BadFile(f"下書きを作れません: {' / '.join(wrong)} 指定か見本を確かめてください。")
    write_whole(path, data)
    click.echo(f"{path} に下書きを書きました（推測。確かめるまで使わないでください）。")
    for remark in remarks:
        click.echo(f"　{remark}")
    say("「推測」とある行を送付元の資料と照らし合わせ、elqr spec check と elqr spec dump で確かめてください。")
    return 0


def _refuse_name(name: str, specs: dict[str, Any], path: Path) -> None:
    """使えない名前を断る, one that is in use, and a file that is there. Raises BadFile, CannotWrite."""
    if not re.fullmatch("[a-z][a-z0-9_]*", name):
        raise BadFile(
            f"様式の名前 {name} は使えません。英小文字で始まる英小文字・数字・_ にしてください（例: city_pay）。"
        )
    if name in specs:
        raise BadFile(f"様式 {name} は同梱されています。別の名前にしてください。")
    if path.stem != name or path.suffix != ".toml":
        raise BadFile(f"--out のファイル名 {path.name} は {name}.toml にしてください（様式の名前と同じにします）。")
    if path.exists() or path.is_symlink():
        raise CannotWrite(f"{path} はすでにあります。上書きしないので、別の名前か別のフォルダを指定してください。")


def _ask(option: str, what: str, shape: str) -> str:
    """答えを聞く: on a terminal until the answer has this shape; elsewhere the option is required."""
    if not sys.stdin.isatty():
        raise click.UsageError(f"{option}（{what}）か、見本の --from を指定してください。")
    while not re.fullmatch(shape, answer := str(click.prompt(what, err=True)).strip()):
        say(f"{answer} は答えになりません。{what}を入れてください（やめるときは Ctrl+C）。")
    return answer


def _read_parts(path: Path, data: bytes, others: dict[str, Any]) -> dict[str, Any]:
    """入れ子の様式 in the same folder: name → spec. Those that are not there are left to the caller."""
    from elqr.formats.authoring.spec_text import fields_of, read_text
    from elqr.formats.spec_files import read_spec

    draft, _ = read_text(data)
    names = {str(field.get("spec")) for record in draft.records() for field in fields_of(record)} if draft else set()
    parts = {}
    for name in sorted(names):
        file = path.with_name(f"{name}.toml")
        if re.fullmatch("[a-z][a-z0-9_]*", name) and file.is_file() and file != path:
            parts[name] = read_spec(file, others)
    return parts
