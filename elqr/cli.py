"""The command line (コマンド): options in, exit code out. Heavy imports wait until a command needs them."""

import json
import os
import sys
from datetime import date, datetime
from pathlib import Path
from typing import Any

import click

from elqr import __version__
from elqr.errors import BadFile, NotFound, OperatorError
from elqr.terms import ExitCode

_HEADINGS = {"Options": "オプション", "Commands": "コマンド", "Arguments": "引数"}
_DEFAULT_JOB = "jobs/nightly.toml"


class _Formatter(click.HelpFormatter):
    def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
        super().write_usage(prog, args, "使い方: ")

    def write_heading(self, heading: str) -> None:
        super().write_heading(_HEADINGS.get(heading, heading))


class _Context(click.Context):
    formatter_class = _Formatter


class _Command(click.Command):
    context_class = _Context

    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        option = super().get_help_option(ctx)
        if option is not None:
            option.help = "この説明を表示して終わります。"
        return option


class _Group(click.Group, _Command):
    command_class = _Command
    group_class = type


def _day(context: click.Context, parameter: click.Parameter, value: str | None) -> date | None:
    if value is None:
        return None
    try:
        return datetime.strptime(value, "%Y-%m-%d").date()
    except ValueError as error:
        raise click.BadParameter(f"日付 {value} は YYYY-MM-DD の形ではありません（例: 2026-11-20）。") from error


def _job_option(function: Any) -> Any:
    return click.option(
        "--job",
        "job",
        default=_DEFAULT_JOB,
        show_default=True,
        envvar="ELQR_JOB",
        type=click.Path(path_type=Path),
        help="ジョブのTOML。",
    )(function)


_date_option = click.option(
    "--date", "day", callback=_day, help="処理日（YYYY-MM-DD）。なければジョブの date、それもなければ今日。"
)
_json_option = click.option("--json", "as_json", is_flag=True, help="JSONで出力します。")


def _say(text: str) -> None:
    click.echo(text, err=True)


def _print_json(value: object) -> None:
    click.echo(json.dumps(value, ensure_ascii=False, indent=1))


def _progress() -> Any:
    """進み具合: one line on a terminal, nothing elsewhere."""
    if not sys.stderr.isatty():
        return lambda text: None
    return lambda text: click.echo(
        f"\r\x1b[K… {text[:70]}" if not os.environ.get("NO_COLOR") else f"… {text}",
        err=True,
        nl=bool(os.environ.get("NO_COLOR")),
    )


@click.group(cls=_Group, help="elqr — eL-QR対応の公金収納 消込ツール。")
@click.version_option(__version__, message="elqr %(version)s", help="版を表示して終わります。")
def cli() -> None:
    pass


@cli.command(help="夜間処理を実行します（JOB はジョブのTOML）。")
@click.argument("job", type=click.Path(path_type=Path))
@_date_option
@click.option("--dry-run", is_flag=True, help="予行。何も書き込まず、どうなるかだけを表示します。")
@_json_option
def night(job: Path, day: date | None, dry_run: bool, as_json: bool) -> int:
    from elqr.edge import draw, exit_code, prepared
    from elqr.inbox import write_whole
    from elqr.report.screen import screen
    from elqr.run import run_night

    with prepared(job, day, rehearsal=dry_run, show=_progress()) as opened:
        own = opened.night
        run_id = run_night(own, opened.configuration)
        with own.journal.step("帳票"):
            drawn = draw(own, own.findings)
            folder = own.job.out / own.night_on.isoformat()
            for name, data in drawn.files().items() if not dry_run else ():
                write_whole(folder / name, data)
        code = exit_code(drawn.page.status)
        head = own.summary(drawn.page, run_id, code)
        if not dry_run:
            own.journal.write(folder / "runs" / str(head["run_id"]), head, write_whole)
    if sys.stderr.isatty() and not os.environ.get("NO_COLOR"):
        click.echo("\r\x1b[K", err=True, nl=False)
    if as_json:
        _print_json(head)
    else:
        for line in screen(drawn.page, len(own.changes), str(folder / "index.html"), rehearsal=dry_run):
            click.echo(line)
    return code


