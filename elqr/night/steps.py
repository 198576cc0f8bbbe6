"""The steps of a night (夜の一歩ずつ): issuing, returning excess, matching, posting. Their order is in order.py.

Each file is taken in by one transaction and the night is posted by one more, over all accepted files
together and whatever an interrupted night left unmatched. So the order of files cannot matter, a crash
between two steps loses nothing, and running again changes nothing.
"""

from collections.abc import Iterable
from functools import partial
from pathlib import Path

import polars as pl

from elqr import __version__
from elqr.arithmetic.fiscal_year import OpenYears
from elqr.disk.content import sha256_of
from elqr.disk.own_json import own_json_bytes
from elqr.formats.encode import encode_csv
from elqr.issue.issuing import Codes, payloads, with_keys
from elqr.issue.serials import last_serial
from elqr.night.remittance import settle_night
from elqr.night.take_in import take_file, take_notices
from elqr.report.data_files import files_of
from elqr.report.tables.night import long_outcome_table
from elqr.rules.alarms import unknown_by_channel
from elqr.rules.matching import Matched
from elqr.rules.night_result import SLIP, InHand
from elqr.rules.partition import slices, together
from elqr.rules.postings import postings
from elqr.rules.reductions import reductions
from elqr.rules.settlement import bundles
from elqr.rules.suggestions import neighbours, suggestions
from elqr.session.job import Inbox
from elqr.session.night import Night, Posted
from elqr.store.entries import money as money_entries
from elqr.store.entries import night as entries
from elqr.store.queries import chain as links
from elqr.store.queries import matching as queries
from elqr.store.queries import months as month_queries
from elqr.store.queries import moves
from elqr.store.queries import reductions as reduction_queries
from elqr.store.queries import reports as report_queries
from elqr.store.queries import undecided as undecided_queries
from elqr.store.queries.ledger_identity import ledger_id, next_handed_out, skip_serials
from elqr.store.tables import ledger as tables
from elqr.vocabulary.errors import BadFile, Refused
from elqr.vocabulary.frames import Candidate, Decision, Known, Notice, Payload, Payment
from elqr.vocabulary.terms import KeyKind, Outcome, Place

_MATCHED_AT_ONCE = 125_000
"""Payments: more at a time take more memory, and no less time."""
UPLOAD_SPEC = "eltax_notice_upload_csv"


class OneMachine:
    """一台の機械: what lies in the inboxes, taken in and matched here."""

    def take_notices(self, night: Night) -> bool:
        """納付書データを取り込む from its inbox."""
        notices = night.job.notices
        if notices is None:
            return False
        for arrived in night.arrivals(notices.inbox, night.watch_notices(notices)):
            take_notices(night, arrived)
        return notices.issue

    def take_payments(self, night: Night) -> None:
        """収納データを取り込む from the inboxes."""
        self._take(night, night.job.inbox, "収納データ取込")

    def take_money(self, night: Night) -> None:
        """入金データを取り込む from the inboxes."""
        self._take(night, night.job.money, "入金データ取込")

    def _take(self, night: Night, boxes: Iterable[Inbox], what: str) -> None:
        for box in boxes:
            specs = [night.specs[name] for name in box.specs]
            for arrived in night.arrivals(box.path, night.watch(box)):
                take_file(night, arrived, specs, what, night.job.box_name(box.path))

    def post(self, night: Night) -> Posted:
        """計上する: all payments without a decision, matched and entered here."""
        decisions, payments, posted_yen = _post(night, _waiting(night))
        yen = int(payments[Payment.PAID_YEN].sum())
        return Posted(payments.height, yen, places(decisions, payments), channels(decisions, payments), posted_yen)


def return_excess(night: Night) -> None:
    """減額による過納を仮受へ移す: what slips that came since leave on their claims beyond what is owed, with its link.

    Before the files: a payment of tonight meets the claims as they are owed tonight.
    """
    with night.ledger.transaction():
        found = _excess(night)
        if not found.is_empty():
            _link_notices(night, found)


