"""`elqr review`: 要確認を書き出し、決裁を取り込み、別の人が承認する."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from elqr.cli.answers import requested_json, say_ended, say_reassigned, say_requested, say_ruling
from elqr.cli.terminal import (
    GIVEN_PATH,
    NUMBER,
    Group,
    Signer,
    date_option,
    day_of,
    job_option,
    json_option,
    open_job,
    person,
    print_json,
    reason_option,
    say,
    say_findings,
    say_unknown,
    signer_options,
)
from elqr.vocabulary.ruling_terms import WRITTEN_RULINGS, ReviewKind, Ruling, RulingResult
from elqr.vocabulary.terms import Channel, ExitCode, Outcome, Term

if TYPE_CHECKING:
    from elqr.approvals.open_exceptions import Search
    from elqr.report.excel.book import Book
    from elqr.session.session import Session


@click.group("review", cls=Group, help="要確認の決裁: 書き出し、取り込み、承認、取消。")
def review() -> None:
    pass


def _term_of(kind: type[Term], offered: Iterable[Term] = ()) -> Any:
    """言葉から項目へ: a callback that finds a term by the word that staff read; `offered` are those to choose from."""

    def read(context: click.Context, parameter: click.Parameter, value: Any) -> Any:
        many = isinstance(value, tuple)
        terms = [term for word in (value if many else [value]) for term in kind if term.label == word]
        if len(terms) != (len(value) if many else 1):
            words = "・".join(term.label for term in offered or kind)
            raise click.BadParameter(
                f"{'・'.join(value) if many else value} は選べません。{words} から選んでください。"
            )
        return tuple(terms) if many else terms[0]

    return read


def _search_options(function: Any) -> Any:
    options = (
        click.option(
            "--payment", "payments", type=NUMBER, multiple=True, metavar="NO", help="受付番号（いくつでも）。"
        ),
        click.option(
            "--outcome", "outcomes", multiple=True, callback=_term_of(Outcome), help="理由（該当なし、過納 など）。"
        ),
        click.option("--department", "departments", multiple=True, help="所管課。"),
        click.option("--procedure", "procedures", multiple=True, metavar="CODE", help="手続。"),
        click.option("--channel", "channels", multiple=True, callback=_term_of(Channel), help="収納チャネル。"),
        click.option("--paid-until", callback=day_of, help="領収日がこの日まで（YYYY-MM-DD）。"),
    )
    for option in reversed(options):
        function = option(function)
    return function


def _search_of(session: Session, search: dict[str, Any]) -> Search:
    """探す条件 of the options. Names that the register does not have are told."""
    procedures = session.register.procedure
    say_unknown("手続", search["procedures"], [procedure.code for procedure in procedures])
    say_unknown("所管課", search["departments"], [procedure.department for procedure in procedures])
    return _search(**search)


def _search(
    payments: tuple[int, ...],
    outcomes: tuple[Outcome, ...],
    departments: tuple[str, ...],
    procedures: tuple[str, ...],
    channels: tuple[Channel, ...],
    paid_until: date | None,
) -> Search:
    from elqr.approvals.open_exceptions import Search

    return Search(payments, outcomes, departments, procedures, channels, paid_until)


@review.command("export", help="今の要確認を、決裁を書くブックに書き出します。")
@click.option("-o", "--out", required=True, type=GIVEN_PATH, help="書き出すファイル（.xlsx）。")
@_search_options
@job_option
@date_option
def review_export(out: Path, job: Path, day: date | None, **search: Any) -> int:
    from elqr.approvals.open_exceptions import export_exceptions

    refuse_taken_book(out)
    with open_job(job, day, rehearsal=True) as session:
        book, count = export_exceptions(session, _search_of(session, search), out.name)
    write_book(out, book)
    click.echo(f"要確認 {count:,}件　→ {out}")
    return ExitCode.CLEAN


def refuse_taken_book(out: Path) -> None:
    """書いたブックを消さない. Raises BadFile for a name that is taken, or is no workbook's."""
    from elqr.vocabulary.errors import BadFile

    if out.suffix.lower() != ".xlsx":
        raise BadFile(f"{out} は .xlsx ではありません。Excel のブックの名前を指定してください。")
    if out.exists():
        raise BadFile(f"{out} はすでにあります。書き込んだ決裁を消さないよう、別の名前を指定してください。")


