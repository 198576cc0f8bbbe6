"""Taking back an import (納付書データの取込の取り消し): which one is meant, what stands in its way, and what follows.

An import can be taken back as long as nothing was built on it. Then its notices are cancelled and its claims are as
they were before, so that the corrected file can come. What it cancelled does not come back: a cancellation is final.
"""

from collections.abc import Iterator

from elqr.session.session import Session
from elqr.store.entries.notice_retraction import enter_retraction
from elqr.store.queries import notice_files as queries
from elqr.store.queries.notice_files import Brought
from elqr.vocabulary.errors import Refused
from elqr.vocabulary.frames import Notice

_CORRECT = "増額更正・減額更正の再発行か、取消の行（異動区分 9）のファイルで直してください。"
"""What is left to do where the import itself has to stand."""


def find_import(session: Session, name: str, number: int) -> tuple[int, str] | None:
    """取り消せる取込: the number of the notice file of a name or number, and its words. Raises Refused for several."""
    connection = session.ledger.connection
    files = queries.standing_files(connection, queries.is_named(name, number))
    if len(files) > 1:
        numbers = "、".join(f"{file['notice_file_no']}（{file['night_on']} 取込）" for file in files)
        raise Refused(f"{name} という納付書データの取込は{len(files)}つあります。番号で指定してください: {numbers}")
    for file in files:
        brought = queries.brought_by(connection, file["notice_file_no"])
        sums = f"{brought.notices.height:,}枚 {int(brought.notices[Notice.AMOUNT_YEN].sum()):,}円"
        return brought.file_no, f"納付書データ{brought.file_no}（{file['name']}、{file['night_on']} 取込、{sums}）"
    return None


def find_import_obstacle(session: Session, file_no: int, retracted: frozenset[int]) -> str:
    """取り消せない理由: what was built on an import, and what to do first or instead; empty for nothing."""
    brought = queries.brought_by(session.ledger.connection, file_no)
    return next(_obstacles(session, brought, retracted), "")


def _obstacles(session: Session, brought: Brought, retracted: frozenset[int]) -> Iterator[str]:
    """妨げ, in the order in which they are to be cleared. A file of the same claims comes first: it has to go first."""
    connection, file = session.ledger.connection, f"納付書データ{brought.file_no}"
    if later := queries.later_files(connection, brought, retracted):
        files = "、".join(f"{number}（{name}）" for number, name in later)
        in_order = " ".join(str(number) for number in (*(number for number, _ in later), brought.file_no))
        yield (
            f"後の納付書データ{files}が同じ調定を扱っているので、{file}は取り消せません。"
            f"新しいものから順に（elqr undo notices {in_order} のように）取り消してください。"
        )
    if cancelled := queries.cancelled_by(connection, brought.file_no):
        yield (
            f"{file}には取消の行（異動区分 9）があり、{cancelled:,}件を取り消しています。取消は元に戻せません。"
            "まちがって取り消したものは、発行連番を増やした行で再発行してください。"
        )
    if payments := queries.payments_on(connection, brought):
        yield f"{file}の納付書か調定に、取り込んだ後の収納の記録が {payments:,}件あるので、取り消せません。{_CORRECT}"
    if reviews := queries.waiting_reviews(connection, brought):
        yield (
            f"{file}の納付書を名指す決裁の申請 {_listed(reviews)} が承認を待っています。"
            "先に elqr review reject で却下してください。"
        )
    if claims := queries.stated_since(connection, brought):
        yield (
            f"{file}の調定 {claims:,}件は、後から届いた調定データで決まっているので、取り消せません。"
            "調定は新しい調定データで、納付書は取消の行（異動区分 9）のファイルで直してください。"
        )
    if reminders := queries.reminders_since(connection, brought, session.night_on):
        yield (
            f"{file}の調定に督促状を発送した記録があるので、取り消せません。送っていなければ、"
            f"先に elqr undo sent {_listed(reminders, ' ')} で取り消してください。送ったのなら、{_CORRECT}"
        )
    if prints := queries.released_prints(connection, brought):
        yield (
            f"{file}の納付書は印刷 {_listed(prints)} で発送を承認してあるので、取り消せません。発送していなければ、"
            f"先に elqr undo release {_listed(prints, ' ')} で取り消してください。発送したのなら、{_CORRECT}"
        )
    if uploads := queries.uploads(connection, brought, are_uploaded=True):
        yield (
            f"{file}の納付書は納付書情報 {_listed(uploads)} で登録してあるので、取り消せません。登録していなければ、"
            f"先に elqr undo uploaded {_listed(uploads, ' ')} で取り消してください。登録したのなら、{_CORRECT}"
        )


def _listed(names: list[int] | list[str], separator: str = "・") -> str:
    return separator.join(map(str, names))


def retract_import(session: Session, file_no: int) -> None:
    """取込を取り消す: cancel its notices, and put its claims back."""
    enter_retraction(session.ledger.connection, file_no, session.night_on)


def import_consequence(session: Session, file_no: int) -> str:
    """取り消した後のこと, in words: what to send, and where the notices stand that do not count any more."""
    connection = session.ledger.connection
    words = (
        "この納付書は取消になり、調定は取り込む前の額に戻りました。"
        "直した行は、発行連番を増やせば、同じバーコード・顧客番号のまま取り込めます（案件特定キーは新しいものにします）。"
        "同じ中身のファイルはもう取り込みません。受信箱に残っていれば、直したファイルに置き換えてください。"
    )
    if uploads := queries.uploads(connection, queries.brought_by(connection, file_no), are_uploaded=False):
        words += f"取り消した納付書は納付書情報 {_listed(uploads)} に載っています。"
    if rows := queries.rows_put_right(connection, file_no):
        words += f"このファイルで直っていた前のファイルの行が {rows:,}行あります。直したファイルに入れてください。"
    return words
