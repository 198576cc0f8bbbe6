"""`elqr notice print` to `approve`: 納付書の印刷・登録・発送・照合."""

from __future__ import annotations

import os
import re
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import click

from elqr.cli.terminal import (
    GIVEN_PATH,
    Command,
    by_option,
    clear_progress,
    date_option,
    job_option,
    json_option,
    now,
    open_job,
    print_json,
    progress,
    reason_option,
    say,
    say_findings,
    say_unknown,
)
from elqr.vocabulary.errors import BadFile
from elqr.vocabulary.terms import ExitCode, PrintState

if TYPE_CHECKING:
    from elqr.handover.print_manifest import Blocked


def _reason_of(context: click.Context, parameter: click.Parameter, value: str | None) -> str:
    """理由 of an option; empty if it is not given."""
    if value is not None and not value.strip():
        raise BadFile("理由が空です。--provisional に、仮の版下のまま発送してよい理由を書いてください。")
    return (value or "").strip()


_folder = click.argument("folder", type=GIVEN_PATH)
_provisional_option = click.option(
    "--provisional",
    "reason",
    metavar="REASON",
    callback=_reason_of,
    help="仮の版下で刷ったものを発送してよい理由（申請と承認の両方に要ります）。",
)


@click.command("print", cls=Command, help="納付書を印刷用のPDFにし、全ページを読み返して確かめます。")
@job_option
@date_option
@click.option("--procedure", "procedures", multiple=True, metavar="CODE", help="手続（いくつでも）。なければすべて。")
@click.option(
    "--from",
    "source",
    type=GIVEN_PATH,
    help="納付番号の一覧（一行に一つ、または納付番号の列を持つCSV）。",
)
@click.option("--out", required=True, type=GIVEN_PATH, help="書き出すフォルダ。")
@click.option("--template", metavar="NAME", help="版下。なければ手続の種別に合うもの。")
@click.option("--pages", type=click.IntRange(1, 10_000), help="1ファイルのページ数。なければジョブの [print] pages。")
@click.option(
    "--sample", type=click.IntRange(1, 10_000), help="検査するページ数（1ファイルごと。刷り直しのときだけ）。"
)
@click.option("--workers", type=click.IntRange(1, 64), help="並べて動かす数。なければCPUの数。")
@json_option
def notice_print(
    job: Path,
    day: date | None,
    procedures: tuple[str, ...],
    source: Path | None,
    out: Path,
    template: str | None,
    pages: int | None,
    sample: int | None,
    workers: int | None,
    as_json: bool,
) -> int:
    from elqr.disk.named_files import read_named
    from elqr.handover.print_batch import Wish, print_notices
    from elqr.night.opening import open_session
    from elqr.printing.wishlist import read_keys
    from elqr.session.configuration import sheets_for

    keys = read_keys(read_named(source), source.name) if source else None
    show = progress()
    with open_session(job, day, rehearsal=False, show=show) as session:
        say_unknown("手続", procedures, session.register.names)
        job_pages, cores = session.job.printing.pages, os.cpu_count() or 1
        wish = Wish(out, procedures, keys, template, pages or job_pages, sample, workers or cores)
        sheets = sheets_for(session.job)
        printed = print_notices(session, sheets, wish, lambda done, total: show(_bar(done, total)))
    clear_progress()
    manifest = printed.manifest
    say_findings(printed.findings)
    if as_json:
        print_json(manifest.model_dump(mode="json") if manifest else None)
    elif manifest is None:
        click.echo("印刷できる納付書はありません。")
    else:
        checked = manifest.preflight
        click.echo(
            f"印刷{manifest.print_no}　{len(manifest.files)}ファイル {manifest.pages:,}ページ　"
            f"納付書 {manifest.notices:,}枚 {manifest.yen:,}円"
        )
        click.echo(
            f"検査　{checked.pages:,}ページ　eL-QR {checked.symbols:,}個・バーコード {checked.bar_codes:,}個・"
            f"印字 {checked.texts:,}か所　指摘 {len(checked.findings)}件"
        )
        click.echo(f"印刷できなかったもの {len(manifest.left_out)}件　→ {out}")
        for name in manifest.sheets:
            for why in sheets[name].provisional:
                click.echo(f"仮の版下 {name}　{why}")
        click.echo(f"目録の照合値 {manifest.body_sha256}")
    if manifest is not None and manifest.state == PrintState.STOPPED:
        say("印刷前検査で止まりました。上の指摘のページがあるため、この印刷は発送できません。")
        return ExitCode.FAILED
    return ExitCode.REVIEW if printed.findings else ExitCode.CLEAN


