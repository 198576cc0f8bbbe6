"""elqr spec check: every problem at once, with its line, and nothing that the night would think otherwise about."""

from pathlib import Path

import pytest

from elqr.formats.authoring.lint import lint
from elqr.formats.authoring.overlap import overlapping, specimen
from elqr.formats.recognize import recognize
from elqr.formats.spec_files import read_spec
from elqr.vocabulary.errors import BadFile
from tests.builders import NIGHT, PAYMENT_SPECS, ROOT, SPECS, elqr

CITY = """\
name = "city_pay"
title = "市の収納"
purpose = "payment"
layout = "fixed"
verified = false
grade = "MED"
sources = ["取扱要領"]
open_questions = ["取消の区分"]
charsets = ["cp932"]
record_bytes = 40
recognize = { record = "data", fields = ["kind", "paid_on"] }

[[record]]
name = "header"
title = "見出し"
tag = "1"
follows = ["start"]
opens_group = true
fields = [
  { name = "kind", title = "区分", width = 1, kind = "const", value = "1" },
  { name = "rest", title = "予備", width = 39, kind = "filler" },
]

[[record]]
name = "data"
title = "明細"
tag = "2"
follows = ["header", "data"]
fields = [
  { name = "kind", title = "区分", width = 1, kind = "const", value = "2" },
  { name = "paid_on", title = "領収日", width = 8, kind = "date" },
  { name = "key_no", title = "整理番号", width = 12, kind = "digits" },
  { name = "yen", title = "金額", width = 9, kind = "yen" },
  { name = "stage", title = "状態", width = 1, kind = "code", values = { "1" = "速報", "2" = "確報" } },
  { name = "serial", title = "通番", width = 6, kind = "digits" },
  { name = "rest", title = "予備", width = 3, kind = "filler" },
]

[[record]]
name = "trailer"
title = "合計"
tag = "8"
follows = ["data"]
closes = true
fields = [
  { name = "kind", title = "区分", width = 1, kind = "const", value = "8" },
  { name = "count", title = "件数", width = 6, kind = "count" },
  { name = "yen", title = "金額", width = 12, kind = "yen" },
  { name = "rest", title = "予備", width = 21, kind = "filler" },
]

[[control]]
title = "件数"
at = "trailer.count"
count = "data"
[[control]]
title = "金額"
at = "trailer.yen"
sum = "data.yen"

[payment]
record = "data"
channel = "counter"
stage = { field = "stage", map = { "1" = "preliminary", "2" = "confirmed" } }
key = { kind = "customer", fields = ["key_no"] }
identity = ["paid_on", "serial", "key_no"]
paid_yen = "yen"
paid_on = "paid_on"
"""


def _line(text: str, part: str) -> int:
    return next(no for no, line in enumerate(text.splitlines(), start=1) if part in line)


def _said(text: str) -> list[str]:
    return [str(remark) for remark in lint(text.encode(), "city_pay", SPECS)]


def test_a_good_spec_has_no_remarks() -> None:
    assert _said(CITY) == []


_PAID_ON = 'paid_on = "paid_on"\n'
_DEBIT = """paid_on = "paid_on"
[debit]
record = "data"
key = { kind = "customer", fields = ["serial"] }
identity = ["paid_on", "serial"]
yen = "yen"
debit_on = "paid_on"
"""

