"""`elqr payload`: eL-QRのコード一件を作る・読む・図形にする."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from elqr.cli.terminal import GIVEN_PATH, Group, json_option, print_json, say
from elqr.vocabulary.errors import BadFile
from elqr.vocabulary.limits import WRITTEN
from elqr.vocabulary.terms import ExitCode

if TYPE_CHECKING:
    from elqr.issue.reading import Reading


@click.group(cls=Group, help="eL-QRのコード一件。")
def payload() -> None:
    pass


@payload.command("encode", help="JSON（一件、引数か標準入力）から255桁を作ります。")
@click.argument("source", required=False)
def payload_encode(source: str | None) -> int:
    from pydantic import ValidationError

    from elqr.issue.payload import PayloadValues, encode
    from elqr.vocabulary.errors import explain

    text = source if source not in (None, "-") else sys.stdin.read(WRITTEN.most + 1)
    if len(text or "") > WRITTEN.most:
        raise BadFile(f"JSONが大きすぎます（上限 {WRITTEN.most:,}）。一件だけを渡してください。")
    try:
        click.echo(encode(PayloadValues.model_validate_json(text or "")))
    except ValidationError as error:
        raise BadFile(
            f"JSONに誤りがあります: {explain(error)}。項目名は elqr payload decode --json の出力と同じです。"
        ) from error
    return 0


@payload.command("decode", help="DIGITS（255桁）か画像のコードを読み、破れた規則をすべて場所とともに示します。")
@click.argument("digits", required=False)
@click.option("--image", type=GIVEN_PATH, help="eL-QRの写った画像（PNG・JPEG・TIFF）。")
@json_option
def payload_decode(digits: str | None, image: Path | None, as_json: bool) -> int:
    from elqr.arithmetic.plain_number import plain_number
    from elqr.issue.reading import read_payload

    if (digits is None) == (image is None):
        raise click.UsageError("255桁か --image のどちらか一つを指定してください。")
    texts = _codes_in_picture(image) if image else [plain_number((digits or "").strip())]
    readings = [read_payload(text) for text in texts]
    if as_json:
        shown = [reading.as_dict() for reading in readings]
        print_json(shown if image else shown[0])
    else:
        for reading in readings:
            _show(reading)
    return ExitCode.CLEAN if all(reading.valid for reading in readings) else ExitCode.FAILED


def _codes_in_picture(image: Path) -> list[str]:
    """画像のeL-QR: their digits, from the top of the picture down. Raises BadFile if there are none."""
    from elqr.disk.named_files import read_named_picture
    from elqr.printing.picture import Symbology
    from elqr.printing.picture_reader import read_pictures

    pictures = read_pictures([read_named_picture(image)])
    codes = [code for _, pages in pictures for page in pages for code in page]
    if texts := [code.text for code in codes if code.symbology is Symbology.QR]:
        return texts
    raise BadFile(f"{image.name} にeL-QRが見つかりません。まっすぐに、明るく、300dpi以上で撮り直してください。")


def _show(reading: Reading) -> None:
    from elqr.issue.layout import PARTS

    click.echo("正しいコードです。" if reading.valid else f"正しくないコードです（{len(reading.findings)}件）。")
    for name, value in reading.values.items():
        click.echo(f"  {PARTS[name].title}: {value if value is not None else '（読めません）'}")
    for finding in reading.findings:
        click.echo(str(finding))


@payload.command("qr", help="DIGITS（255桁）を QR 6-M の図形にします。")
@click.argument("digits")
@click.option("-o", "--out", "out", required=True, type=GIVEN_PATH, help="書き出すファイル（.svg .png .pdf）。")
def payload_qr(digits: str, out: Path) -> int:
    from elqr.arithmetic.plain_number import plain_number
    from elqr.disk.atomic_write import write_whole
    from elqr.issue.reading import read_payload
    from elqr.issue.symbol import draw

    reading = read_payload(plain_number(digits.strip()))
    if not reading.valid:
        raise BadFile(f"正しくないコードは図形にしません: {reading.findings[0]}")
    kinds = {".svg": "svg", ".png": "png", ".pdf": "pdf"}
    if out.suffix.lower() not in kinds:
        raise BadFile(f"{out.name} は書き出せない種類です。.svg .png .pdf のどれかにしてください。")
    write_whole(out, draw(reading.digits, kinds[out.suffix.lower()]))  # type: ignore[arg-type]
    say(f"{out} に書きました。")
    return 0
