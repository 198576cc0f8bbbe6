"""Claim files of the year (調定データ): what the core system says, as bytes, in whatever order and shape it comes."""

from collections.abc import Callable
from dataclasses import replace
from random import Random

from tests.builders import claim_file, claim_row
from tests.simulation.claims import GONE, NOTHING, ClaimRow
from tests.simulation.notices import WHOLE
from tests.simulation.year import BY_NOTICE, FIRST, Year

_Rows = list[ClaimRow]


def deliver_claims(made: Year) -> None:
    """Files of every night: in any order, whole or in two, with old rows again, and now and then all that is said."""
    chance, sent = made.random, list[ClaimRow]()
    full = set(chance.sample(range(made.nights), max(1, made.nights // 40)))
    for night in range(made.nights):
        rows = list(made.rows[night])
        if rows and chance.random() < 0.2:
            rows += chance.sample(sent, min(len(sent), 3))
        if night in full:
            rows += _everything(made, night)
        rows = list(dict.fromkeys(rows))
        chance.shuffle(rows)
        cut = chance.randrange(len(rows)) if rows and chance.random() < 0.25 else 0
        for number, own in enumerate(_apart((rows[:cut], rows[cut:]))):
            _file(made, night, f"{night:03d}_{number}", own, sent)
            sent += own


def _everything(made: Year, night: int) -> _Rows:
    """全件: what the core system says of each claim on the day."""
    newest = {
        row.claim: row for row in sorted(made.said, key=lambda row: row.at) if (row.at.date() - FIRST).days <= night
    }
    return list(newest.values())


def _apart(parts: tuple[_Rows, ...]) -> list[_Rows]:
    """A file has one row of a claim at the most."""
    files = [list(part) for part in parts if part]
    for rows in list(files):
        seen = set()
        for row in list(rows):
            if row.claim in seen:
                rows.remove(row)
                files.append([row])
            seen.add(row.claim)
    return files


def _file(made: Year, night: int, name: str, rows: _Rows, sent: _Rows) -> None:
    """A file; some are broken or have a bad row at first, and the corrected one comes later; some come twice."""
    chance, came, data = made.random, night, _written(rows)
    kind = chance.random()
    if kind < 0.05:
        made.claim_files[night].append((f"{name}.csv", data[: len(data) // 2 + 3] + b"\xff\xff", []))
    elif kind < 0.25:
        bad = chance.choice(_BAD)(chance, rows, sent or rows)
        whole = [*rows, bad]
        chance.shuffle(whole)
        made.claim_files[night].append((f"{name}.csv", _written(whole), whole))
    if kind < 0.25:
        came = min(made.nights - 1, night + chance.randrange(0, 5))
        name += chance.choice(("", "_corrected")) if came > night else "_corrected"
    made.claim_files[came].append((f"{name}.csv", data, rows))
    if chance.random() < 0.1 and made.is_night(later := came + chance.randrange(0, 9)):
        made.claim_files[later].append((f"{later:03d}_again_{name}.csv", data, rows))


def _contradicting(chance: Random, rows: _Rows, sent: _Rows) -> ClaimRow:
    """Another row of the same 操作日時 as one that came before."""
    row = chance.choice(sent)
    return replace(row, stated=(row.stated[0] + 100, *row.stated[1:]), reason="" if row.reason == GONE else row.reason)


def _mixed(chance: Random, rows: _Rows, sent: _Rows) -> ClaimRow:
    """期別 beside 期別 0 of the same file or of an earlier one, or the other way round."""
    row = chance.choice(rows + sent)
    return replace(row, part=1 if row.part == WHOLE else WHOLE)


def _twice(chance: Random, rows: _Rows, sent: _Rows) -> ClaimRow:
    """A second row of a claim of the file."""
    row = chance.choice(rows)
    return replace(row, at=row.at.replace(hour=23, minute=59))


def _new(row: ClaimRow) -> ClaimRow:
    """A row of an assessment that nobody knows."""
    return replace(row, bill="9" + row.bill[1:], reason="", off=NOTHING, off_on=None)


def _too_much_off(chance: Random, rows: _Rows, sent: _Rows) -> ClaimRow:
    """More written off than is asked."""
    row = _new(chance.choice(rows))
    return replace(row, off=(row.stated[0] + 1, 0, 0), off_on=row.due_on)


def _off_on_no_day(chance: Random, rows: _Rows, sent: _Rows) -> ClaimRow:
    """Written off, and no day for it."""
    return replace(_new(chance.choice(rows)), stated=(5_000, 0, 0), off=(500, 0, 0))


def _gone_and_asked(chance: Random, rows: _Rows, sent: _Rows) -> ClaimRow:
    """Cancelled, and yet something is asked."""
    return replace(_new(chance.choice(rows)), stated=(0, 0, 100), reason=GONE)


def _by_notice(chance: Random, rows: _Rows, sent: _Rows) -> ClaimRow:
    """Of a procedure whose notices say what is owed."""
    return replace(_new(chance.choice(rows)), procedure=BY_NOTICE.code)


_BAD: tuple[Callable[[Random, _Rows, _Rows], ClaimRow], ...] = (
    _contradicting, _contradicting, _mixed, _twice, _too_much_off, _off_on_no_day, _gone_and_asked, _by_notice,
)  # fmt: skip


def _written(rows: _Rows) -> bytes:
    return claim_file(
        *(
            claim_row(
                zeimoku_cd=row.procedure, tsuchisho_no=row.bill, kibetsu_cd=row.part, atena_no=row.bill,
                noki_ymd=row.due_on, kazei_kosei_ymd=row.at.date(), kosei_jiyu_cd=row.reason or None,
                zeigaku=row.stated[0], tokusoku=row.stated[1], entaikin=row.stated[2], kesson_ymd=row.off_on,
                zeigaku_kesson=row.off[0] or None, tokusoku_kesson=row.off[1] or None,
                entaikin_kesson=row.off[2] or None, sosa_ymd=row.at.date(), sosa_time=f"{row.at:%H%M%S}",
            )
            for row in rows
        )
    )  # fmt: skip
