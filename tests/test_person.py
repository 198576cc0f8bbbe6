"""People: one person writes a name in many ways."""

import pytest

from elqr.person import same_person


@pytest.mark.parametrize("other", ["山田　太郎", "山田 太郎", " 山田太郎 ", "山田太郎"])
def test_spaces_do_not_make_another_person(other: str) -> None:
    assert same_person("山田太郎", other)


@pytest.mark.parametrize(("one", "other"), [("ＹＡＭＡＤＡ", "yamada"), ("ﾔﾏﾀﾞ", "ヤマダ")])
def test_width_and_case_do_not_make_another_person(one: str, other: str) -> None:
    assert same_person(one, other)


@pytest.mark.parametrize("other", ["山田次郎", "山田", ""])
def test_other_names_are_other_people(other: str) -> None:
    assert not same_person("山田太郎", other)
