"""Printing a batch (印刷): choose, plan, print and prove file by file, record.

One file is in memory at a time (or one per worker), so that a hundred thousand pages need no more memory than a
thousand. An interrupted print continues where it stopped: files that are complete and unchanged are kept. The ledger
learns of a print when all of it is there.
"""

import hashlib
import hmac
import json
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from datetime import date
from multiprocessing import get_context
from pathlib import Path

import polars as pl
from pydantic import BaseModel, ValidationError

from elqr import __version__
from elqr.disk.config_files import plain_bytes
from elqr.disk.content import sha256_of
from elqr.handover.print_manifest import MANIFEST, PRINT_RULES, Manifest, Preflight, PrintedFile, standing_findings
from elqr.handover.printed_folder import PROGRESS, changed_files, read_manifest, write_printed
from elqr.printing.drawing import face_for
from elqr.printing.imposition import Placement, assign_files
from elqr.printing.preflight import PreflightResult
from elqr.printing.proof import Order, Proof, prove, read_list
from elqr.printing.specimen import specimen
from elqr.printing.template import Template
from elqr.printing.typeface import Typeface
from elqr.printing.wording import Office
from elqr.rules.register import Register
from elqr.session.job import Job
from elqr.session.session import Session
from elqr.store.entries.acts import RECORDED, Act, enter_act
from elqr.store.queries import printing as queries
from elqr.store.queries.ledger_identity import ledger_id, next_handed_out
from elqr.store.tables import ledger as tables
from elqr.vocabulary.codes import Code
from elqr.vocabulary.errors import BadFile, CannotWrite, NotFound, Refused
from elqr.vocabulary.findings import LISTED_PER_CODE, Finding, Location
from elqr.vocabulary.frames import NoticeStanding, Payload, PrintNotice
from elqr.vocabulary.limits import BY_ELQR
from elqr.vocabulary.terms import PrintState


@dataclass(frozen=True)
class Wish:
    """印刷の指示: what to print and how. `keys` are 納付番号, or None for everything not printed yet."""

    out: Path
    procedures: tuple[str, ...] = ()
    keys: tuple[str, ...] | None = None
    template: str | None = None
    pages_a_file: int = 1000
    sample: int | None = None
    workers: int = 1


@dataclass
class PrintResult:
    """印刷の結果: the manifest, None if there was nothing to print, and findings on what could not be printed."""

    manifest: Manifest | None
    findings: list[Finding] = field(default_factory=list)


def print_notices(
    session: Session, templates: Mapping[str, Template], wish: Wish, show: Callable[[int, int], None]
) -> PrintResult:
    """納付書を印刷する: PDFs, their lists and the manifest into `wish.out`. `show` gets files done and in all."""
    _refuse_finished(session, wish.out)
    chosen, findings = _choose(session, wish)
    if chosen.is_empty():
        return PrintResult(None, findings)
    is_reprint = bool(chosen[NoticeStanding.IS_RELEASED].all())
    if wish.sample is not None and not is_reprint:
        raise Refused(
            "抜取り検査（--sample）は、前に発送した納付書の刷り直しだけで使えます。--sample を外して実行してください。"
        )
    plan = _plan(session, chosen, templates, wish)
    batch = _Batch(session, templates, wish, plan)
    files = batch.print_files(show)
    manifest = _record(session, batch, files, is_reprint) if files else None
    (wish.out / PROGRESS).unlink(missing_ok=True)
    return PrintResult(manifest, findings + batch.left_out + batch.stopped)


def _refuse_finished(session: Session, folder: Path) -> None:
    """印刷の終わったフォルダを断る: the ledger has its print. A print that the ledger lacks was cut short."""
    path, progress = folder / MANIFEST, folder / PROGRESS
    if not path.exists():
        return
    manifest = read_manifest(folder)
    with session.ledger.transaction() as connection:
        batch = queries.print_batch(connection, manifest.print_no)
    if batch is not None and batch["manifest_sha256"] == manifest.body_sha256:
        progress.unlink(missing_ok=True)
    if not progress.exists():
        raise BadFile(f"{folder} には印刷済みの納付書があります。別のフォルダを指定してください。")


