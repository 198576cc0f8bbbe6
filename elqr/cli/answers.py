"""Answers of the review (申請と承認の答え): what is told of a request, of its end, and of each ruling in the trail."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import click

from elqr.cli.terminal import print_json, say, say_findings
from elqr.vocabulary.ruling_terms import Ruling, RulingResult
from elqr.vocabulary.terms import ExitCode, Outcome

if TYPE_CHECKING:
    from elqr.approvals.review import Ended, Requested
    from elqr.vocabulary.findings import Finding


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
    say_findings((*requested.findings, *requested.remarks))
    if as_json:
        print_json(requested_json(requested))
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


def requested_json(requested: Requested) -> dict[str, object]:
    """申請の結果 for `--json`."""
    return {
        "review": requested.review_no or None,
        "rulings": requested.count,
        "suspense_yen": requested.yen,
        "unchanged": requested.same,
        "left_out": requested.left_out,
        "returned": _by_payment(requested.returned),
        "refused": [finding.as_dict() for finding in requested.findings],
        "remarks": [finding.as_dict() for finding in requested.remarks],
    }


def _by_payment(returned: tuple[tuple[int, int], ...]) -> list[dict[str, int]]:
    return [{"payment": number, "yen": yen} for number, yen in returned]


def _returned_text(returned: tuple[tuple[int, int], ...]) -> str:
    """調定に戻らない額 in words, by payment."""
    return "・".join(f"受付{number}の {yen:,}円" for number, yen in returned)


def say_ended(ended: Ended, as_json: bool) -> int:
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


def say_ruling(row: dict[str, Any], remarks: Iterable[Finding]) -> None:
    """決裁の記録を示す: a row of the trail, and what is to be looked at before it is approved."""
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
        for finding in remarks:
            click.echo(f"  注意 {finding}")
