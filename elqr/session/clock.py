"""The clock (時計): what time and what day it is, in Japan, whatever the zone of the machine; and which days have come.

Japan has had one offset and no summer time since 1952, so a fixed offset is exact. The only module that asks for the
time.
"""

from datetime import date, datetime, timedelta, timezone

from elqr.vocabulary.errors import Refused

JAPAN = timezone(timedelta(hours=9), "JST")


def now() -> datetime:
    """今の時刻 in Japan."""
    return datetime.now(JAPAN)


def today() -> date:
    """今日 in Japan."""
    return now().date()


def refuse_future(day: date, what: str, *, is_training: bool = False) -> None:
    """まだ来ていない日を断る, but in training: a night of such a day would stop all before it. Raises Refused."""
    if day > today() and not is_training:
        raise Refused(
            f"{what} {day} は、今日（日本の {today()}）より後です。何も書いていません。"
            "訓練で先の日を使うときだけジョブに training = true と書き、そうでなければ年の書き間違いを直してください。"
        )