def record_notices(night: Night) -> tuple[int, int]:
    """納付書の取込・発行を記録する, done by themselves: the run's link that a night would add.

    Returns payments and yen of 減額による過納 that went into suspense.
    """
    with night.ledger.transaction():
        found = _excess(night)
        if night.changes or not found.is_empty():
            _link_notices(night, found)
    return reduction_queries.reduced_yen(found)


def _excess(night: Night) -> pl.DataFrame:
    """減額による過納 of the slips that no link has looked at; frame Reduction."""
    years = OpenYears(night.register.without_closing_period(), night.night_on)
    return reductions(reduction_queries.reducible(night.ledger.connection, night.night_on), years)


def _link_notices(night: Night, excess: pl.DataFrame) -> None:
    connection = night.ledger.connection
    inputs, last = links.unnamed_notice_files(connection)
    entry: dict[str, object] = {"version": __version__, "inputs": sorted(inputs), **_looked_at(night, last)}
    if not excess.is_empty():
        with night.journal.step("減額による過納") as step:
            reduction_queries.enter_reductions(connection, night.night_on, excess)
            entry["reduced"] = step.count, step.yen = reduction_queries.reduced_yen(excess)
            step.result = "仮受へ"
        night.changes.append("減額による過納")
    entries.enter_run(connection, night.night_on, entry, night.seals)
    night.seals.clear()


def _looked_at(night: Night, last_file_no: int) -> dict[str, int]:
    """見た納付書: how far this link has looked at slips."""
    last_notice_no = reduction_queries.last_notice_no(night.ledger.connection)
    return {links.NOTICE_FILES: last_file_no, reduction_queries.LAST_NOTICE: last_notice_no}


def not_in_a_closed_month(night: Night) -> None:
    """締めた月の日では動かさない: its figures, and the balances they begin with, stand. Raises Refused."""
    with night.ledger.transaction() as connection:
        closed = month_queries.last_closed_month(connection)
    if f"{night.night_on:%Y-%m}" <= closed:
        raise Refused(
            f"{closed} までの月は締めてあるので、{night.night_on} の日付では何も台帳に入れられません。"
            "--date かジョブの date を、締めた月より後の日にしてください。"
        )


def issue_payloads(night: Night) -> Path | None:
    """eL-QRを発行する: keys, 確認番号, payloads, and the upload file with its manifest. Returns the upload's path."""
    with night.journal.step("eL-QR発行") as step, night.ledger.transaction() as connection:
        live = [procedure.code for procedure in night.register.procedure if procedure.is_live(night.night_on)]
        notices = queries.issuable(connection, live)
        if notices.is_empty():
            step.result = "発行する納付書なし"
            return None
        made, data = _issued(night, notices)
        upload_no = next_handed_out(connection, tables.upload.c.upload_no)
        while night.holds_other(path := _upload_path(night, upload_no), data):
            # An issue that was cut off, and of other notices. Somebody may have handed it in: its numbers are gone.
            skip_serials(connection, last_serial(path.read_bytes(), night.job.issue.key_rule))
            made, data = _issued(night, notices)
            upload_no += 1
        upload = _upload(night, made, upload_no, data)
        made = made.with_columns(pl.lit(upload_no).alias(Payload.UPLOAD_NO))
        night.seals["payload"] = entries.enter_payloads(connection, made, upload)
        step.count, step.yen, step.result = made.height, int(made[Notice.AMOUNT_YEN].sum()), path.name
        night.changes.append(path.name)
        return path