# (何をしたか, 元, 後, 誤りか, 行を示す部分 (""は行なし), 言うこと, 直し方)
CASES = [
    ("幅が足りない", "width = 12, kind = \"digits\"", "width = 11, kind = \"digits\"", True, 'name = "data"', "width の合計が 39", "1バイト足りません"),
    ("幅が多い", "width = 21", "width = 25", True, 'name = "trailer"', "width の合計が 44", "4バイト多すぎます"),
    ("幅がない", "width = 9, kind = \"yen\"", "kind = \"yen\"", True, 'name = "data"', "width のない項目があります（yen）", "すべての項目に width"),
    ("レコード長がない", "record_bytes = 40\n", "", True, "", "レコード長がありません", "record_bytes"),
    ("名前違い", 'name = "city_pay"', 'name = "city"', True, 'name = "city"', "ファイル名と違います", "city_pay"),
    ("つづり違いの項目", "opens_group = true", "opens_gruop = true", True, "opens_gruop", "知らない項目です", "書けること"),
    ("知らない種類", 'kind = "count"', 'kind = "number"', True, 'name = "count"', "決められた値ではありません", ""),
    ("二つの項目が同名", 'name = "stage"', 'name = "yen"', True, 'title = "状態"', "同じ名前の項目が二つ", ""),
    ("二つのレコードが同名", 'name = "trailer"', 'name = "data"', True, 'title = "合計"', "同じ名前のレコードが二つ", ""),
    ("区分がない", 'tag = "8"\n', "", True, 'name = "trailer"', "レコード区分がありません", ""),
    ("区分が重なる", 'tag = "8"', 'tag = "2"', True, 'name = "trailer"', "data と見分けられません", ""),
    ("区分と値の違い", 'kind = "const", value = "8"', 'kind = "const", value = "9"', True, 'name = "trailer"', "tag = 8 と先頭の項目の値 9", ""),
    ("値の長さ", '"1" = "速報", "2" = "確報" } }', '"01" = "速報", "2" = "確報" } }', True, 'name = "stage"', "値（01）の長さ", ""),
    ("日付の形がない", 'width = 8, kind = "date"', 'width = 6, kind = "date"', True, 'name = "paid_on"', "日付の form がなく、width = 6", ""),
    ("日付の形と幅", 'width = 8, kind = "date"', 'width = 8, kind = "date", form = "yyyy/mm/dd"', True, 'name = "paid_on"', "form = yyyy/mm/dd なのに width = 8", "yyyymmdd"),
    ("時刻の幅", 'width = 3, kind = "filler"', 'width = 3, kind = "time"', True, 'width = 3, kind = "time"', "時刻なのに width = 3", ""),
    ("長すぎる金額", 'width = 21, kind = "filler"', 'width = 21, kind = "yen"', True, 'title = "予備", width = 21', "21桁", "18桁以内"),
    ("固定値がない", 'kind = "const", value = "8"', 'kind = "const"', True, 'name = "kind", title = "区分", width = 1, kind = "const" }', "value がありません", ""),
    ("並びの名前", 'follows = ["data"]', 'follows = ["date"]', True, 'follows = ["date"]', "レコード date はありません", "data ではありませんか"),
    ("出てこないレコード", 'follows = ["header", "data"]', 'follows = ["data"]', True, 'follows = ["data"]', "先頭からたどっても出てきません", ""),
    ("先頭がない", 'follows = ["start"]', 'follows = ["trailer"]', True, 'name = "header"', "先頭に立てるレコードがありません", "start"),
    ("最後がない", "closes = true\n", "", False, 'name = "header"', "最後に立つレコードが決まっていません", ""),
    ("組がない", "opens_group = true\n", "", False, "[[control]]", "組の始まりがない", ""),
    ("検査の先がない", 'at = "trailer.yen"', 'at = "trailer.yenn"', True, 'title = "金額"\nat', "trailer.yenn という項目はありません", "trailer.yen ではありませんか"),
    ("金額でないものの合計", 'sum = "data.yen"', 'sum = "data.key_no"', True, 'title = "金額"\nat', "data.key_no は digits なので足せません", ""),
    ("合計の欄が数でない", 'width = 12, kind = "yen"', 'width = 12, kind = "digits"', True, 'title = "金額"\nat', "at の trailer.yen は digits", ""),
    ("数えるレコードがない", 'count = "data"', 'count = "detail"', True, 'title = "件数"\nat', "count のレコード detail", ""),
    ("出てこないレコードの合計", 'follows = ["data"]', 'follows = ["trailer"]', True, 'title = "件数"\nat', "レコード trailer は出てこないので、検査されません", ""),
    ("二通りの検査", 'sum = "data.yen"', 'sum = "data.yen"\ncount = "data"', True, 'title = "金額"\nat', "count・sum・plus が 2個", ""),
    ("条件の値がない", 'count = "data"', 'count = "data"\nwhere = { stage = "!9" }', True, 'title = "件数"\nat', "stage に !9 という値はありません", ""),
    ("金額が数でない", 'paid_yen = "yen"', 'paid_yen = "key_no"', True, 'paid_yen', "key_no は kind = digits なので使えません", "yen"),
    ("日付でない", 'paid_on = "paid_on"', 'paid_on = "yen"', True, 'paid_on = "yen"', "yen は kind = yen", "date"),
    ("ないキー", 'fields = ["key_no"] }', 'fields = ["key"] }', True, "key = {", "data.key という項目はありません", "data.key_no"),
    ("予備のもう一つのキー", 'identity = ["paid_on"', 'other_key = { kind = "barcode", fields = ["rest"] }\nidentity = ["paid_on"', True, "other_key", "照会キーになりません", ""),
    ("予備のキー", 'fields = ["key_no"] }', 'fields = ["rest"] }', True, "key = {", "照会キーになりません", ""),
    ("組でないレコードの項目", 'paid_yen = "yen"', 'paid_yen = "trailer.yen"', True, "paid_yen", "組の始まりではありません", ""),
    ("キーだけの識別", 'identity = ["paid_on", "serial", "key_no"]', 'identity = ["key_no"]', False, "identity", "二度目の納付と再送", ""),
    ("日付のない識別", 'identity = ["paid_on", "serial", "key_no"]', 'identity = ["serial"]', False, "identity", "番号が元に戻ると", "open_questions"),
    ("番号のない識別", 'identity = ["paid_on", "serial", "key_no"]', 'identity = ["paid_on", "key_no", "yen"]', False, "identity", "同じ日の二度目の納付", "open_questions"),
    ("知らない段階", '"2" = "confirmed"', '"2" = "kakuho"', True, "stage = {", "kakuho という値はありません", "confirmed"),
    ("知らないチャネル", 'channel = "counter"', 'channel = "konbini"', True, "channel", "konbini という値はありません", "cvs"),
    ("対応の抜け", ', "2" = "confirmed"', "", False, "stage = {", "対応のない値があります（2）", "open_questions"),
    ("ない値の対応", ', "2" = "confirmed"', ', "2" = "confirmed", "3" = "cancelled"', False, "stage = {", "項目 stage にない値です（3）", ""),
    ("弱い見分け方", 'fields = ["kind", "paid_on"] }', 'fields = ["rest"] }', False, "recognize", "どんなファイルにも当てはまる", ""),
    ("見分け方の項目違い", 'fields = ["kind", "paid_on"] }', 'fields = ["kinds"] }', True, "recognize", "data.kinds という項目はありません", "data.kind ではありませんか"),
    ("見分け方なし", 'recognize = { record = "data", fields = ["kind", "paid_on"] }\n', "", True, "", "見分け方がありません", ""),
    ("出典なしで確認済", 'verified = false\ngrade = "MED"\nsources = ["取扱要領"]', 'verified = true\ngrade = "MED"\nsources = []', True, "verified", "出典がありません", ""),
    ("仮のまま確認済", 'verified = false\ngrade = "MED"', 'verified = true\ngrade = "PROVISIONAL"', False, "verified", "grade = PROVISIONAL", ""),
    ("未確認の点がない", 'open_questions = ["取消の区分"]\n', "", False, "verified", "わかっていないことが書かれていません", ""),
    ("氏名が個人情報でない", 'title = "整理番号", width = 12, kind = "digits"', 'title = "納付者氏名", width = 12, kind = "text"', False, "納付者氏名", "personal = true がありません", ""),
    ("伏せられない金額", 'width = 9, kind = "yen"', 'width = 9, kind = "yen", personal = true', False, 'title = "金額", width = 9', "personal = true です", "personal を消して"),
    ("入れ子がない", 'width = 12, kind = "digits"', 'width = 12, kind = "nested", spec = "gs2"', True, 'name = "key_no"', "入れ子の様式 gs2 がありません", "gs1_128"),
    ("入れ子の幅", 'width = 12, kind = "digits"', 'width = 12, kind = "nested", spec = "gs1_128"', True, 'name = "key_no"', "44バイトなのに width = 12", ""),
    ("部品でない入れ子", 'width = 12, kind = "digits"', 'width = 12, kind = "nested", spec = "dsk_csv"', True, 'name = "key_no"', "purpose = payment です", "part"),
    ("日付でない項目の形", 'width = 9, kind = "yen"', 'width = 9, kind = "yen", form = "yyyymmdd"', False, 'title = "金額", width = 9', "日付でないのに form があります", "kind を date"),
    ("どこにも続かない", 'follows = ["data"]', 'follows = []', True, 'follows = []', "どのレコードの後にも来ない", "follows を書いて"),
    ("足す項目がない", 'sum = "data.yen"', 'sum = "data.yenn"', True, 'title = "金額"\nat', "data.yenn という項目はありません", "data.yen ではありませんか"),
    ("条件の項目がない", 'count = "data"', 'count = "data"\nwhere = { stages = "1" }', True, 'title = "件数"\nat', "data.stages という項目はありません", "data.stage ではありませんか"),
    ("収納のレコードがない", 'record = "data"\nchannel', 'record = "date"\nchannel', True, "[payment]", "レコード date", ""),
    ("見分け方のレコードがない", 'record = "data", fields = ["kind", "paid_on"]', 'record = "date", fields = ["kind"]', True, "recognize", "レコード date", ""),
    ("見分け方の空欄がない", 'fields = ["kind", "paid_on"] }', 'fields = ["kind", "paid_on"], blank = ["kara"] }', True, "recognize", "data.kara という項目はありません", ""),
    ("入金への対応がない", 'purpose = "payment"', 'purpose = "money"', True, "", "入金への対応がありません", "[deposit] の表"),
    ("入金のレコードがない", 'paid_on = "paid_on"\n', 'paid_on = "paid_on"\n[deposit]\nrecord = "meisai"\n', True, "[deposit]", "レコード meisai", ""),
    ("引落のレコードがない", _PAID_ON, _DEBIT.replace('record = "data"', 'record = "irai"'), True, "[debit]", "レコード irai", ""),
    ("引落の金額が符号", _PAID_ON, _DEBIT.replace('yen = "yen"', 'yen = "stage"'), True, 'yen = "stage"', "stage は kind = code", "yen"),
    ("引落の顧客番号がない", _PAID_ON, _DEBIT.replace('fields = ["serial"]', 'fields = ["kokyaku"]'), True, 'fields = ["kokyaku"]', "kokyaku という項目はありません", ""),
    ("引落の識別がない", _PAID_ON, _DEBIT.replace('"paid_on", "serial"]', '"hiduke"]'), True, 'identity = ["hiduke"]', "hiduke という項目はありません", ""),
    ("検査がない", CITY[CITY.index("[[control]]") : CITY.index("[payment]")], "", False, "", "合計の検査が一つもありません", "突合"),
    ("対応がない", CITY[CITY.index("[payment]") :], "", True, "", "収納への対応がありません", "[payment]"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "old", "new", "is_error", "at", "said", "do"), CASES, ids=[row[0] for row in CASES])
