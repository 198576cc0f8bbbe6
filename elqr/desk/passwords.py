"""Passwords (パスワード): argon2id by its library, one-time passwords, and what a person may choose.

Length protects; rules about kinds of characters do not, and there are none. Source: NIST SP 800-63B, 5.1.1.
"""

import secrets

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

SHORTEST, LONGEST = 12, 200
_ONE_TIME_GROUPS, _GROUP = 4, 5
_READABLE = "abcdefghjkmnpqrstuvwxyz23456789"
"""Letters and digits that nobody takes for another when they are read from paper."""

_HASHER = PasswordHasher()
"""The library's own choice: the second set of RFC 9106."""

_NOBODY = "$argon2id$v=19$m=65536,t=3,p=4$bm9ib2R5J3Mgc2FsdA$0AfpnmHKxMYoUYSPpBcdKXLIXpUaCTMaaZTKxYw0aVI"
"""A hash that no password has been found for: who is unknown takes as long to refuse as who is known."""


def hash_password(password: str) -> str:
    """パスワードのハッシュ, with its salt and its costs."""
    return _HASHER.hash(password)


def is_right(digest: str | None, password: str) -> bool:
    """パスワードが合うか. Without a hash it takes as long, and is wrong."""
    try:
        return _HASHER.verify(digest or _NOBODY, password) and digest is not None
    except (VerificationError, InvalidHashError):
        return False


def make_one_time() -> str:
    """一回限りのパスワード: about 99 bits, in groups that can be read aloud."""
    groups = ("".join(secrets.choice(_READABLE) for _ in range(_GROUP)) for _ in range(_ONE_TIME_GROUPS))
    return "-".join(groups)


def make_token() -> str:
    """秘密の札: 256 bits, for a browser's session and for its forms."""
    return secrets.token_urlsafe(32)


def password_fault(password: str, repeated: str, login: str) -> str:
    """選んだパスワードの誤り: one sentence; empty for one that may be used."""
    if password != repeated:
        return "二つのパスワードが違います。同じものを二度入れてください。"
    if len(password) < SHORTEST:
        return (
            f"パスワードは{SHORTEST}文字以上にしてください（今 {len(password)}文字）。"
            "言葉をいくつか続けると覚えやすくなります。"
        )
    if len(password) > LONGEST:
        return f"パスワードは{LONGEST}文字までです。"
    if len(set(password)) < 4 or login in password.casefold():
        return "利用者名を含むものや、同じ文字を並べただけのものは使えません。別のパスワードにしてください。"
    return ""