def _issued(night: Night, notices: pl.DataFrame) -> tuple[pl.DataFrame, bytes]:
    """発行したもの: frame Payload with what the upload says besides, and the upload's bytes. Takes new serials."""
    connection, city = night.ledger.connection, night.job.city
    composed = notices[Notice.KEY_NO].null_count()
    first = entries.take_serials(connection, composed) if composed else 1
    keyed = with_keys(notices, night.job.issue.key_rule, first, night.secret)
    taken = queries.key_numbers_in_use(connection, keyed.filter("is_composed")[Notice.KEY_NO])
    if taken:
        raise BadFile(
            f"作った案件特定キーが使用済のキーと重なりました（{min(taken)} など{len(taken)}件）。"
            "ジョブの [issue] key_class を、ほかのシステムが使わない値にしてください。"
        )
    item_no = {procedure.code: procedure.item_no for procedure in night.register.procedure}
    made = payloads(keyed, Codes(city.office_code, city.tax_office_code, item_no))
    rows = made.with_columns(pl.lit(city.city_code).alias("city_code"))
    return made, encode_csv(night.specs[UPLOAD_SPEC], rows)


def _upload_path(night: Night, upload_no: int) -> Path:
    return night.job.out / "upload" / f"elqr_notices_{upload_no:06d}.csv"


def _upload(night: Night, made: pl.DataFrame, upload_no: int, data: bytes) -> dict[str, object]:
    """納付書情報 for 共通納税IFS, written before the ledger says so: after a crash it is written again, the same."""
    spec, path = night.specs[UPLOAD_SPEC], _upload_path(night, upload_no)
    upload: dict[str, object] = {
        "upload_no": upload_no,
        "night_on": night.night_on.isoformat(),
        "file_name": path.name,
        "notices": made.height,
        "yen": int(made[Notice.AMOUNT_YEN].sum()),
        "sha256": sha256_of(data),
    }
    manifest = {**upload, "spec": spec.name, "spec_verified": spec.verified, "program": f"elqr {__version__}"}
    manifest["ledger"] = ledger_id(night.ledger.connection)
    night.write(path, data)
    night.write(path.with_suffix(".manifest.json"), own_json_bytes(manifest))
    return upload


def reconcile(night: Night, configuration_hash: str) -> str:
    """消し込み、突き合わせる: in one transaction with the run's link of the chain."""
    with night.journal.step("消込") as step, night.ledger.transaction() as connection:
        notice_files, last_notice_file = links.unnamed_notice_files(connection)
        inputs = {*notice_files, *queries.undecided_files(connection)}
        posted = night.workers.post(night)
        with night.journal.step("払込突合") as money_step:
            settled = settle_night(night.ledger, night.rules, night.night_on)
            money_step.count = sum(settled.get("settled", {}).values())
        if not posted.count and not night.changes and not settled:
            step.result = "変更なし"
            return ""
        step.count, step.yen = posted.count, posted.yen
        entry = {
            "version": __version__,
            "configuration": configuration_hash,
            "inputs": sorted(inputs),
            **_looked_at(night, last_notice_file),
            "places": posted.places,
            "channels": posted.channels,
            "posted_yen": posted.posted_yen,
            **({"settlement": settled} if settled else {}),
            **({"training": True} if night.job.training else {}),
        }
        return entries.enter_run(connection, night.night_on, entry, night.seals)


def _waiting(night: Night) -> pl.DataFrame:
    """未消込の収納: what was just taken in, from hand, and what else waits; frame Payment, in order."""
    parts = [*undecided_queries.undecided_payments(night.ledger.connection, night.taken), *night.taken.values()]
    night.taken.clear()
    parts.sort(key=lambda part: part[Payment.PAYMENT_NO].min() or 0)
    waiting = pl.concat([Payment.empty(), *parts])
    return waiting if waiting[Payment.PAYMENT_NO].is_sorted() else waiting.sort(Payment.PAYMENT_NO)


def _post(night: Night, payments: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame, int]:
    """計上する: all payments without a decision. Returns their decisions, themselves, and the yen that were posted.

    What makes a payment known is entered first: nothing asks for it afterwards, and a large night needs the room.
    """
    connection = night.ledger.connection
    matched, made = _decided(night, payments)
    decisions = matched.decisions
    entries.enter_known(connection, payments, decisions, matched.known_as)
    payments = payments.drop(Known.IDENTITY, Known.OCCURRENCE_NO)
    _draw_ahead(night)
    suggested = _suggested(night, payments, decisions)
    night.seals |= entries.enter_decisions(connection, night.night_on, payments, decisions, made, suggested)
    money_entries.enter_bundles(connection, night.night_on, bundles(payments, decisions))
    return decisions, payments, int(made["yen"].sum())


