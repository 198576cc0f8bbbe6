"""Mistakes in TOML (TOML の書き誤り): what Python's reader says of one in English, with its place, in Japanese."""

import re

_PLACE = re.compile(r"(?s)^(.*) \(at (?:line (\d+), column (\d+)|end of document)\)$")

_KINDS = (
    ("Expected ']]'", "表の名を閉じる ]] がありません"),
    ("Expected ']'", "表の名を閉じる ] がありません"),
    ("Expected '='", "項目の名の後に = がありません"),
    ("Expected newline", "値の後に余計なものがあります（文字列は引用符で囲みます）"),
    ("Expected", "文字列の引用符が閉じていません"),
    ("Unterminated string", "文字列の引用符が閉じていません"),
    ("Illegal character", "文字列に改行か、使えない文字があります（引用符が閉じていないかもしれません）"),
    ("Unescaped", r"文字列の \ は二つ書くか（\\）、文字列を ' で囲みます"),
    ("Invalid hex", r"\u か \x の後が、文字の番号ではありません"),
    ("Escaped character", r"\u の後が、文字の番号ではありません"),
    ("Found invalid character", "使えない文字があります"),
    ("Unclosed array", "並びの ] かコンマがありません"),
    ("Unclosed inline table", "表の } かコンマがありません"),
    ("Cannot declare", "この名の表は、もう書いてあるか、書き足せません"),
    ("Cannot overwrite", "同じ名の項目か表が二度あります"),
    ("Duplicate inline", "同じ名の項目が二度あります"),
    ("Cannot mutate", "もう書き終えた表に、項目を足しています"),
    ("Cannot redefine", "もう書き終えた表に、項目を足しています"),
    ("Invalid initial", "項目の名がないか、使えない文字があります（英数字のほかは引用符で囲みます）"),
    ("Invalid statement", "行が、項目（名 = 値）でも表（[名]）でもありません"),
    ("Invalid date", "ない日付か時刻です"),
    ("Invalid value", "値がないか、値の形ではありません（文字列は引用符で囲み、true と false は小文字です）"),
    ("Exceeds the limit", "数が長すぎます"),
)
"""What the reader's words begin with, and ours: the first that fits."""


def toml_mistake(error: ValueError) -> tuple[int | None, str]:
    """TOML の書き誤り: its line, if it is not at the end or nowhere, and its place and kind in words."""
    place = _PLACE.match(str(error))
    english, line, column = place.groups() if place else (str(error), None, None)
    kind = next((words for begins, words in _KINDS if english.startswith(begins)), "書き方が TOML と違います")
    where = f"{line}行目の{column}文字目: " if line else "ファイルの終わり: " if place else ""
    return int(line) if line else None, where + kind