def print_specimen(
    job: Job, register: Register, templates: Mapping[str, Template], name: str, procedure_code: str | None, day: date
) -> Proof:
    """見本刷り of a template, proved like any print, without the ledger. Raises NotFound."""
    template = _find_template(templates, name)
    procedures = [
        procedure
        for procedure in register.procedure
        if (procedure.code == procedure_code if procedure_code else procedure.kind in template.kinds)
    ]
    if not procedures:
        raise NotFound("手続台帳に、この版下を使う手続がありません。--procedure に手続の code を書いてください。")
    notices = specimen(procedures[0].code, procedures[0].item_no, len(template.page.slips), day)
    return prove(Order(template, face_for(template), Office(job.city.name, register.names), 0, day, notices))


def _find_template(templates: Mapping[str, Template], name: str) -> Template:
    if name not in templates:
        raise NotFound(f"版下 {name} はありません。使えるのは {', '.join(templates)} です。")
    return templates[name]


def _choose(session: Session, wish: Wish) -> tuple[pl.DataFrame, list[Finding]]:
    """印刷する納付書を選ぶ: frame NoticeStanding, and findings on wished notices that are left out."""
    known = {procedure.code for procedure in session.register.procedure}
    if unknown := sorted(set(wish.procedures) - known):
        raise NotFound(f"手続 {', '.join(unknown)} は手続台帳にありません。code を確かめてください。")
    is_printable = ~pl.any_horizontal(broken for _, broken in PRINT_RULES)
    with session.ledger.transaction() as connection:
        if wish.keys is None:
            rows = queries.standings(connection, wish.procedures or None)
            return rows.filter(is_printable & ~pl.col(NoticeStanding.IS_PRINTED)), []
        keys = pl.Series(Payload.KEY_NO, wish.keys, dtype=pl.String).unique(maintain_order=True)
        known_keys = queries.notices_of_keys(connection, keys)
        rows = queries.standings_of(connection, known_keys[Payload.NOTICE_NO])
    if wish.procedures:
        rows = rows.filter(pl.col(NoticeStanding.PROCEDURE_CODE).is_in(wish.procedures))
    unknown_keys = keys.filter(~keys.is_in(known_keys[Payload.KEY_NO].implode()))
    findings = [Finding(Location(f"納付番号{key}"), Code.NOT_ISSUED) for key in unknown_keys]
    findings += standing_findings(rows, PRINT_RULES)
    return rows.filter(is_printable), findings


def _plan(session: Session, chosen: pl.DataFrame, templates: Mapping[str, Template], wish: Wish) -> pl.DataFrame:
    """版下とファイルを決める: columns notice_no, template, file_no in enveloping order."""
    if wish.template is not None:
        _find_template(templates, wish.template)
    by_code: dict[str, str] = {}
    for code in sorted(chosen[NoticeStanding.PROCEDURE_CODE].unique()):
        procedure = session.register.named(code)
        if procedure is None:
            raise NotFound(f"手続 {code} は手続台帳にありません。手続台帳に登録してから印刷してください。")
        fitting = [name for name, template in templates.items() if procedure.kind in template.kinds]
        if wish.template is None and not fitting:
            raise NotFound(
                f"手続 {code}（{procedure.kind}）の版下がありません。"
                "--template で指定するか、版下の kinds に書いてください。"
            )
        by_code[code] = wish.template or fitting[0]
    template_name = pl.col(NoticeStanding.PROCEDURE_CODE).replace_strict(by_code, return_dtype=pl.String)
    places = {name: len(templates[name].page.slips) for name in by_code.values()}
    plan = assign_files(chosen.with_columns(template_name.alias(Placement.TEMPLATE)), places, wish.pages_a_file)
    return plan.select(NoticeStanding.NOTICE_NO, Placement.TEMPLATE, Placement.FILE_NO)


class _DoneFile(BaseModel):
    """刷り終えたファイル: one that is printed and proved."""

    file: PrintedFile | None = None
    checked: PreflightResult
    left_out: tuple[Finding, ...] = ()


class _Progress(BaseModel):
    """途中経過: where an interrupted print continues. Its seal proves that a print wrote it."""

    plan: str
    files: dict[int, _DoneFile] = {}
    seal: str = ""

    def expected_seal(self, secret: bytes) -> str:
        """印: the seal that this content must have."""
        body = self.model_dump_json(exclude={"seal"})
        return hmac.new(secret, f"{PROGRESS}\n{body}".encode(), hashlib.sha256).hexdigest()