@cli.group(help="納付書データ。", cls=_Group)
def notice() -> None:
    pass


@notice.command("import", help="納付書データ FILE を取り込みます。")
@click.argument("file", type=click.Path(path_type=Path))
@_job_option
@_date_option
@_json_option
def notice_import(file: Path, job: Path, day: date | None, as_json: bool) -> int:
    from elqr.edge import prepared, readable
    from elqr.inbox import arrived
    from elqr.run import take_notices

    readable(file)
    with prepared(job, day, rehearsal=False, show=_progress()) as opened:
        findings = take_notices(opened.night, arrived(file, opened.night.job.thresholds.file_megabytes))
        step = opened.night.journal.steps[-1][1]
    if as_json:
        _print_json({**step.as_dict(), "findings": [finding.as_dict() for finding in findings]})
    else:
        click.echo(f"{file.name}: {step.result}（{step.yen:,}円）")
        for finding in findings:
            _say(str(finding))
    return ExitCode.QUARANTINE if opened.night.quarantined else ExitCode.REVIEW if findings else ExitCode.CLEAN


@notice.command("issue", help="未発行の納付書に案件特定キー・確認番号・eL-QRを付け、納付書情報を書き出します。")
@_job_option
@_date_option
def notice_issue(job: Path, day: date | None) -> int:
    from elqr.edge import prepared
    from elqr.run import issue_payloads

    with prepared(job, day, rehearsal=False, show=_progress()) as opened:
        path = issue_payloads(opened.night)
        step = opened.night.journal.steps[-1][1]
    click.echo(f"発行 {step.count:,}件 {step.yen:,}円 → {path}" if path else step.result)
    return 0


@cli.group(help="eL-QRのコード一件。", cls=_Group)
def payload() -> None:
    pass


@payload.command("encode", help="JSON（一件、引数か標準入力）から255桁を作ります。")
@click.argument("source", required=False)
def payload_encode(source: str | None) -> int:
    from pydantic import ValidationError

    from elqr.errors import explain
    from elqr.issue.payload import PayloadValues, encode

    text = source if source not in (None, "-") else sys.stdin.read()
    try:
        click.echo(encode(PayloadValues.model_validate_json(text or "")))
    except ValidationError as error:
        raise BadFile(
            f"JSONに誤りがあります: {explain(error)}。項目名は elqr payload decode --json の出力と同じです。"
        ) from error
    return 0


@payload.command("decode", help="DIGITS（255桁）を読み、破れた規則をすべて場所とともに示します。")
@click.argument("digits")
@_json_option
def payload_decode(digits: str, as_json: bool) -> int:
    from elqr.issue.reading import read_payload

    reading = read_payload(digits.strip())
    if as_json:
        _print_json(reading.as_dict())
    else:
        from elqr.issue.layout import PARTS

        click.echo("正しいコードです。" if reading.valid else f"正しくないコードです（{len(reading.findings)}件）。")
        for name, value in reading.values.items():
            click.echo(f"  {PARTS[name].title}: {value if value is not None else '（読めません）'}")
        for finding in reading.findings:
            click.echo(str(finding))
    return ExitCode.CLEAN if reading.valid else ExitCode.FAILED


@payload.command("qr", help="DIGITS（255桁）を QR 6-M の図形にします。")
@click.argument("digits")
@click.option(
    "-o", "--out", "out", required=True, type=click.Path(path_type=Path), help="書き出すファイル（.svg .png .pdf）。"
)
def payload_qr(digits: str, out: Path) -> int:
    from elqr.inbox import write_whole
    from elqr.issue.reading import read_payload
    from elqr.issue.symbol import draw

    reading = read_payload(digits.strip())
    if not reading.valid:
        raise BadFile(f"正しくないコードは図形にしません: {reading.findings[0]}")
    kinds = {".svg": "svg", ".png": "png", ".pdf": "pdf"}
    if out.suffix.lower() not in kinds:
        raise BadFile(f"{out.name} は書き出せない種類です。.svg .png .pdf のどれかにしてください。")
    write_whole(out, draw(reading.digits, kinds[out.suffix.lower()]))  # type: ignore[arg-type]
    _say(f"{out} に書きました。")
    return 0


