"""`elqr review`: 要確認を書き出し、決裁を取り込み、別の人が承認する."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

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
    print_json,
    reason_option,
    say,
    say_findings,
    signer_options,
)
from elqr.vocabulary.ruling_terms import WRITTEN_RULINGS, ReviewKind, Ruling, RulingResult
from elqr.vocabulary.terms import Channel, ExitCode, Outcome, Term

if TYPE_CHECKING:
    from elqr.approvals.open_exceptions import Search
    from elqr.approvals.review import Ended, Requested
    from elqr.report.excel.book import Book


_ENDS = {result.value: RulingResult.APPROVED.value for result in RulingResult} | {
    RulingResult.REFUSED.value: RulingResult.REFUSED.value
}
"""Result of a ruling → how its request ended. A stale ruling was approved with the others."""


@click.group("review", cls=Group, help="要確認の決裁: 書き出し、取り込み、承認、取消。")
def review() -> None:
    pass


def _term_of(kind: type[Term]) -> Any:
    """言葉から項目へ: a callback that finds a term by the word that staff read."""

    def read(context: click.Context, parameter: click.Parameter, value: Any) -> Any:
        many = isinstance(value, tuple)
        terms = [term for word in (value if many else [value]) for term in kind if term.label == word]
        if len(terms) != (len(value) if many else 1):
            words = "・".join(term.label for term in kind)
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
        book, count = export_exceptions(session, _search(**search), out.name)
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
        say_findings((*requested.findings, *reassigned.findings))
        print_json(_requested_json(requested) | {"reassignment": _requested_json(reassigned)})
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
@click.option("--ruling", required=True, callback=_term_of(Ruling), help="決裁（還付候補、保留 など）。")
@click.option("--target", default="", metavar="KEY", help="対象の納付番号（納付書に充てる、充当のとき。20桁）。")
@reason_option
@_search_options
@signer_options
@json_option
def review_decide(ruling: Ruling, target: str, reason: str, signer: Signer, as_json: bool, **search: Any) -> int:
    from elqr.approvals.review import request_by_search

    if ruling not in WRITTEN_RULINGS:
        raise click.BadParameter(f"{ruling.label} はまとめて決められません。elqr review undo を使ってください。")
    if ruling is Ruling.APPROPRIATE and not target.strip():
        raise click.BadParameter(f"{ruling.label} には --target に対象の納付番号が要ります。")
    with signer.open_job() as session:
        requested = request_by_search(session, _search(**search), ruling, signer.sign(reason), target)
    return say_requested(requested, as_json)


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
    return _say_ended(ended, as_json)


@review.command("reject", help="申請 NO を却下します（自分の申請の取り下げにも使います）。")
@click.argument("no", type=NUMBER)
@reason_option
@signer_options
@json_option
def review_reject(no: int, reason: str, signer: Signer, as_json: bool) -> int:
    from elqr.approvals.review import refuse_review

    with signer.open_job() as session:
        ended = refuse_review(session, no, signer.sign(reason))
    return _say_ended(ended, as_json)


_LISTED = (
    "review_no", "kind", "night_on", "asked_at", "asked_by", "source", "sha256", "rulings",
    "result", "taken_at", "taken_by",
)  # fmt: skip


@review.command("list", help="決裁の申請の一覧。")
@click.option("--all", "with_ended", is_flag=True, help="終わった申請も表示します。")
@job_option
@json_option
def review_list(with_ended: bool, job: Path, as_json: bool) -> int:
    from elqr.store.queries.reviews import reviews

    with open_job(job, rehearsal=True) as session, session.ledger.transaction() as connection:
        rows = [row for row in reviews(connection) if with_ended or row["result"] is None]
    if as_json:
        names = {name: name for name in _LISTED} | {"reason": "because"}
        print_json([{name: row[column] for name, column in names.items()} for row in rows])
        return ExitCode.CLEAN
    for row in rows:
        ended = f"{row['taken_by']} が{RulingResult(row['result']).label}" if row["result"] else "承認待ち"
        request = f"申請{row['review_no']}　{row['asked_at'][:16].replace('T', ' ')}　{row['asked_by']}"
        what = f"{ReviewKind(row['kind']).label}　{row['rulings']:,}件"
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
    from elqr.store.entries.acts import ASKED, acts_of_kinds, seat
    from elqr.store.queries.review_trail import trail

    with open_job(job, rehearsal=True) as session, session.ledger.transaction() as connection:
        rows = trail(connection, review_no=no, payment_no=payment).to_dicts()
        acts = acts_of_kinds(connection, ("review",))
    for row in rows:
        row["done_on"] = row["done_on"] and row["done_on"].isoformat()
        row["asked_at_seat"] = seat(acts.get(("review", row["review_no"], ASKED)))
        row["taken_at_seat"] = seat(acts.get(("review", row["review_no"], _ENDS.get(row["result"], ""))))
    if as_json:
        print_json(rows)
        return ExitCode.CLEAN
    for row in rows:
        target = f" → {row['target']}" if row["target"] else ""
        request = f"申請{row['review_no']} {row['source']}".rstrip()
        click.echo(
            f"決裁{row['ruling_no']}（{request}） 受付{row['payment_no']} {Outcome(row['outcome']).label} "
            f"{row['paid_yen']:,}円　{Ruling(row['ruling']).label}{target}"
        )
        click.echo(
            f"  {row['asked_at'][:16].replace('T', ' ')} 担当 {row['staff']}・申請 {row['asked_by']}"
            f"{row['asked_at_seat']}　{row['reason']}"
        )
        if row["done_on"]:
            interest = f"　加算金 {row['interest_yen']:,}円" if row["interest_yen"] else ""
            click.echo(f"  {row['done_on']} {row['number']}".rstrip() + interest)
        if row["result"]:
            yen = f"仮受 {row['before_yen']:,}円 → {row['after_yen']:,}円"
            yen += f"　送付元の取消 {row['withdrawn_yen']:,}円" if row["withdrawn_yen"] else ""
            yen += f"　調定から仮受へ {row['returned_yen']:,}円" if row["returned_yen"] else ""
            because = f"　{row['step_reason']}" if row["step_reason"] else ""
            result = RulingResult(row["result"]).label
            click.echo(
                f"  {row['taken_at'][:16].replace('T', ' ')} {row['taken_by']}{row['taken_at_seat']}　"
                f"{result}　{yen}{because}"
            )
        else:
            click.echo("  承認待ち")
    if not rows:
        click.echo("決裁の記録はありません。")
    return ExitCode.CLEAN


def say_reassigned(requested: Requested, as_json: bool) -> int:
    """組替の申請の結果を告げる."""
    code = say_requested(requested, as_json, ("組替", "動かす額", "対象の納付書に入らない"))
    if requested.returned and not as_json:
        click.echo("全期と、いくつもの調定を納める分納の納付書には、全額を納められるときだけ入ります。")
    return code


def say_requested(
    requested: Requested, as_json: bool, words: tuple[str, str, str] = ("決裁", "仮受額", "調定に戻せない")
) -> int:
    """申請の結果を告げる. `words`: what is requested, which yen these are, and which of them go to suspense."""
    what, which_yen, returned = words
    say_findings(requested.findings)
    if as_json:
        print_json(_requested_json(requested))
    elif requested.review_no:
        click.echo(f"申請{requested.review_no}　{what} {requested.count:,}件　{which_yen} {requested.yen:,}円")
        click.echo(f"ほかの人が elqr review approve {requested.review_no} で承認すると、台帳に反映します。")
        if requested.returned:
            click.echo(f"{returned} {_returned_text(requested.returned)}は、承認すると仮受に入り、要確認になります。")
    else:
        click.echo(f"{what}の新しい申請はありません。")
    if not as_json and requested.left_out:
        click.echo(f"同じ照会キーの納付書がない（充てられない）収納 {requested.left_out:,}件は、申請に入れていません。")
    if not as_json and (requested.same or requested.findings):
        click.echo(f"申請済み・承認済みと同じ行 {requested.same:,}件　取り込まなかった行 {len(requested.findings):,}件")
    return ExitCode.REVIEW if requested.findings else ExitCode.CLEAN


def _requested_json(requested: Requested) -> dict[str, object]:
    """申請の結果 for `--json`."""
    return {
        "review": requested.review_no or None,
        "rulings": requested.count,
        "suspense_yen": requested.yen,
        "unchanged": requested.same,
        "left_out": requested.left_out,
        "returned": _by_payment(requested.returned),
        "refused": [finding.as_dict() for finding in requested.findings],
    }


def _by_payment(returned: tuple[tuple[int, int], ...]) -> list[dict[str, int]]:
    return [{"payment": number, "yen": yen} for number, yen in returned]


def _returned_text(returned: tuple[tuple[int, int], ...]) -> str:
    """調定に戻らない額 in words, by payment."""
    return "・".join(f"受付{number}の {yen:,}円" for number, yen in returned)


def _say_ended(ended: Ended, as_json: bool) -> int:
    counts = {result.label: ended.counts[result] for result in RulingResult if ended.counts[result]}
    if as_json:
        print_json(
            {
                "review": ended.review_no,
                "results": counts,
                "moved_yen": ended.moved_yen,
                "withdrawn_yen": ended.withdrawn_yen,
                "stale": ended.stale,
                "returned": _by_payment(ended.returned),
            }
        )
    else:
        results = "　".join(f"{name} {count:,}件" for name, count in counts.items())
        click.echo(
            f"申請{ended.review_no}　{results}　"
            + (f"仮受へ {-ended.moved_yen:,}円" if ended.moved_yen < 0 else f"仮受から {ended.moved_yen:,}円")
            + (f"　送付元の取消へ {ended.withdrawn_yen:,}円" if ended.withdrawn_yen > 0 else "")
            + (f"　送付元の取消から {-ended.withdrawn_yen:,}円" if ended.withdrawn_yen < 0 else "")
        )
    if ended.returned and not as_json:
        say(
            f"調定がその後ふさがっていて戻せない {_returned_text(ended.returned)}は、仮受に入れました。"
            "要確認で、還付候補か充て先を決めてください。"
        )
    if ended.stale:
        say(
            f"申請のあとで収納か対象の納付書が変わったため、決裁番号 {'・'.join(map(str, ended.stale))} は"
            "反映していません（無効）。"
            "今の状態を見て、決め直してください。"
        )
        return ExitCode.REVIEW
    return ExitCode.CLEAN