def write_book(out: Path, book: Book) -> None:
    """ブックを書く."""
    from elqr.disk.atomic_write import write_whole
    from elqr.report.excel.workbook import book_bytes

    write_whole(out, book_bytes(book))


@review.command(
    "import", help="決裁を書いた要確認のブックか、一歩を書いた過誤納整理簿 FILE を取り込み、承認を申請します。"
)
@click.argument("file", type=GIVEN_PATH)
@signer_options
@json_option
def review_import(file: Path, signer: Signer, as_json: bool) -> int:
    from elqr.approvals.review_book import request_from_book
    from elqr.disk.named_files import read_named

    with signer.open_job() as session:
        by_book = request_from_book(session, file.name, read_named(file), signer.sign())
    requested, reassigned = by_book.rulings, by_book.reassignments
    if as_json:
        say_findings((*requested.findings, *requested.remarks, *reassigned.findings, *reassigned.remarks))
        print_json(requested_json(requested) | {"reassignment": requested_json(reassigned)})
    else:
        asks_to_reassign = reassigned.count or reassigned.same or reassigned.findings
        if requested.count or requested.same or requested.findings or not asks_to_reassign:
            say_requested(requested, as_json)
        if asks_to_reassign:
            say_reassigned(reassigned, as_json)
    return ExitCode.REVIEW if requested.findings or reassigned.findings else ExitCode.CLEAN


@review.command(
    "decide",
    help="条件に合う要確認を、まとめて一つの決裁で申請します。--target のない「納付書に充てる」は、"
    "照会キーと同じ納付書が後から届いたものを、それぞれその納付書に充てます。",
)
@click.option(
    "--ruling", required=True, callback=_term_of(Ruling, WRITTEN_RULINGS), help="決裁（還付候補、保留 など）。"
)
@click.option("--target", default="", metavar="KEY", help="対象の納付番号（納付書に充てる、充当のとき。20桁）。")
@reason_option
@_search_options
@signer_options
@json_option
def review_decide(ruling: Ruling, target: str, reason: str, signer: Signer, as_json: bool, **search: Any) -> int:
    from elqr.approvals.review import request_by_search

    if ruling not in WRITTEN_RULINGS:
        raise click.BadParameter(f"{ruling.label} はまとめて決められません。{_command_of(ruling)} を使ってください。")
    if ruling is Ruling.APPROPRIATE and not target.strip():
        raise click.BadParameter(f"{ruling.label} には --target に対象の納付番号が要ります。")
    with signer.open_job() as session:
        requested = request_by_search(session, _search_of(session, search), ruling, signer.sign(reason), target)
    return say_requested(requested, as_json)


def _command_of(ruling: Ruling) -> str:
    """その決裁のコマンド, for the rulings that are not written."""
    return {Ruling.UNDO: "elqr review undo", Ruling.REASSIGN: "elqr review reassign"}.get(ruling, "elqr refund")


@review.command("undo", help="承認した決裁を取り消すことを申請します（NUMBERS は決裁番号）。")
@click.argument("numbers", nargs=-1, required=True, type=NUMBER)
@reason_option
@signer_options
@json_option
def review_undo(numbers: tuple[int, ...], reason: str, signer: Signer, as_json: bool) -> int:
    from elqr.approvals.review import request_undo

    with signer.open_job() as session:
        requested = request_undo(session, numbers, signer.sign(reason))
    return say_requested(requested, as_json)


@review.command(
    "reassign",
    help="計上した収納の組替を申請します（NUMBERS は受付番号）。--target の納付書へ移し、なければ仮受に戻します。",
)
@click.argument("numbers", nargs=-1, required=True, type=NUMBER)
@click.option("--target", default="", metavar="KEY", help="本来納めるはずだった納付書の納付番号（20桁）。")
@reason_option
@signer_options
@json_option
def review_reassign(numbers: tuple[int, ...], target: str, reason: str, signer: Signer, as_json: bool) -> int:
    from elqr.approvals.reassignment import request_reassignment

    with signer.open_job() as session:
        requested = request_reassignment(session, numbers, target, signer.sign(reason))
    return say_reassigned(requested, as_json)


