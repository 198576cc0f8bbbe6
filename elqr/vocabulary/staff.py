"""Staff (職員): the accounts of the desk, what their owners may do, and what is recorded of what they did."""

from dataclasses import dataclass
from datetime import date

from elqr.vocabulary.terms import Term

FINANCE = "会計"
"""The department that sees all procedures. Every other department is one of the register (所管課)."""


class DeskRole(Term):
    """窓口の役割: what the owner of an account may do."""

    VIEW = "view", "閲覧"
    REQUEST = "request", "申請"
    APPROVE = "approve", "承認"
    ADMIN = "admin", "管理"


class AccountStep(Term):
    """利用者の登録の種類: why a row was added to the history of an account."""

    ADDED = "added", "登録"
    CHANGED = "changed", "変更"
    CLOSED = "closed", "廃止"


class Deed(Term):
    """操作: what is recorded of a person at the desk."""

    SIGNED_IN = "signed_in", "ログイン"
    REFUSED = "refused", "ログイン失敗"
    LOCKED_OUT = "locked_out", "停止中のログイン"
    LOCKED_ADDRESS = "locked_address", "停止中のアドレスからのログイン"
    UNLOCKED = "unlocked", "停止の解除"
    SIGNED_OUT = "signed_out", "ログアウト"
    SIGNED_OUT_ALL = "signed_out_all", "すべてログアウト"
    SET_PASSWORD = "set_password", "パスワードの設定"
    FORGED = "forged", "偽の利用者の見出し"
    FORBIDDEN = "forbidden", "権限のないページ"
    INQUIRED = "inquired", "照会"
    SAW_RECORDS = "saw_records", "操作記録の閲覧"
    LISTED = "listed", "一覧の閲覧"
    SAW_EXCEPTION = "saw_exception", "要確認の閲覧"
    PREVIEWED = "previewed", "決裁の下見"
    REQUESTED = "requested", "決裁の申請"
    SAW_REQUEST = "saw_request", "申請の閲覧"
    APPROVED = "approved", "決裁の承認"
    SENT_BACK = "sent_back", "決裁の却下"
    NOT_DONE = "not_done", "できなかった申請・承認"


@dataclass(frozen=True, slots=True)
class StaffAccount:
    """職員の利用者. It serves from `valid_from` to `valid_until`, both included; None is without end."""

    login: str
    name: str
    department: str
    roles: frozenset[DeskRole]
    valid_from: date
    valid_until: date | None = None

    def serves_on(self, day: date) -> bool:
        """その日に使えるか."""
        return self.valid_from <= day and (self.valid_until is None or day <= self.valid_until)

    @property
    def role_words(self) -> str:
        """役割, in words."""
        return "・".join(role.label for role in DeskRole if role in self.roles)
