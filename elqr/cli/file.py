"""`elqr file`: 届いたファイルの検査・比較・伏せ字の写し, and requests against the ledger. Nothing is recorded."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from functools import partial, wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from elqr.cli.file_lines import BOX_OF, SHOWN_PER_CODE, TAKEN, TAKEN_AS, show_inspection
from elqr.cli.terminal import (
    GIVEN_PATH,
    TOO_LARGE,
    Group,
    json_option,
    open_job,
    own_job_option,
    print_json,
    received_option,
    say,
)
from elqr.session import clock
from elqr.vocabulary.errors import BadFile, CannotWrite, NotFound
from elqr.vocabulary.limits import WHOLE, WRITTEN
from elqr.vocabulary.terms import ExitCode
from elqr.vocabulary.visible_text import visible

if TYPE_CHECKING:
    from elqr.formats.intake.comparison import Comparison
    from elqr.formats.spec import Spec
    from elqr.session.session import Session

_LEAST_KEY_BYTES = 16
_SHOWN_DIFFERENCES = 200
_DELIVERED = ("payment", *TAKEN_AS)
"""用途 of what is delivered from outside."""


def _spec_options(function: Any) -> Any:
    function = click.option("--spec", "name", help="様式の名前。なければ内容から判定します。")(function)
    return click.option("--specs", "folders", multiple=True, type=GIVEN_PATH, help="追加の様式フォルダ。")(function)


def _specs(folders: tuple[Path, ...], name: str | None) -> tuple[list[Spec], Spec | None]:
    """様式: the specs that a delivered file may be of, and the one that was named."""
    from elqr.session.configuration import find_spec, specs_for

    specs = specs_for(None, folders)
    spec = find_spec(name, specs) if name is not None else None
    return [spec for spec in specs.values() if spec.purpose in _DELIVERED], spec


def _received_on(day: date | None) -> date:
    return day or clock.today()


@click.group(cls=Group, help="届いたファイルと、送る前の依頼（台帳には何も記しません）。")
def file() -> None:
    pass


@dataclass(frozen=True)
class _Against:
    """台帳と照らすか, of which job if there is one, and with which other requests."""

    ledger: bool
    job: Path | None
    others: tuple[Path, ...]


def _against_options(function: Any) -> Any:
    """照合: three options, which the command takes as one `against`."""

    @wraps(function)
    def command(*, ledger: bool, job: Path | None, others: tuple[Path, ...], **given: Any) -> Any:
        return function(against=_Against(ledger, job, others), **given)

    named = click.option(
        "--with",
        "others",
        multiple=True,
        type=GIVEN_PATH,
        metavar="FILE",
        help="同じ日に送るほかの依頼と、前に送って結果がまだの依頼（いくつでも）。",
    )(own_job_option(command))
    return click.option(
        "--against-ledger",
        "ledger",
        is_flag=True,
        help="口座振替の依頼か、調定データ・督促の状況を、手続台帳と台帳に照らします。",
    )(named)


@file.command("check", help="FILE の形式・件数・金額・合計・指摘と、夜間処理が取り込むかを示します。")
@click.argument("path", metavar="FILE", type=GIVEN_PATH)
@_spec_options
@received_option
@_against_options
@json_option
def file_check(
    path: Path, name: str | None, folders: tuple[Path, ...], day: date | None, against: _Against, as_json: bool
) -> int:
    from elqr.approvals.row_check import with_row_findings
    from elqr.disk.named_files import read_named
    from elqr.formats.intake.inspection import inspect

    if against.ledger:
        return _check_against_ledger(path, (name, folders), day, against, as_json=as_json)
    if against.others:
        raise click.UsageError("--with は --against-ledger と一緒に使います。")
    if against.job is not None:
        return _check_for_job(path, (name, folders), day, against.job, as_json=as_json)
    specs, spec = _specs(folders, name)
    if path.is_file() and path.stat().st_size > WHOLE.most:
        return _check_large(path, [spec] if spec else specs, _received_on(day), as_json=as_json)
    data = read_named(path, WHOLE)
    inspection = with_row_findings(inspect(data, path.name, specs, _received_on(day), spec))
    show_inspection(inspection, as_json=as_json)
    if not as_json and inspection.accepted and inspection.spec is not None and inspection.spec.purpose == "claim":
        click.echo("　手続台帳と台帳に合うかは、--against-ledger で確かめられます。")
    if not as_json and inspection.spec is None:
        _say_other_purposes(data, path.name, folders, _received_on(day))
    return ExitCode.CLEAN if inspection.accepted else ExitCode.QUARANTINE


def _check_for_job(
    path: Path, named: tuple[str | None, tuple[Path, ...]], day: date | None, job: Path, *, as_json: bool
) -> int:
    """夜の取込の見込み of a job: what its night would do with the file. `named` are the options on specs."""
    from elqr.approvals.file_check import boxes_for, foresee_file
    from elqr.approvals.row_check import with_row_findings
    from elqr.disk.named_files import read_named
    from elqr.formats.intake.inspection import inspect
    from elqr.session.configuration import find_spec, specs_for

    name, folders = named
    with open_job(job, day, rehearsal=True) as session:
        specs = specs_for(session.job, folders)
        spec = find_spec(name, specs) if name is not None else None
        awaited = [specs[name] for name in dict.fromkeys(name for box in session.job.boxes for name in box.specs)]
        if path.is_file() and path.stat().st_size > WHOLE.most:
            return _check_large(path, [spec] if spec else awaited, session.night_on, as_json=as_json)
        data = read_named(path, WHOLE)
        inspection = inspect(data, path.name, awaited, session.night_on, spec)
        if inspection.spec is None:  # perhaps of a format that no inbox takes
            delivered = [spec for spec in specs.values() if spec.purpose in _DELIVERED]
            inspection = inspect(data, path.name, delivered, session.night_on)
        inspection = with_row_findings(inspection, session)
        is_taken = inspection.spec is not None and inspection.spec.purpose in BOX_OF
        boxes = boxes_for(session, inspection.spec.name) if inspection.spec is not None else []
        foreseen = foresee_file(session, path, boxes) if is_taken else None
        day = session.night_on
    if foreseen is not None and foreseen.findings:
        inspection = replace(inspection, findings=foreseen.findings)
    show_inspection(inspection, foreseen, as_json=as_json)
    if not as_json and inspection.spec is None:
        _say_other_purposes(data, path.name, folders, day)
    is_held = not inspection.accepted if foreseen is None else foreseen.is_held
    return ExitCode.QUARANTINE if is_held else ExitCode.CLEAN


def _check_against_ledger(
    path: Path, named: tuple[str | None, tuple[Path, ...]], day: date | None, against: _Against, *, as_json: bool
) -> int:
    """台帳と照らす: a file of claims or reasons not to remind, or else a request. `named` are the options on specs."""
    from elqr.approvals.row_check import with_row_findings
    from elqr.disk.named_files import read_named
    from elqr.formats.intake.inspection import inspect
    from elqr.session.configuration import specs_for

    name, folders = named
    if against.job is None:
        raise NotFound("台帳と照らすジョブがありません。--job か環境変数 ELQR_JOB で指定してください。")
    with open_job(against.job, day, rehearsal=True) as session:
        specs = specs_for(session.job, folders)
        of_claims = [spec for spec in specs.values() if spec.purpose == "claim" and name in (None, spec.name)]
        inspection = inspect(read_named(path, WHOLE), path.name, of_claims, session.night_on)
        if inspection.spec is None:
            return _check_request(session, path, (name, specs), against, as_json=as_json)
        if against.others:
            raise click.UsageError("--with は口座振替の依頼だけに使います。")
        inspection = with_row_findings(inspection, session)
    show_inspection(inspection, as_json=as_json)
    return ExitCode.CLEAN if inspection.accepted else ExitCode.QUARANTINE


def _check_request(
    session: Session, path: Path, named: tuple[str | None, dict[str, Spec]], against: _Against, *, as_json: bool
) -> int:
    """依頼を台帳と照らす. `named` is the name of a spec, and all specs. Raises NotFound, BadFile."""
    from elqr.approvals.debit_check import check_request, read_request
    from elqr.disk.named_files import read_named
    from elqr.report.debit_check import lines

    name, all_specs = named
    specs = {spec.name: spec for spec in all_specs.values() if spec.debit is not None}
    if name is not None and name not in specs:
        raise NotFound(f"様式 {name} は、台帳と照らせる様式（依頼・調定データ・督促の状況）ではありません。")
    requests = []
    for file in (path, *against.others):
        data = read_named(file, WHOLE)
        inspection, request = read_request(session, file.name, data, [*specs.values()], specs.get(name or ""))
        if request is None and file is not path:
            raise BadFile(f"{file} は依頼として読めません。elqr file check --against-ledger で確かめてください。")
        if request is None:
            show_inspection(inspection, as_json=as_json)
            say("依頼として読めないので、台帳と照らしていません。")
            return ExitCode.QUARANTINE
        requests.append(request)
    checked = check_request(session, requests[0], requests[1:])
    register = session.register
    if as_json:
        print_json(checked.as_dict())
    for line in () if as_json else lines(checked, register):
        click.echo(line)
    return ExitCode.REVIEW if checked.faults else ExitCode.CLEAN


def _check_large(path: Path, specs: list[Spec], day: date, *, as_json: bool) -> int:
    """大きなファイルの検査: piece by piece as the night reads it, up to the first piece with a finding."""
    from elqr.disk.content import read_part
    from elqr.formats.intake.delivered_file import Intake, judge_large_file
    from elqr.vocabulary.limits import PIECE_BYTES

    size = path.stat().st_size
    intake = judge_large_file(partial(read_part, path), size, path.name, specs, day, PIECE_BYTES)
    findings = intake.findings if isinstance(intake, Intake) else ()
    spec = intake.spec_name if isinstance(intake, Intake) else intake.spec.name
    if as_json:
        rows = [finding.as_dict() for finding in findings]
        print_json({"file": path.name, "bytes": size, "accepted": not findings, "spec": spec or None, "findings": rows})
        return ExitCode.QUARANTINE if findings else ExitCode.CLEAN
    click.echo(f"■ {visible(path.name)}（{size:,}バイト。大きいので少しずつ読み、最初に見つかった指摘までを示します）")
    click.echo(f"　様式　{spec or 'どの様式にも決まりません'}")
    for finding in findings[:SHOWN_PER_CODE]:
        click.echo(f"　　{finding}")
    verdict = "取込保留になります。上の指摘の対処をしてください。" if findings else TAKEN
    click.echo(f"　判定　{verdict}")
    return ExitCode.QUARANTINE if findings else ExitCode.CLEAN


def _say_other_purposes(data: bytes, name: str, folders: tuple[Path, ...], day: date) -> None:
    """ほかの用途の様式を告げる: formats of no payments that this file could be of."""
    from elqr.formats.recognize import recognize
    from elqr.session.configuration import specs_for

    others = [spec for spec in specs_for(None, folders).values() if spec.purpose in ("request", "notice")]
    for other in others:
        if recognize(data, [other], name, day)[0]:
            command = "elqr notice check" if other.purpose == "notice" else f"--spec {other.name}"
            click.echo(f"　{other.name}（{other.title}）としては読めそうです。{command} で中を確かめられます。")


@file.command(
    "mask",
    help="FILE の伏せ字の写しを作ります（長さ・件数・金額・指摘はそのまま、氏名・口座・照会キーなどを置き換え）。",
)
@click.argument("path", metavar="FILE", type=GIVEN_PATH)
@click.option("--out", required=True, type=GIVEN_PATH, help="書き出すファイル。あるものには書きません。")
@click.option(
    "--key-file",
    type=GIVEN_PATH,
    help="置き換えの鍵（16バイト以上のファイル）。同じ鍵なら、ほかのファイルの同じ値も同じ値になります。なければ毎回ちがう鍵。",
)
@_spec_options
@received_option
def file_mask(
    path: Path, out: Path, key_file: Path | None, name: str | None, folders: tuple[Path, ...], day: date | None
) -> int:
    import secrets

    from elqr.disk.atomic_write import write_whole
    from elqr.disk.named_files import read_named
    from elqr.formats.intake.masking import mask_file

    specs, spec = _specs(folders, name)
    data = read_named(path, WHOLE, TOO_LARGE)
    _refuse_overwriting(out, path)
    key = secrets.token_bytes(32) if key_file is None else read_named(key_file, WRITTEN)
    if len(key) < _LEAST_KEY_BYTES:
        raise BadFile(f"鍵 {key_file} が短すぎます。{_LEAST_KEY_BYTES}バイト以上にしてください。")
    copy = mask_file(data, path.name, specs, _received_on(day), key, spec)
    write_whole(out, copy.data)
    click.echo(f"{out} に写しを書きました（{len(copy.data):,}バイト。長さ・件数・金額・指摘は元と同じ）。")
    for title, count in copy.replaced.items():
        click.echo(f"　置き換え　{title}　{count:,}か所")
    if not copy.replaced:
        click.echo("　置き換えた項目はありません。様式の personal と照会キーを確かめてください。")
    say("置き換えたのは personal = true の項目、照会キー、中身の知れない予備だけです。渡す前に中身を確かめてください。")
    return 0


def _refuse_overwriting(out: Path, path: Path) -> None:
    """上書きを断る, above all of the original. Raises CannotWrite."""
    if out.exists() or out.is_symlink():
        is_original = path.exists() and out.exists() and out.samefile(path)
        fault = "は元のファイルです" if is_original else "はフォルダです" if out.is_dir() else "はすでにあります"
        raise CannotWrite(f"{out} {fault}。上書きしないので、--out に新しい名前を指定してください。")


@file.command("diff", help="ファイル A と B を項目ごとに比べます（収納は送付元の識別で、ほかは並び順で対にします）。")
@click.argument("a", type=GIVEN_PATH)
@click.argument("b", type=GIVEN_PATH)
@_spec_options
@received_option
@click.option("--show-personal", is_flag=True, help="氏名などを伏せずに表示します。")
@json_option
def file_diff(
    a: Path, b: Path, name: str | None, folders: tuple[Path, ...], day: date | None, show_personal: bool, as_json: bool
) -> int:
    from elqr.disk.named_files import read_named
    from elqr.formats.intake.comparison import compare

    specs, spec = _specs(folders, name)
    sides = [(path.name, read_named(path, WHOLE, TOO_LARGE)) for path in (a, b)]
    comparison = compare(sides[0], sides[1], specs, _received_on(day), spec, show_personal=show_personal)
    if as_json:
        print_json(comparison.as_dict())
    else:
        for line in _difference_lines(comparison):
            click.echo(line)
    return ExitCode.CLEAN if comparison.equal else ExitCode.REVIEW


def _difference_lines(comparison: Comparison) -> Iterator[str]:
    """比較の結果 in lines, as a clerk reads it."""
    yield f"■ A {comparison.a.file} と B {comparison.b.file}　様式 {comparison.spec.name}（{comparison.spec.title}）"
    yield from _money_differences(comparison)
    if comparison.equal:
        records = f"　すべての記録と項目が同じです{_what_differs(comparison)}。"
        yield "　まったく同じファイルです。" if comparison.is_same_file else records
        return
    added, removed, changed = comparison.added, comparison.removed, comparison.changed
    yield f"　Bで増えた記録 {added:,}件　Bで消えた記録 {removed:,}件　変わった記録 {changed:,}件"
    for difference in comparison.listed[:_SHOWN_DIFFERENCES]:
        if difference.no_a is None:
            yield f"　＋ {difference.record} B {difference.no_b}件目 {difference.new}"
        elif difference.no_b is None:
            yield f"　－ {difference.record} A {difference.no_a}件目 {difference.old}"
        else:
            values = f"{difference.old or '空白'} → {difference.new or '空白'}"
            place = f"A {difference.no_a}件目・B {difference.no_b}件目「{difference.field}」"
            yield f"　～ {difference.record} {place} {values}"
    if (unshown := len(comparison.listed) + comparison.unlisted - _SHOWN_DIFFERENCES) > 0:
        yield f"　ほか {unshown:,}か所（--json で {len(comparison.listed):,}か所まで見られます）"


def _money_differences(comparison: Comparison) -> Iterator[str]:
    if comparison.spec.payment is None:
        return
    if comparison.a.money is None or comparison.b.money is None:
        yield "　収納　読めない項目があるため、件数と金額は比べていません。"
        return
    money = comparison.money
    count_sums = [sum(line[1] for line in money), sum(line[3] for line in money)]
    yen_sums = [sum(line[2] for line in money), sum(line[4] for line in money)]
    total = ("計", count_sums[0], yen_sums[0], count_sums[1], yen_sums[1])
    for title, count_a, yen_a, count_b, yen_b in [*money, total]:
        count, yen = count_b - count_a, yen_b - yen_a
        difference = f"差 {count:+,}件 {yen:+,}円" if count or yen else "差なし"
        yield f"　収納　{title}　A {count_a:,}件 {yen_a:,}円　B {count_b:,}件 {yen_b:,}円　{difference}"


def _what_differs(comparison: Comparison) -> str:
    """項目のほかに違うもの, if no field differs."""
    a, b = comparison.a, comparison.b
    pairs = {"改行": (a.line_end, b.line_end), "文字コード": (a.charset, b.charset)}
    titles = [title for title, (value_a, value_b) in pairs.items() if value_a != value_b]
    return f"（{'・'.join(titles) or '記録の並びか、記録の外の部分'}だけが違います）"