class _Batch:
    """一回の印刷: the plan, what is done, and what was found."""

    def __init__(self, session: Session, templates: Mapping[str, Template], wish: Wish, plan: pl.DataFrame) -> None:
        self.session, self.wish, self.plan = session, wish, plan
        used = plan[Placement.TEMPLATE].unique().sort()
        self.templates = {name: templates[name] for name in used}
        self.faces: dict[str, Typeface] = {name: face_for(template) for name, template in self.templates.items()}
        self.office = Office(session.job.city.name, session.register.names)
        self.left_out: list[Finding] = []
        self.stopped: list[Finding] = []
        self.checked: list[PreflightResult] = []

    @property
    def plan_sha256(self) -> str:
        """Hash of all that decides the bytes of the print. A folder begun with another one is not continued."""
        settings = {
            "program": __version__,
            "made_on": self.session.night_on.isoformat(),
            "sample": self.wish.sample,
            "sheets": self.sheets,
            "fonts": {name: sha256_of(face.data) for name, face in self.faces.items()},
            "office": [self.office.city, sorted(self.office.procedures.items())],
        }
        rows = self.plan.hash_rows(seed=0).to_numpy().tobytes()
        return sha256_of(json.dumps(settings, sort_keys=True).encode() + rows)

    @property
    def sheets(self) -> dict[str, str]:
        """版下の内容のハッシュ: name → hash."""
        return {name: template.sha256 for name, template in self.templates.items()}

    def print_files(self, show: Callable[[int, int], None]) -> list[PrintedFile]:
        """刷って確かめる: every file, or what is kept from before. Progress is written after each."""
        progress = self._resume()
        numbers = self.plan[Placement.FILE_NO].unique().sort().to_list()
        show(len(progress.files), len(numbers))
        todo = (self._order(no) for no in numbers if no not in progress.files)
        for order, proof in _prove_all(todo, self.wish.workers):
            progress.files[order.file_no] = self._write(order, proof)
            progress.seal = progress.expected_seal(self.session.setup.secret)
            write_printed(self.wish.out / PROGRESS, progress.model_dump_json().encode())
            show(len(progress.files), len(numbers))
        entries = [progress.files[no] for no in numbers]
        self.left_out = [finding for entry in entries for finding in entry.left_out]
        self.stopped = [finding for entry in entries for finding in entry.checked.findings]
        self.checked = [entry.checked for entry in entries]
        return [entry.file for entry in entries if entry.file is not None]

    def _resume(self) -> _Progress:
        """中断した印刷から続ける: with its files that are whole."""
        path, plan = self.wish.out / PROGRESS, self.plan_sha256
        if not path.exists():
            if self.wish.out.exists() and any(self.wish.out.glob("*.pdf")):
                raise BadFile(f"{self.wish.out} にはほかのPDFがあります。新しいフォルダを指定してください。")
            return _Progress(plan=plan)
        try:
            progress = _Progress.model_validate_json(plain_bytes(path, BY_ELQR))
        except (OSError, ValidationError):
            return _Progress(plan=plan)
        if not hmac.compare_digest(progress.seal.encode(), progress.expected_seal(self.session.setup.secret).encode()):
            return _Progress(plan=plan)
        if progress.plan != plan:
            raise BadFile(
                f"{self.wish.out} は、納付書・版下・日付のどれかが違う印刷の途中です。"
                "続けずに刷り直すなら、フォルダを消すか、別のフォルダを指定してください。"
            )
        files = {
            no: entry
            for no, entry in progress.files.items()
            if entry.file is None or not changed_files(self.wish.out, entry.file)
        }
        return _Progress(plan=plan, files=files)

    def _order(self, file_no: int) -> Order:
        rows = self.plan.filter(pl.col(Placement.FILE_NO) == file_no)
        name = rows[Placement.TEMPLATE][0]
        with self.session.ledger.transaction() as connection:
            notices = queries.printable_notices(connection, rows[NoticeStanding.NOTICE_NO])
        assert notices.height == rows.height, "every planned notice is read once"
        made_on, sample = self.session.night_on, self.wish.sample
        return Order(self.templates[name], self.faces[name], self.office, file_no, made_on, notices, sample)

    def _write(self, order: Order, proof: Proof) -> _DoneFile:
        """ファイルと目録を書く. Returns what the manifest needs to know."""
        if not proof.notices:
            return _DoneFile(checked=proof.checked, left_out=proof.left_out)
        pdf, list_name = f"{order.name}.pdf", f"{order.name}.csv"
        write_printed(self.wish.out / pdf, proof.pdf)
        write_printed(self.wish.out / list_name, proof.list_csv)
        file = PrintedFile(
            name=pdf,
            sha256=sha256_of(proof.pdf),
            list_name=list_name,
            list_sha256=sha256_of(proof.list_csv),
            template=order.template.name,
            pages=proof.pages,
            notices=proof.notices,
            yen=proof.yen,
        )
        return _DoneFile(file=file, checked=proof.checked, left_out=proof.left_out)