@review.command("approve", help="申請 NO を承認します（申請した人・決めた人とは別の人が）。")
@click.argument("no", type=NUMBER)
@signer_options
@json_option
def review_approve(no: int, signer: Signer, as_json: bool) -> int:
    from elqr.approvals.review import approve_review

    with signer.open_job() as session:
        ended = approve_review(session, no, signer.sign())
    return say_ended(ended, as_json)


@review.command("reject", help="申請 NO を却下します（自分の申請の取り下げにも使います）。")
@click.argument("no", type=NUMBER)
@reason_option
@signer_options
@json_option
def review_reject(no: int, reason: str, signer: Signer, as_json: bool) -> int:
    from elqr.approvals.review import refuse_review

    with signer.open_job() as session:
        ended = refuse_review(session, no, signer.sign(reason))
    return say_ended(ended, as_json)


_LISTED = (
    "review_no", "kind", "night_on", "asked_at", "asked_by", "source", "sha256", "rulings",
    "result", "taken_at", "taken_by",
)  # fmt: skip


@review.command("list", help="決裁の申請の一覧。")
@click.option("--all", "with_ended", is_flag=True, help="終わった申請も表示します。")
@job_option
@json_option
def review_list(with_ended: bool, job: Path, as_json: bool) -> int:
    from elqr.approvals.remarks import remarks_of_review
    from elqr.store.queries.reviews import reviews

    with open_job(job, rehearsal=True) as session, session.ledger.transaction() as connection:
        rows = [row for row in reviews(connection) if with_ended or row["result"] is None]
        for row in rows:
            row["remarks"] = 0 if row["result"] else len(remarks_of_review(session, row["review_no"]))
    if as_json:
        names = {name: name for name in (*_LISTED, "remarks")} | {"reason": "because"}
        print_json([{name: row[column] for name, column in names.items()} for row in rows])
        return ExitCode.CLEAN
    for row in rows:
        ended = f"{person(row, 'taken')} が{RulingResult(row['result']).label}" if row["result"] else "承認待ち"
        request = f"申請{row['review_no']}　{row['asked_at'][:16].replace('T', ' ')}　{person(row, 'asked')}"
        what = f"{ReviewKind(row['kind']).label}　{row['rulings']:,}件"
        what += f"　注意 {row['remarks']:,}件" if row["remarks"] else ""
        click.echo(f"{request}　{what}　{ended}　{row['source']}")
    if any(not row["result"] for row in rows):
        say("申請の中身は elqr review trail --review NO で見られます。")
    if not rows:
        click.echo("承認を待つ申請はありません。" if not with_ended else "申請はありません。")
    return ExitCode.CLEAN


@review.command("trail", help="決裁の記録: 誰が・いつ・なぜ・前後の仮受額。")
@click.option("--review", "no", type=NUMBER, metavar="NO", help="申請番号。")
@click.option("--payment", type=NUMBER, metavar="NO", help="受付番号。")
@job_option
@json_option
def review_trail(no: int | None, payment: int | None, job: Path, as_json: bool) -> int:
    from elqr.approvals.remarks import remarks_of_waiting
    from elqr.session.operators import seat_words
    from elqr.store.queries.review_trail import trail

    with open_job(job, rehearsal=True) as session, session.ledger.transaction() as connection:
        rows = trail(connection, review_no=no, payment_no=payment).to_dicts()
        remarks = remarks_of_waiting(session, [row["ruling_no"] for row in rows])
    for row in rows:
        row["remarks"] = [finding.as_dict() for finding in remarks.get(row["ruling_no"], ())]
        row["done_on"] = row["done_on"] and row["done_on"].isoformat()
        row["asked_at_seat"], row["taken_at_seat"] = seat_words(row["asked_seat"]), seat_words(row["taken_seat"])
    if as_json:
        print_json(rows)
        return ExitCode.CLEAN
    for row in rows:
        say_ruling(row, remarks.get(row["ruling_no"], ()))
    if not rows:
        click.echo("決裁の記録はありません。")
    return ExitCode.CLEAN
