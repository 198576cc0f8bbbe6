"""Passwords (パスワード): argon2id by its library, one-time passwords, and what a person may choose.

Length protects; rules about kinds of characters do not, and there are none. What everybody tries first is refused. A
password is the same however its characters are coded (NFKC). Source: NIST SP 800-63B, 5.1.1.
"""

import secrets
import unicodedata
from collections.abc import Iterable
from itertools import chain

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

SHORTEST, LONGEST = 12, 200
_ONE_TIME_GROUPS, _GROUP = 4, 5
_READABLE = "abcdefghjkmnpqrstuvwxyz23456789"
"""Letters and digits that nobody takes for another when they are read from paper."""

_LEAST_REST = 8
"""So many characters must be left of a password without what everybody tries."""

_SHORTEST_NAME, _RUN = 4, 4
"""So many letters make a name that a password must not contain, and a run of a row."""

_WORDS = (
    "password", "passw0rd", "p@ssword", "p@ssw0rd", "pasuwado", "passcode", "administrator", "admin", "kanrisha",
    "welcome", "letmein", "iloveyou", "secret", "himitsu", "changeme", "default", "testtest", "guest", "login",
    "master", "princess", "football", "baseball", "dragon", "monkey", "sunshine", "superman", "shiyakusho", "yakusho",
    "sakura", "nippon", "パスワード", "ぱすわーど", "ひみつ", "秘密", "暗証番号", "市役所", "町役場", "村役場",
    "管理者",
)  # fmt: skip
"""The commonest words of published lists of passwords, and those of an office."""

_ROWS = (
    "01234567890", "abcdefghijklmnopqrstuvwxyz", "1234567890-^\\", "!\"#$%&'()", "qwertyuiop@[", "asdfghjkl;:]",
    "zxcvbnm,./", "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik,9ol.0p;/", "qazwsxedcrfvtgbyhnujmik,ol.p;/", "q1w2e3r4t5y6u7i8o9p0",
    "あいうえおかきくけこさしすせそたちつてとなにぬねのはひふへほまみむめもやゆよらりるれろわをん",
    "いろはにほへとちりぬるをわかよたれそつねならむ", "アイウエオカキクケコサシスセソタチツテト",
)  # fmt: skip
"""Rows of characters that people run along: digits, letters, keys beside and below each other, kana."""

_HASHER = PasswordHasher()
"""The library's own choice: the second set of RFC 9106."""

_NOBODY = "$argon2id$v=19$m=65536,t=3,p=4$bm9ib2R5J3Mgc2FsdA$0AfpnmHKxMYoUYSPpBcdKXLIXpUaCTMaaZTKxYw0aVI"
"""A hash that no password has been found for: who is unknown takes as long to refuse as who is known."""


def hash_password(password: str) -> str:
    """パスワードのハッシュ, with its salt and its costs."""
    return _HASHER.hash(_plain(password))


def is_right(digest: str | None, password: str) -> bool:
    """パスワードが合うか. Without a hash it takes as long, and is wrong."""
    try:
        return _HASHER.verify(digest or _NOBODY, _plain(password)) and digest is not None
    except (VerificationError, InvalidHashError):
        return False


def make_one_time() -> str:
    """一回限りのパスワード: about 99 bits, in groups that can be read aloud."""
    groups = ("".join(secrets.choice(_READABLE) for _ in range(_GROUP)) for _ in range(_ONE_TIME_GROUPS))
    return "-".join(groups)


def make_token() -> str:
    """秘密の札: 256 bits, for a browser's session and for its forms."""
    return secrets.token_urlsafe(32)


def same_password(password: str, other: str) -> bool:
    """同じパスワードか, however its characters are coded."""
    return _plain(password) == _plain(other)


def password_fault(password: str, repeated: str, names: Iterable[str]) -> str:
    """選んだパスワードの誤り: one sentence; empty for one that may be used. `names` are the person's and the city's."""
    password, folded = _plain(password), _plain(password).casefold()
    if password != _plain(repeated):
        return "二つのパスワードが違います。同じものを二度入れてください。"
    if len(password) < SHORTEST:
        return (
            f"パスワードは{SHORTEST}文字以上にしてください（今 {len(password)}文字）。"
            "言葉をいくつか続けると覚えやすくなります。"
        )
    if len(password) > LONGEST:
        return f"パスワードは{LONGEST}文字までです。"
    if any(len(name) >= _SHORTEST_NAME and _plain(name).casefold() in folded for name in names):
        return "利用者名を含むものと、団体の名を含むものは使えません。別のパスワードにしてください。"
    rest = _without_the_commonest(folded)
    if len(rest) < _LEAST_REST or len(set(rest)) < _SHORTEST_NAME or _is_repeated(folded):
        return (
            "同じ文字や言葉のくり返し、続いた数字・文字・キー、だれでも思いつく言葉だけのものは使えません。"
            "別のパスワードにしてください。"
        )
    return ""


def _plain(password: str) -> str:
    return unicodedata.normalize("NFKC", password)


def _is_repeated(text: str) -> bool:
    """くり返しか: a beginning of at most half the text, again and again."""
    return any(
        text == (text[:period] * len(text))[: len(text)] for period in range(1, min(len(text), LONGEST) // 2 + 1)
    )


def _without_the_commonest(text: str) -> str:
    """だれでも試すものを除いた残り: without common words and runs along a row in either direction."""
    for word in _WORDS:
        text = text.replace(word, "\0")
    runs = {at for at in range(len(text) - _RUN + 1) if _is_run(text[at : at + _RUN])}
    covered = set(chain.from_iterable(range(at, at + _RUN) for at in runs))
    return "".join(character for at, character in enumerate(text) if at not in covered and character != "\0")


def _is_run(part: str) -> bool:
    return len(set(part)) == 1 or any(part in row or part[::-1] in row for row in _ROWS)