def test_one_mistake(name: str, old: str, new: str, is_error: bool, at: str, said: str, do: str) -> None:
    assert CITY.count(old) >= 1
    text = CITY.replace(old, new, 1)
    found = [own for own in lint(text.encode(), "city_pay", SPECS) if said in own.found]
    assert found, _said(text)
    remark = found[0]
    assert remark.is_error is is_error and do in str(remark) and remark.remedy.endswith(("。", "？"))
    wanted = 0
    if at.endswith("\nat"):
        wanted = next(no for no, line in enumerate(text.splitlines(), 1) if line == at.removesuffix("\nat")) - 1
    elif at:
        wanted = _line(text, at)
        wanted -= text.splitlines()[wanted - 1].startswith(("name =", "title =")) and wanted > 2
        wanted -= at == 'title = "合計"'
    assert remark.line == wanted, str(remark)


def test_what_it_calls_wrong_the_night_refuses_and_what_it_does_not_the_night_reads(tmp_path: Path) -> None:
    """Warnings never stop the night; errors are what it would refuse, or would only find out about from data."""
    path = tmp_path / "city_pay.toml"
    parts = {name: spec for name, spec in SPECS.items() if spec.purpose == "part"}
    only_data_would_tell = 0
    for _, old, new, is_error, *_ in CASES:
        path.write_text(CITY.replace(old, new, 1), encoding="utf-8")
        try:
            read_spec(path, parts)
            only_data_would_tell += is_error
        except BadFile:
            assert is_error, old
    assert only_data_would_tell < len(CASES) / 2