def _prove_all(orders: Iterable[Order], workers: int) -> Iterator[tuple[Order, Proof]]:
    """印刷と検査, in the given order, with at most two orders in memory per worker."""
    if workers <= 1:
        for order in orders:
            yield order, prove(order)
        return
    waiting: deque[tuple[Order, Future[Proof]]] = deque()
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        try:
            for order in orders:
                waiting.append((order, pool.submit(prove, order)))
                if len(waiting) >= 2 * workers:
                    first, future = waiting.popleft()
                    yield first, future.result()
            for order, future in waiting:
                yield order, future.result()
        except BrokenProcessPool as error:
            raise CannotWrite(
                "並べて動かしていた印刷の一つが止まりました（メモリ不足など）。終わったファイルは残っています。"
                "--workers 1 を付けて、もう一度実行してください。"
            ) from error


def _record(session: Session, batch: _Batch, files: list[PrintedFile], is_reprint: bool) -> Manifest:
    """印刷を台帳に記す. The manifest is written before the ledger commits: after a crash both are made again."""
    results = batch.checked
    with session.ledger.transaction() as connection:
        print_no = next_handed_out(connection, tables.print_batch.c.print_no)
        manifest = Manifest(
            print_no=print_no,
            ledger_id=ledger_id(connection),
            printed_on=session.night_on.isoformat(),
            program=f"elqr {__version__}",
            sheets=batch.sheets,
            font=" / ".join(sorted({face.name for face in batch.faces.values()})),
            is_reprint=is_reprint,
            files=tuple(files),
            pages=sum(file.pages for file in files),
            notices=sum(file.notices for file in files),
            yen=sum(file.yen for file in files),
            preflight=Preflight(
                scope="all" if batch.wish.sample is None else "sample",
                pages=sum(result.pages for result in results),
                symbols=sum(result.symbols for result in results),
                bar_codes=sum(result.bar_codes for result in results),
                texts=sum(result.texts for result in results),
                findings=tuple(finding.as_dict() for finding in batch.stopped[:LISTED_PER_CODE]),
            ),
            left_out=tuple(finding.as_dict() for finding in batch.left_out[:LISTED_PER_CODE]),
            state=PrintState.STOPPED if batch.stopped else PrintState.PRINTED,
        )
        row = {
            "print_no": print_no,
            "printed_on": manifest.printed_on,
            "pages": manifest.pages,
            "notices": manifest.notices,
            "yen": manifest.yen,
            "is_passed": int(not batch.stopped),
            "manifest_sha256": manifest.body_sha256,
        }
        queries.enter_print(connection, row, _read_places(batch.wish.out, files, print_no))
        enter_act(connection, session.night_on, Act("print_batch", print_no, RECORDED, "", {"print_batch": [row]}))
        write_printed(batch.wish.out / MANIFEST, manifest.as_bytes())
    return manifest


def _read_places(folder: Path, files: Iterable[PrintedFile], print_no: int) -> Iterator[pl.DataFrame]:
    """納付書の場所を読む, back from the lists that were written: frames PrintNotice."""
    for file in files:
        rows = read_list((folder / file.list_name).read_bytes())
        assert rows.height == file.notices, "the list names every notice of its file"
        yield PrintNotice.of(rows.with_columns(pl.lit(print_no, pl.Int64).alias(PrintNotice.PRINT_NO)))
