"""People: one person writes a name in many ways, and a reader takes them for one."""

import pytest

from elqr.arithmetic.person_name import name_fault, same_person


@pytest.mark.parametrize("other", ["山田　太郎", "山田 太郎", " 山田太郎 ", "山田太郎", "山田・太郎", "太郎 山田"])
def test_spaces_and_dots_do_not_make_another_person(other: str) -> None:
    assert same_person("山田 太郎", other)


@pytest.mark.parametrize(
    ("one", "other"), [("ＹＡＭＡＤＡ", "yamada"), ("ﾔﾏﾀﾞ", "ヤマダ"), ("やまだ", "ヤマダ"), ("ヤマダ", "ヤマタ゛")]
)
def test_width_case_and_kana_do_not_make_another_person(one: str, other: str) -> None:
    assert same_person(one, other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("高橋", "髙橋"), ("渡辺", "渡邊"), ("渡邉", "渡邊"), ("斎藤", "齋藤"), ("斎藤", "斉藤"), ("齊藤", "斉藤"), ("山崎", "山﨑"),
        ("浜田", "濱田"), ("浜田", "濵田"), ("柳田", "栁田"), ("沢田", "澤田"), ("吉田", "𠮷田"), ("塚本", "塚本"), ("長井", "⻑井"),
        ("髙橋 一郎", "高橋一郎"), ("辻", "辻\U000e0100"), ("小島", "小嶋"), ("広瀬", "廣瀨"), ("野村", "埜村"), ("佐藤", "佐籐"),
    ],
)  # fmt: skip
def test_forms_of_one_kanji_do_not_make_another_person(one: str, other: str) -> None:
    assert same_person(one, other) and same_person(other, one)


@pytest.mark.parametrize(
    ("one", "other"), [("二宮", "ニ宮"), ("谷口", "谷ロ"), ("力石", "カ石"), ("工藤", "エ藤"), ("八木", "ハ木")]
)
def test_kana_that_look_like_a_kanji_do_not_make_another_person(one: str, other: str) -> None:
    assert same_person(one, other)


@pytest.mark.parametrize("unseen", ["\u200b", "\u200d", "\ufe0f", "\U000e0101", "\u00ad", "\u2060", "\u202e", "\u3164"])
def test_what_nobody_sees_does_not_make_another_person_and_is_refused(unseen: str) -> None:
    name = f"山田{unseen}太郎"
    assert same_person("山田太郎", name)
    assert "目に見えない" in name_fault(name)


def test_a_surname_may_be_the_one_of_the_full_name() -> None:
    assert same_person("山田", "山田太郎") and same_person("髙橋 花子", "高橋")


@pytest.mark.parametrize("other", ["会計課 佐藤", "佐藤（会計課）", "会計課　佐藤 花子"])
def test_a_section_beside_the_name_does_not_make_another_person(other: str) -> None:
    assert same_person("佐藤", other) and same_person(other, "佐藤")


def test_two_of_one_section_or_one_surname_are_two() -> None:
    assert not same_person("会計課 佐藤", "会計課 山田") and not same_person("佐藤 太郎", "佐藤 花子")


@pytest.mark.parametrize("name", ["Yаmada", "Yοsida", "山田Я", "田中а"])
def test_letters_of_another_alphabet_are_refused(name: str) -> None:
    assert "別の国の文字" in name_fault(name)


@pytest.mark.parametrize(
    "name",
    ["山田 太郎", "佐々木", "John Smith", "マリア・ガルシア", "マリー ミュラー", "山田A", "Иван Петров", "ヶ丘 ﾊﾅｺ"],
)
def test_ordinary_names_are_names(name: str) -> None:
    assert name_fault(name) == ""


@pytest.mark.parametrize("name", ["・", "12", "---"])
def test_a_name_has_letters(name: str) -> None:
    assert "文字がありません" in name_fault(name)


@pytest.mark.parametrize("other", ["山田次郎", "佐藤", "鈴木太郎"])
def test_other_names_are_other_people(other: str) -> None:
    assert not same_person("山田太郎", other)


@pytest.mark.parametrize(("one", "other"), [("森", "大森"), ("佐藤", "左藤"), ("山田", "")])
def test_a_name_inside_another_or_like_it_in_sound_is_another(one: str, other: str) -> None:
    assert not same_person(one, other)
