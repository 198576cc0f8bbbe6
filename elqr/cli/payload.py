"""`elqr payload`: eL-QRのコード一件を作る・読む・図形にする."""

import sys
from pathlib import Path

import click

from elqr.cli.terminal import Group, json_option, print_json, say
from elqr.errors import BadFile
from elqr.terms import ExitCode


@click.group(cls=Group, help="eL-QRのコード一件。")
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
@json_option
def payload_decode(digits: str, as_json: bool) -> int:
    from elqr.issue.reading import read_payload

    reading = read_payload(digits.strip())
    if as_json:
        print_json(reading.as_dict())
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
    say(f"{out} に書きました。")
    return 0