def _bar(done: int, total: int) -> str:
    """進み具合: a bar of the files done."""
    width = 30
    filled = width * done // max(total, 1)
    return f"印刷と検査 [{'#' * filled}{'.' * (width - filled)}] {done}/{total}ファイル"


@click.command(
    "specimen", cls=Command, help="版下 TEMPLATE の見本刷りを、架空の納付者で一組作ります（台帳は使いません）。"
)
@click.argument("template")
@click.option("-o", "--out", required=True, type=GIVEN_PATH, help="書き出すPDF。")
@click.option("--procedure", metavar="CODE", help="手続。なければ、この版下を使う最初の手続。")
@job_option
@date_option
def notice_specimen(template: str, out: Path, procedure: str | None, job: Path, day: date | None) -> int:
    from elqr.disk.atomic_write import write_whole
    from elqr.handover.print_batch import print_specimen
    from elqr.session.configuration import processing_day, read_register, sheets_for
    from elqr.session.job import read_job

    settings = read_job(job)
    register = read_register(settings.register_file)
    say_unknown("手続", [procedure] if procedure else [], register.names)
    made_on = processing_day(settings, day)
    proof = print_specimen(settings, register, sheets_for(settings), template, procedure, made_on)
    findings = [*proof.left_out, *proof.checked.findings]
    say_findings(findings)
    if proof.pdf:
        write_whole(out, proof.pdf)
        click.echo(f"見本刷り {proof.pages}ページ　納付書 {proof.notices}枚　指摘 {len(findings)}件　→ {out}")
    return ExitCode.FAILED if findings else ExitCode.CLEAN


@click.command("uploaded", cls=Command, help="納付書情報 FILES を共通納税IFSに登録したことを記録します。")
@click.argument("files", nargs=-1, required=True, type=GIVEN_PATH)
@by_option
@job_option
def notice_uploaded(files: tuple[Path, ...], by: str, job: Path) -> int:
    from elqr.approvals.dispatch import record_upload
    from elqr.disk.named_files import read_named
    from elqr.vocabulary.signature import Signature

    with open_job(job) as session:
        for file in files:
            upload = record_upload(session, file.name, read_named(file), Signature(by, now()))
            click.echo(f"{file.name}: 登録済みと記録しました（{upload['notices']:,}件 {upload['yen']:,}円）。")
            if cancelled := upload["cancelled"]:
                say(
                    f"{file.name} には、取り消した納付書が {cancelled:,}件あります。登録がまちがいなら、"
                    f"elqr undo uploaded {file.name} で取り消しを申請してください。"
                )
    return 0


@click.command("release", cls=Command, help="印刷した FOLDER の発送を申請します。")
@_folder
@by_option
@click.option("--pull", "pulled", multiple=True, metavar="PAGE", help="抜き取ったページ（用紙の番号 0001-00001）。")
@_provisional_option
@job_option
def notice_release(folder: Path, by: str, pulled: tuple[str, ...], reason: str, job: Path) -> int:
    from elqr.approvals.dispatch import request_release
    from elqr.session.configuration import sheets_for
    from elqr.vocabulary.signature import Signature

    with open_job(job) as session:
        pages, sheets = tuple(sorted(set(pulled))), sheets_for(session.job)
        manifest, against = request_release(session, folder, pages, sheets, Signature(by, now(), reason))
    done = "申請しました。ほかの人が elqr notice approve で承認してください"
    return _show_answer(manifest.print_no, _reason_text(reason) + done, against)


@click.command("approve", cls=Command, help="申請された FOLDER の発送を承認します（申請した人とは別の人が）。")
@_folder
@by_option
@_provisional_option
@job_option
def notice_approve(folder: Path, by: str, reason: str, job: Path) -> int:
    from elqr.approvals.dispatch import approve_release
    from elqr.session.configuration import sheets_for
    from elqr.vocabulary.signature import Signature

    with open_job(job) as session:
        signature = Signature(by, now(), reason)
        manifest, against = approve_release(session, folder, sheets_for(session.job), signature)
    first = "elqr notice reject で申請を取り下げ（却下し）、"
    return _show_answer(manifest.print_no, _reason_text(reason) + "発送を承認しました", against, first)


