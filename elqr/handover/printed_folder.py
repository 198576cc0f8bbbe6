"""A printed folder (印刷フォルダ): its manifest, its lists, and scans of the paper compared with them.

Whoever can write into the folder can make manifest, lists and pages agree. So the manifest is first compared with the
hash in the ledger, which can also be taken to where the paper is printed; the manifest then vouches for lists and
pages.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from elqr.disk.atomic_write import write_whole
from elqr.disk.config_files import plain_bytes, read_written
from elqr.disk.content import sha256_of_file
from elqr.disk.inbox import strangers
from elqr.handover.print_manifest import MANIFEST, Manifest, PrintedFile
from elqr.issue.layout import PARTS
from elqr.issue.reading import read_payload
from elqr.printing.imposition import page_label
from elqr.printing.picture import DecodedCode, Symbology
from elqr.printing.picture_reader import read_pictures
from elqr.printing.proof import read_list
from elqr.vocabulary.codes import Code
from elqr.vocabulary.errors import BadFile, CannotWrite, NotFound, cause
from elqr.vocabulary.findings import Finding, Location
from elqr.vocabulary.frames import PrintableNotice, PrintNotice
from elqr.vocabulary.limits import BY_ELQR, NAMED

_TITLES = {Symbology.QR: "eL-QR", Symbology.CODE_128: "バーコード"}
_SHOWN_DIGITS = 32
PROGRESS = ".printing.json"
"""途中の印刷: how far a print has come. It is removed when the print is whole."""


def write_printed(path: Path, data: bytes) -> None:
    """印刷フォルダに書く: names and addresses, so for this user alone whatever the umask is. Raises CannotWrite."""
    missing = [folder for folder in (path.parent, *path.parent.parents) if not folder.exists()]
    try:
        for folder in reversed(missing):
            folder.mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise CannotWrite(
            f"フォルダ {path.parent} を作れません（{cause(error)}）。権限とパスを確かめてください。"
        ) from error
    write_whole(path, data, mode=0o600)


def read_manifest(folder: Path) -> Manifest:
    """発送の目録 of a printed folder. Raises NotFound, BadFile."""
    path = folder / MANIFEST
    data = read_written(path, "発送の目録", "elqr notice print が作ったフォルダを指定してください。", BY_ELQR)
    return Manifest.read(data, path)


def refuse_altered(folder: Path, manifest: Manifest, sha256: str) -> None:
    """書き換えを断る: a manifest with another hash, or a list that is not as the manifest has it. Raises BadFile."""
    if manifest.body_sha256 != sha256:
        raise BadFile(
            f"{folder} の目録は、印刷{manifest.print_no}の照合値（{sha256}）と合いません。"
            "書き換えられたか、ほかの台帳のものです。発送しないでください。"
        )
    for file in manifest.files:
        if file.list_name in changed_files(folder, file):
            raise BadFile(
                f"{folder / file.list_name} が、印刷したときの目録と違います。"
                "書き換えられています。発送せず、もう一度印刷してください。"
            )


def read_stored(path: Path) -> bytes:
    """印刷フォルダのファイル: its bytes. Raises NotFound."""
    try:
        return plain_bytes(path, NAMED)
    except OSError as error:
        raise NotFound(
            f"{path} を読めません（{cause(error)}）。印刷したフォルダをそのまま指定してください。"
        ) from error


def read_lists(folder: Path, files: Iterable[PrintedFile]) -> pl.DataFrame:
    """目録 of these files, in order of page."""
    return pl.concat([read_list(read_stored(folder / file.list_name)) for file in files])


def changed_files(folder: Path, file: PrintedFile) -> list[str]:
    """変わったファイル: the names of a printed file and its list if they are not as they were written."""
    written = ((file.name, file.sha256), (file.list_name, file.list_sha256))
    return [
        name for name, sha256 in written if not (folder / name).is_file() or sha256_of_file(folder / name) != sha256
    ]


def added_files(folder: Path, manifest: Manifest) -> list[str]:
    """加わったファイル: the names in the folder that do not belong to the print."""
    names = [name for file in manifest.files for name in (file.name, file.list_name)]
    return strangers(folder, (MANIFEST, PROGRESS, *names))


@dataclass(frozen=True)
class ScannedSheet:
    """読み取った用紙: a picture, the page it shows, how many codes were read, and what is wrong."""

    name: str
    page: str
    codes: int
    findings: tuple[Finding, ...]

    def as_dict(self) -> dict[str, object]:
        """For `--json`."""
        findings = [finding.as_dict() for finding in self.findings]
        return {"name": self.name, "page": self.page, "codes": self.codes, "findings": findings}


def verify_scans(folder: Path, pictures: Iterable[tuple[str, bytes]], sha256: str) -> Iterator[ScannedSheet]:
    """刷り上がりを照合する: every code in each picture (name, bytes) against the lists of the print.

    `sha256` is the hash of the manifest in the ledger. Raises NotFound, BadFile.
    """
    manifest = read_manifest(folder)
    refuse_altered(folder, manifest, sha256)
    rows = read_lists(folder, manifest.files)
    for name, pages in read_pictures(pictures):
        for no, codes in enumerate(pages, start=1):
            yield _compare_scan(name if len(pages) == 1 else f"{name} {no}枚目", codes, rows)


def _compare_scan(name: str, codes: list[DecodedCode], rows: pl.DataFrame) -> ScannedSheet:
    """一枚の照合: all codes are of one page and as listed, and none of that page is missing."""
    known = rows.filter(
        pl.col(PrintableNotice.DIGITS).is_in([code.text for code in codes if code.symbology is Symbology.QR])
        | pl.col(PrintableNotice.BARCODE).is_in([code.text for code in codes if code.symbology is Symbology.CODE_128])
    )
    pages = known.select(PrintNotice.FILE_NO, PrintNotice.PAGE_NO).unique(maintain_order=True)
    labels = [page_label(*page) for page in pages.iter_rows()]
    page_rows = rows.join(pages, on=pages.columns, how="semi")
    expected = {*page_rows[PrintableNotice.DIGITS], *page_rows[PrintableNotice.BARCODE].drop_nulls()}
    findings = [_unlisted_code(name, code, rows) for code in codes if code.text not in expected]
    if len(labels) > 1:
        findings.append(Finding(Location(name), Code.SCAN_DIFFERS, "・".join(labels), "一枚の用紙"))
    read_count = len(expected & {code.text for code in codes})
    if not codes or read_count < len(expected):
        at_least = f"{len(expected)}個" if expected else "1個以上"
        findings.append(Finding(Location(name), Code.SCAN_UNREADABLE, f"{read_count}個", at_least))
    return ScannedSheet(name, "・".join(labels), len(codes), tuple(sorted(findings)))


def _unlisted_code(name: str, code: DecodedCode, rows: pl.DataFrame) -> Finding:
    """目録にないコード: another print's, or one of ours that says something else."""
    at, shown = Location(name, field=_TITLES[code.symbology]), code.text[:_SHOWN_DIGITS]
    if code.symbology is Symbology.QR:
        values = read_payload(code.text).values
        key_no = str(values["key_no"] or "")
        ours = rows.filter(pl.col(PrintableNotice.KEY_NO) == key_no)
        if ours.height:
            listed_values = read_payload(ours[PrintableNotice.DIGITS][0]).values
            differing = [part for part in values if values[part] != listed_values[part]]
            actual, expected = _summarize(values, differing), _summarize(listed_values, differing)
            return Finding(at, Code.SCAN_DIFFERS, actual, expected)
        shown = _summarize(values, ["office_code"]) if key_no else shown
    return Finding(at, Code.SCAN_UNKNOWN, shown)


def _summarize(values: Mapping[str, object], parts: Iterable[str]) -> str:
    """A payload by its key and yen, and the values of these parts."""
    others = [f"{PARTS[part].title} {values[part]}" for part in parts if part not in ("key_no", "amount_yen")]
    return "、".join([f"納付番号{values['key_no']} {values['amount_yen']}円", *others])
