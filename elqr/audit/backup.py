"""Backups (台帳の控え): a copy of the ledger's file, made while others write, and a manifest that proves it is whole.

A copy is one state of the ledger between two transactions. Its manifest has its hash and the last run of its chain.
The archive (保管庫) holds files that never change; the city copies it by its own means.
"""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from elqr.disk.atomic_write import write_whole
from elqr.disk.config_files import read_written
from elqr.disk.content import sha256_of
from elqr.disk.own_json import own_json, own_json_bytes
from elqr.store.db.sqlite import copy_ledger, read_ends
from elqr.store.ledger_file import ledger_path
from elqr.vocabulary.errors import BadFile, NotFound, Refused
from elqr.vocabulary.limits import BY_ELQR


@dataclass(frozen=True, slots=True)
class Backup:
    """控え: its file, and what its manifest says: file, size_bytes, sha256 and how its chain ends."""

    path: Path
    facts: dict[str, Any]


def make_backup(url: str, folder: Path, stamp: str) -> Backup:
    """控えを取る: copy the ledger of a URL into a folder, with a time stamp in its name.

    Raises NotFound, BadFile, Refused, LedgerError.
    """
    source = ledger_path(url)
    if source is None:
        raise Refused("台帳がサーバーにあるので、控えはサーバーの道具（pg_dump など）で取ってください。")
    if not source.is_file():
        raise NotFound(f"台帳 {source} がありません。--job を確かめてください。")
    path = folder / f"ledger_{stamp}.db"
    if path.exists():
        raise BadFile(f"{path} があります。同じ秒に取った控えです。もう一度実行してください。")
    write_whole(folder / ".writable", b"")
    (folder / ".writable").unlink()
    copy_ledger(source, path)
    facts = _facts(path)
    write_whole(_manifest(path), own_json_bytes(facts))
    return Backup(path, facts)


def check_backup(path: Path) -> Backup:
    """控えを確かめる: the file is what its manifest says, and its chain of runs ends where it ended then.

    Whoever can write both files can forge both. Only the verification of the restored ledger finds that, with a hash
    of its chain that was kept elsewhere.

    Raises NotFound, BadFile, LedgerError.
    """
    if os.path.isdir(path):  # noqa: PTH112  it answers False for a name that is too long
        raise NotFound(f"{path} はフォルダです。elqr backup make が作った控えのファイルを指定してください。")
    remedy = "elqr backup make が作った控えを指定してください。"
    data = read_written(_manifest(path), "控えの目録", remedy, BY_ELQR)
    try:
        facts = own_json(data)
    except ValueError as error:
        raise BadFile(f"{_manifest(path)} は控えの目録ではありません。別の控えを使ってください。") from error
    if not path.is_file():
        raise NotFound(f"控え {path} がありません。")
    if _facts(path) != facts:
        raise BadFile(f"控え {path} が目録と違います。使わずに、別の控えを使ってください。")
    return Backup(path, facts)


def _manifest(path: Path) -> Path:
    return path.with_name(f"{path.stem}.manifest.json")


def _facts(path: Path) -> dict[str, Any]:
    data = path.read_bytes()
    return {"file": path.name, "size_bytes": len(data), "sha256": sha256_of(data), **read_ends(path)}