def _specs_option(function: Any) -> Any:
    return click.option(
        "--specs", "folders", multiple=True, type=click.Path(path_type=Path), help="追加の様式フォルダ。"
    )(function)


@cli.group(help="ファイルの様式。", cls=_Group)
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
@_date_option
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


def _spec_named(name: str, specs: dict[str, Any]) -> Any:
    if name not in specs:
        raise NotFound(f"様式 {name} はありません。elqr spec list にある名前を指定してください。")
    return specs[name]


@cli.command("kpi", help="KPI eL-QR対応の手続数（累積）。")
@_job_option
@click.option("--fiscal-year", type=int, multiple=True, help="年度（西暦）。なければ計画の全年度。")
@_date_option
@_json_option
def kpi_command(job: Path, fiscal_year: tuple[int, ...], day: date | None, as_json: bool) -> int:
    from elqr.edge import counted, prepared
    from elqr.report.kpi import kpi_lines

    with prepared(job, day, rehearsal=True, show=_progress()) as opened:
        found = counted(opened.night.ledger, opened.night, opened.night.night_on, fiscal_year)
    if as_json:
        _print_json(found.as_dict())
    else:
        for line in kpi_lines(found):
            click.echo(line)
    return 0


@cli.command("synthetic", help="架空の都市（手続台帳・納付書・収納データ・正解）を OUT に作ります。")
@click.option("--seed", type=int, required=True, help="乱数の種。同じ種なら同じバイト列。")
@click.option("--notices", type=click.IntRange(100, 5_000_000), required=True, help="納付書の数（おおよそ）。")
@click.option("--days", type=click.IntRange(5, 366), default=30, show_default=True, help="収納データの日数。")
@click.argument("out", type=click.Path(path_type=Path))
def synthetic_command(seed: int, notices: int, days: int, out: Path) -> int:
    from elqr.edge import specs_for
    from elqr.synthetic import generate

    if (out / "inbox").exists() or (out / "notices").exists():
        raise BadFile(f"{out} には前に作った都市があります。新しいフォルダを指定するか、中身を消してください。")
    for line in generate(out, seed=seed, notices=notices, days=days, specs=specs_for(None)).lines():
        click.echo(line)
    return 0


def _usage(error: click.UsageError) -> str:
    """使い方の誤り in Japanese, with where to look."""
    parameter = getattr(error, "param", None)
    name = parameter.human_readable_name if parameter is not None else getattr(error, "option_name", "")
    command = error.ctx.command_path if error.ctx else "elqr"
    if isinstance(error, click.MissingParameter):
        said = f"{name} が必要です。"
    elif isinstance(error, click.NoSuchOption):
        said = f"オプション {error.option_name} はありません。"
    elif isinstance(error, click.BadParameter):
        said = error.message if not error.message.isascii() else f"{name} の値が正しくありません。"
    elif "No such command" in error.message:
        said = f"コマンド {error.message.split(chr(39))[1]} はありません。"
    else:
        said = "指定が正しくありません。"
    return f"{said} 使い方は {command} --help で見られます。"


def main(arguments: list[str] | None = None) -> None:
    """入口: maps what happened to an exit code."""
    try:
        code = cli.main(args=arguments, prog_name="elqr", standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message())
        code = ExitCode.USAGE
    except click.UsageError as error:
        _say(_usage(error))
        code = ExitCode.USAGE
    except click.exceptions.Exit as error:
        code = error.exit_code
    except OperatorError as error:
        _say(str(error))
        code = error.exit_code
    except (KeyboardInterrupt, click.Abort):
        _say("中断しました。取り込み済みの分は台帳に残っています。もう一度実行すると続きから処理します。")
        code = ExitCode.INTERRUPTED
    sys.exit(code if isinstance(code, int) else 0)