def test_every_mistake_is_told_at_once() -> None:
    text = CITY
    for old, new in (
        ("record_bytes = 40", "record_bytes = 41"),
        ('"2" = "confirmed"', '"2" = "kakuho"'),
        ('kind = "count"', 'kind = "number"'),
        ('sum = "data.yen"', 'sum = "data.key_no"'),
        ("closes = true\n", ""),
    ):
        text = text.replace(old, new)
    said = "\n".join(_said(text))
    for part in ("合計が 40", "kakuho", "決められた値ではありません", "足せません", "最後に立つレコード"):
        assert part in said, said
    assert len(_said(text)) >= 7, "each of the three records is one byte short"


def test_shipped_specs_have_no_errors() -> None:
    paths = sorted((ROOT / "specs").glob("*.toml"))
    assert len(paths) >= 8
    for path in paths:
        others = {name: spec for name, spec in SPECS.items() if name != path.stem}
        remarks = lint(path.read_bytes(), path.stem, others)
        assert not [str(remark) for remark in remarks if remark.is_error], path.name
        assert not [remark for remark in remarks if "のファイルと見分けられません" in remark.found], path.name


def test_a_twin_of_a_shipped_spec_overlaps_it() -> None:
    for name in PAYMENT_SPECS:
        twin = SPECS[name].model_copy(update={"name": "twin"})
        assert overlapping(twin, SPECS.values()) == [name]
        assert recognize(specimen(SPECS[name]), [SPECS[own] for own in PAYMENT_SPECS], "", NIGHT)[0] is SPECS[name]
    text = (ROOT / "specs" / "dsk_csv.toml").read_text(encoding="utf-8").replace('"dsk_csv"', '"city_pay"', 1)
    (said,) = [line for line in _said(text) if "見分けられません" in line]
    assert "様式 dsk_csv" in said and said.startswith("[注意]")


