"""Mistakes in TOML are told by place and kind, in Japanese, in every file that people write."""

import re
from pathlib import Path

import pytest

from elqr.disk.config_files import parse_toml
from elqr.vocabulary.errors import BadFile
from tests.builders import City, elqr

# 書いたもの: 場所と、言われること
TOLD = {
    "引用符のない文字列": ("a = 1\nname = 架空市", "2行目の8文字目: 値がないか、値の形ではありません"),
    "値がない": ("name =\n", "1行目の7文字目: 値がないか、値の形ではありません"),
    "大文字の真偽": ("a = True", "1行目の5文字目: 値がないか、値の形ではありません"),
    "閉じない引用符": ('a = "x\nb = 1\n', "1行目の7文字目: 文字列に改行か、使えない文字があります"),
    "終わりまで閉じない引用符": ('a = "x', "ファイルの終わり: 文字列の引用符が閉じていません"),
    "Windowsのパス": ('a = "C:\\elqr\\data"', "文字列の \\ は二つ書くか"),
    "番号でない文字": ('a = "\\uzzzz"', "文字の番号ではありません"),
    "番号のない文字": ('a = "\\ud800"', "文字の番号ではありません"),
    "日本語の名": ("名前 = 1", "1行目の1文字目: 行が、項目（名 = 値）でも表（[名]）でもありません"),
    "名のない点": ("a. = 1", "1行目の4文字目: 項目の名がないか"),
    "等号がない": ("[city]\nname\n", "2行目の5文字目: 項目の名の後に = がありません"),
    "表を閉じない": ("[city\n", "1行目の6文字目: 表の名を閉じる ] がありません"),
    "表の並びを閉じない": ("[[inbox]\n", "1行目の8文字目: 表の名を閉じる ]] がありません"),
    "並びを閉じない": ("a = [1, 2\nb = 3\n", "2行目の1文字目: 並びの ] かコンマがありません"),
    "一行の表を閉じない": ("a = {b = 1\n", "1行目の11文字目: 表の } かコンマがありません"),
    "値の後": ("a = 1 円\n", "1行目の7文字目: 値の後に余計なものがあります"),
    "同じ項目": ("a = 1\na = 2\n", "2行目の6文字目: 同じ名の項目か表が二度あります"),
    "同じ表": ("[a]\n[b]\n[a]\n", "3行目の3文字目: この名の表は、もう書いてあるか、書き足せません"),
    "一行の表の同じ項目": ("a = {b = 1, b = 2}", "二度あります"),
    "一行の表に足す": ("a = {b = 1}\na.c = 1\n", "もう書き終えた表に、項目を足しています"),
    "ない日付": ("a = 2026-02-30", "1行目の5文字目: ない日付か時刻です"),
    "使えない文字": ("a = 1 # \x01\n", "使えない文字があります"),
    "長すぎる数": ("a = " + "9" * 5_000, "数が長すぎます"),
}


@pytest.mark.parametrize("name", TOLD)
def test_a_mistake_is_told_by_place_and_kind(name: str) -> None:
    text, told = TOLD[name]
    with pytest.raises(BadFile) as caught:
        parse_toml(text, Path("a.toml"), "ジョブ")
    said = str(caught.value)
    assert told in said, said
    assert not re.search("[A-Za-z]{5}", re.sub("a.toml|false", "", said)), said


def test_the_job_the_register_and_a_spec_are_told_alike(tmp_path: Path) -> None:
    city = City.founded(tmp_path / "city")
    mistake = "1行目の5文字目: 値がないか、値の形ではありません"
    spec = tmp_path / "city_pay.toml"
    spec.write_text("a = x\n", encoding="utf-8")
    assert mistake in elqr("spec", "check", spec).out
    for name in ("procedures.toml", "job.toml"):
        (city.folder / name).write_text("a = x\n", encoding="utf-8")
        ran = city.night()
        assert ran.code == 1 and mistake in ran.err
