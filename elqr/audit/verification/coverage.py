"""Coverage (検算の範囲): every table of the ledger, what its rows are compared with, and what nothing proves.

`elqr verify` takes its tables from here. The test that plants damage takes its cases from here too: in each of these
tables it changes each column, and inserts and deletes each kind of row.
"""

from dataclasses import dataclass
from enum import Enum

from elqr.store.entries.acts import SAID
from elqr.store.entries.seals import NIGHTS, RANGES


class Proof(Enum):
    """証し: what the rows of a table are compared with. The words are for staff."""

    CHAIN = "連鎖そのもの（前の実行の照合値とつながる）"
    SOURCE = "保管した受信ファイルから読み直す"
    COMPUTED = "台帳のほかの行から計算し直す"
    SEALED = "実行の記録にある件数と照合値（番号の順）"
    NIGHTLY = "実行の記録にある件数と照合値（夜ごと）"
    COPIED = "実行の記録に一行ずつ書いた写し"
    CHANGING = "最後の実行の記録にある値（この二つの表だけは行が変わる）"


@dataclass(frozen=True, slots=True)
class Cover:
    """検算の範囲 of one table: its proofs, the strongest first."""

    table: str
    proofs: tuple[Proof, ...]


_RECOMPUTED = {
    "claim": Proof.COMPUTED,
    "claim_entry": Proof.COMPUTED,
    "claim_fee": Proof.COMPUTED,
    "claim_cancel": Proof.SOURCE,
    "claim_file": Proof.SOURCE,
    "claim_state": Proof.SOURCE,
    "reminder_status": Proof.SOURCE,
    "notice_file": Proof.SOURCE,
    "notice": Proof.SOURCE,
    "notice_line": Proof.SOURCE,
    "notice_claim": Proof.COMPUTED,
    "notice_key": Proof.SOURCE,
    "notice_cancel": Proof.SOURCE,
    "notice_refused": Proof.SOURCE,
    "notice_refused_end": Proof.SOURCE,
    "payload": Proof.COMPUTED,
    "file": Proof.SOURCE,
    "delivery": Proof.COMPUTED,
    "payment": Proof.SOURCE,
    "decided_file": Proof.COMPUTED,
    "payment_identity": Proof.COMPUTED,
    "posting": Proof.COMPUTED,
    "counted_day": Proof.COMPUTED,
    "reduced_posting": Proof.COMPUTED,
    "deposit_file": Proof.SOURCE,
    "deposit": Proof.SOURCE,
    "bundle": Proof.COMPUTED,
    "issue_tally": Proof.COMPUTED,
    "posting_tally": Proof.COMPUTED,
    "act": Proof.COMPUTED,
    "ledger_start": Proof.COMPUTED,
    "typed_batch": Proof.SOURCE,
}
"""Tables whose rows are computed again, and from what."""


def _proofs() -> dict[str, list[Proof]]:
    proofs: dict[str, list[Proof]] = {"run": [Proof.CHAIN], "setting": [Proof.CHANGING], "counter": [Proof.CHANGING]}
    for name, proof in _RECOMPUTED.items():
        proofs.setdefault(name, []).append(proof)
    for series in RANGES:
        for table, _ in series.members:
            proofs.setdefault(table.name, []).append(Proof.SEALED)
    for table in NIGHTS:
        proofs.setdefault(table.name, []).append(Proof.NIGHTLY)
    for table in SAID:
        proofs.setdefault(table.name, []).append(Proof.COPIED)
    return proofs


COVERAGE = tuple(Cover(name, tuple(proofs)) for name, proofs in sorted(_proofs().items()))
"""検算の範囲 of each table of the ledger."""

UNPROVED = {
    "最後の夜の後で取込保留にしたもの": (
        "次の実行が記録するまで、保留の理由（delivery_finding）と受信箱（delivery_box）は、計算し直していない"
    ),
    "古い elqr が記録した行": (
        "版上げのときに、その時の中身に封をする。その前に書き換えたものは、元のファイルから計算し直せるものだけがわかる"
    ),
    "作り直した台帳": (
        "すべての照合値を計算し直した台帳と、古い控えは、台帳だけでは見分けられない。照合値の控え（--anchor）でわかる"
    ),
    "渡した後のファイル": "書き出したフォルダから持ち出したもの、紙に刷ったもの、メールで送ったものは、台帳の外にある",
}
"""証しのないもの: what nothing proves, each with the reason."""
