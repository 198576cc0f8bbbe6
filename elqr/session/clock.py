"""The clock (時計): the time and the day in Japan, whatever the time zone of the machine.

The only module that asks for the time. Japan has had one offset and no summer time since 1952, so a fixed offset is
exact.
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
    """まだ来ていない日を断る, except in training: its night would shut out every day before it. Raises Refused.

    `what` names the day in the message.
    """
    if day > today() and not is_training:
        raise Refused(
            f"{what} {day} は、今日（日本の {today()}）より後です。何も書いていません。"
            "訓練で先の日を使うときだけジョブに training = true と書き、そうでなければ年の書き間違いを直してください。"
        )