TEXTS = [
    ("TOMLでない", b"name = \n", 1, "TOML として読めません"),
    ("閉じていない", CITY.replace('fields = ["kind", "paid_on"] }', 'fields = ["kind", "paid_on" }').encode(), 1, "11行目"),
    ("BOMつき", b"\xef\xbb\xbf" + CITY.encode(), 0, "問題ありません"),
    ("cp932", CITY.encode("cp932"), 1, "UTF-8 ではありません"),
    ("CRLF", CITY.replace("\n", "\r\n").encode(), 0, "問題ありません"),
    ("空", b"", 1, "項目がありません"),
    ("でたらめ", bytes(range(256)) * 10, 1, "UTF-8 ではありません"),
    ("長い一行", b"x" * 1_000_000, 1, "TOML として読めません"),
    ("別のTOML", (ROOT / "jobs" / "nightly.toml").read_bytes(), 1, "知らない項目です"),
    ("表が文字列", b'name = "city_pay"\nrecord = "x"\npayment = 1\ncontrol = [1]\nrecognize = []\n', 1, "並び"),
    ("注意だけ", CITY.replace("closes = true\n", "").encode(), 3, "誤り 0件、注意 1件"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "data", "code", "said"), TEXTS, ids=[row[0] for row in TEXTS])
def test_the_command(tmp_path: Path, name: str, data: bytes, code: int, said: str) -> None:
    path = tmp_path / "city_pay.toml"
    path.write_bytes(data)
    ran = elqr("spec", "check", path)
    assert ran.code == code and said in ran.out, ran.out + ran.err
    assert "Traceback" not in ran.err and all(len(line) < 500 for line in ran.out.splitlines())
    shown = elqr("spec", "check", path, "--json")
    assert shown.code == code and (shown.json["errors"] > 0) is (code == 1)  # type: ignore[operator]


def test_a_part_beside_the_file(tmp_path: Path) -> None:
    part = (ROOT / "specs" / "gs1_128.toml").read_text(encoding="utf-8").replace('"gs1_128"', '"own_part"')
    text = CITY.replace('width = 12, kind = "digits"', 'width = 44, kind = "nested", spec = "own_part"')
    text = text.replace("record_bytes = 40", "record_bytes = 72").replace("width = 39", "width = 71")
    text = text.replace("width = 21", "width = 53").replace('fields = ["key_no"] }', 'fields = ["key_no.city_no"] }')
    path = tmp_path / "city_pay.toml"
    path.write_text(text, encoding="utf-8")
    assert "入れ子の様式 own_part がありません" in elqr("spec", "check", path).out
    (tmp_path / "own_part.toml").write_text(part, encoding="utf-8")
    assert elqr("spec", "check", path).code == 0
    (tmp_path / "own_part.toml").write_text(part.replace("record_bytes = 44", "record_bytes = 45"), encoding="utf-8")
    ran = elqr("spec", "check", path)
    assert ran.code == 1 and "own_part.toml" in ran.err


def test_wrong_paths(tmp_path: Path) -> None:
    for path, said in ((tmp_path / "nai.toml", "がありません"), (tmp_path, "フォルダです")):
        ran = elqr("spec", "check", path)
        assert ran.code == 1 and said in ran.err
