"""New files (新しいファイル): all the first files of a folder or none of them. Nothing that is there is written over.

They are written to a hidden folder first and then copied to their names, the last one when all others are there. A run
that is cut off leaves the hidden folder behind; the next one takes back what that run had copied, and begins anew.
"""

import shutil
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path

from elqr.disk.atomic_write import write_whole
from elqr.vocabulary.errors import CannotWrite, cause

_STAGE = ".elqr_init"


def write_new_files(folder: Path, files: Mapping[str, bytes], subfolders: Iterable[str]) -> None:
    """新しいファイルを書く, for their user alone, and make the folders. Raises CannotWrite.

    The caller has taken back what an earlier run left (`take_back`), and has refused a folder that has these files.
    """
    folders = (*reversed(folder.parents), folder, *(folder / name for name in subfolders))
    missing = [path for path in folders if not path.exists()]
    try:
        for name, data in files.items():
            write_whole(folder / _STAGE / name, data, mode=0o600)
        for path in folders:
            path.mkdir(exist_ok=True)
        for name, data in files.items():
            write_whole(folder / name, data, mode=0o600)
        shutil.rmtree(folder / _STAGE)
    except BaseException as error:
        with suppress(OSError):
            take_back(folder)
        for path in reversed(missing):
            with suppress(OSError):
                path.rmdir()
        if isinstance(error, OSError):
            raise CannotWrite(
                f"{error.filename} に書けません（{cause(error)}）。何も残していません。権限と場所を確かめてください。"
            ) from error
        raise


def take_back(folder: Path) -> None:
    """途中で終わった分を取り消す: remove what a run that was cut off had copied and nobody has changed."""
    stage = folder / _STAGE
    if not stage.is_dir():
        return
    for staged in stage.iterdir():
        copied = folder / staged.name
        if copied.is_file() and copied.read_bytes() == staged.read_bytes():
            copied.unlink()
    shutil.rmtree(stage)


def entries(folder: Path) -> list[Path]:
    """フォルダの中身 by name; nothing where there is no folder. Raises CannotWrite for one that cannot be read."""
    try:
        return sorted(folder.iterdir()) if folder.exists() else []
    except OSError as error:
        raise CannotWrite(
            f"フォルダ {folder} を使えません（{cause(error)}）。別のフォルダを指定してください。"
        ) from error