def _decided(night: Night, payments: pl.DataFrame) -> tuple[Matched, pl.DataFrame]:
    """決める: what was matched, and frame Posting. What the reports show of them stays in hand."""
    matched, slips = _matched(night, payments)
    assert payments[Payment.PAYMENT_NO].equals(matched.decisions[Payment.PAYMENT_NO]), "each once, in the same order"
    made = postings(matched.decisions, matched.allocations, payments, night.register.without_closing_period())
    connection, day = night.ledger.connection, night.night_on
    if report_queries.decided_files(connection, day).is_empty() and not moves.has_moves(connection, day):
        files = report_queries.open_files(connection)
        night.in_hand = InHand.of(payments, matched.decisions, slips, made, files, day)
    return matched, made


def _draw_ahead(night: Night) -> None:
    """消込結果を先に引く: while the ledger is written."""
    held = night.in_hand
    if held is not None and held.payments.height and not night.ledger.rehearsal:
        schema = report_queries.decision_schema()
        parts = partial(held.parts, list(schema))
        table = long_outcome_table(schema, parts, held.by_outcome().values(), night.register)
        night.ahead.begin(night.folder, files_of(table))


def _suggested(night: Night, payments: pl.DataFrame, decisions: pl.DataFrame) -> pl.DataFrame:
    """近い納付書 of payments whose key is not known; frame Suggestion."""
    is_unknown = decisions[Decision.OUTCOME] == Outcome.KEY_UNKNOWN.value
    unknown = payments.filter(is_unknown).filter(pl.col(Payment.KEY_KIND) != KeyKind.CUSTOMER.value)
    near = neighbours(unknown)
    return suggestions(near, queries.notices_by_key(night.ledger.connection, near))


def _matched(night: Night, payments: pl.DataFrame) -> tuple[Matched, pl.DataFrame]:
    """消し込む: what is decided, and the slips that the keys name, columns `SLIP`."""
    found, slips = _matched_parts(night, payments)
    return together(found), slips


def _matched_parts(night: Night, payments: pl.DataFrame) -> tuple[list[Matched], pl.DataFrame]:
    """What is looked up for it lasts no longer than this: a large night has no room for it any more."""
    with night.ledger.readers() as readers:
        known = queries.known_events(readers, payments)
        candidates = queries.candidates(readers, payments)
        claims = queries.open_claims(readers, queries.owed_by(candidates))
    parts = slices(_MATCHED_AT_ONCE, payments, known, candidates.select(*Candidate.SCHEMA), claims)
    return [part.matched() for part in parts], candidates.select(SLIP)


def places(decisions: pl.DataFrame, payments: pl.DataFrame) -> dict[str, list[int]]:
    """行き先ごとの件数と金額. Asserts that they add up to what was read."""
    rows = decisions.join(payments.select(Payment.PAYMENT_NO, Payment.PAID_YEN), on=Payment.PAYMENT_NO, validate="1:1")
    sums = rows.group_by(Decision.PLACE).agg(pl.len(), pl.col(Payment.PAID_YEN).sum())
    found = {place: [count, yen] for place, count, yen in sums.iter_rows()}
    assert sum(count for count, _ in found.values()) == payments.height
    assert sum(yen for _, yen in found.values()) == int(payments[Payment.PAID_YEN].sum())
    return {place.value: found.get(place.value, [0, 0]) for place in Place}


def channels(decisions: pl.DataFrame, payments: pl.DataFrame) -> dict[str, list[int]]:
    """チャネルごとの確報の件数と該当なしの件数: what later nights compare theirs with."""
    rows = decisions.join(payments.select(Payment.PAYMENT_NO, Payment.CHANNEL, Payment.STAGE), on=Payment.PAYMENT_NO)
    return {channel: [confirmed, unknown] for channel, confirmed, unknown in unknown_by_channel(rows).iter_rows()}