def _reason_text(reason: str) -> str:
    """仮の版下の理由, put before what was done."""
    return f"仮の版下のまま（{reason}）、" if reason else ""


@click.command("reject", cls=Command, help="申請された FOLDER の発送を却下します（自分の申請の取り下げにも使います）。")
@_folder
@reason_option
@by_option
@job_option
def notice_reject(folder: Path, reason: str, by: str, job: Path) -> int:
    from elqr.approvals.dispatch import refuse_release
    from elqr.vocabulary.signature import Signature

    with open_job(job) as session:
        manifest = refuse_release(session, folder, Signature(by, now(), reason))
    click.echo(f"印刷{manifest.print_no}　発送の申請を却下しました。抜き取るページがあれば --pull で申請し直せます。")
    return ExitCode.CLEAN


def _show_answer(print_no: int, done: str, against: Blocked, first: str = "") -> int:
    if not against.findings:
        click.echo(f"印刷{print_no}　{done}。")
        return ExitCode.CLEAN
    say_findings(against.findings)
    say(
        f"印刷{print_no}は発送できません（{len(against.findings):,}件、{len(against.pages):,}ページ）。"
        f"抜き取って発送するなら、{first}そのページを --pull で指定して申請し直してください。"
    )
    return ExitCode.FAILED


@click.command("preflight", cls=Command, help="印刷した FOLDER を、今の台帳ともう一度照らし合わせます。")
@_folder
@job_option
def notice_preflight(folder: Path, job: Path) -> int:
    from elqr.approvals.dispatch import check_again
    from elqr.session.configuration import sheets_for

    with open_job(job, rehearsal=True) as session:
        findings = check_again(session, sheets_for(session.job), folder)
    say_findings(findings)
    click.echo(f"指摘 {len(findings)}件" + ("。発送しないでください。" if findings else "。すべて台帳のとおりです。"))
    return ExitCode.FAILED if findings else ExitCode.CLEAN


def _hash_of(context: click.Context, parameter: click.Parameter, value: str | None) -> str | None:
    """照合値 of an option."""
    if value is not None and not re.fullmatch(r"[0-9a-f]{64}", value.strip().lower()):
        raise click.BadParameter("照合値は、notice print が示す64桁の英数字です。")
    return value.strip().lower() if value is not None else None


@click.command(
    "verify-scan", cls=Command, help="刷り上がりの画像 IMAGES を、印刷したフォルダの目録と照らし合わせます。"
)
@click.argument("images", nargs=-1, required=True, type=GIVEN_PATH)
@click.option("--in", "folder", required=True, type=GIVEN_PATH, help="印刷したフォルダ。")
@click.option(
    "--hash",
    "sha256",
    metavar="HASH",
    callback=_hash_of,
    help="目録の照合値（notice print が示す64桁）。台帳のない所で使います。",
)
@job_option
@json_option
def notice_verify_scan(images: tuple[Path, ...], folder: Path, sha256: str | None, job: Path, as_json: bool) -> int:
    from elqr.disk.named_files import read_named_picture
    from elqr.handover.printed_folder import verify_scans

    if sha256 is None:
        from elqr.approvals.dispatch import recorded_sha256

        with open_job(job, rehearsal=True) as session:
            sha256 = recorded_sha256(session, folder)
    scans = list(verify_scans(folder, map(read_named_picture, images), sha256))
    if as_json:
        print_json([scan.as_dict() for scan in scans])
    for scan in scans:
        if not as_json:
            click.echo(
                f"{scan.name}: {scan.page or '不明'}　コード{scan.codes}個　{'一致' if not scan.findings else '相違'}"
            )
        for finding in scan.findings:
            say(str(finding))
    return ExitCode.REVIEW if any(scan.findings for scan in scans) else ExitCode.CLEAN


COMMANDS = (
    notice_print,
    notice_specimen,
    notice_uploaded,
    notice_release,
    notice_approve,
    notice_reject,
    notice_preflight,
    notice_verify_scan,
)
