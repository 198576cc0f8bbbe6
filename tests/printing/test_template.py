"""Templates: what the shipped ones promise, and what a city's own is refused for, in words it understands."""

from pathlib import Path

import pytest

from elqr.printing.template import Area, read_template, read_templates
from elqr.vocabulary.errors import BadFile, NotFound
from tests.builders import ROOT, TEMPLATES

SHEETS = ROOT / "specs" / "sheets"


def _changed(folder: Path, old: str, new: str, name: str = "hokenryo") -> Path:
    text = (SHEETS / f"{name}.toml").read_text(encoding="utf-8")
    assert old in text, "the test changes what is there"
    path = folder / f"{name}.toml"
    path.write_text(text.replace(old, new), encoding="utf-8")
    return path


REFUSED = [
    ("モジュールが小さい", "module = 0.4233", "module = 0.32", "eL-QRのモジュールは0.33以上"),
    ("余白が足りない", "module = 0.4233, quiet = 4", "module = 0.4233, quiet = 3", "eL-QRの余白（モジュール数）は4"),
    ("下限を4未満にする", "qr_quiet = 4", "qr_quiet = 3", "limits.qr_quiet: 小さすぎます"),
    ("余白にはみ出す", "qr = { at = [80.6, 38.5]", "qr = { at = [192, 38.5]", "はみ出しています"),
    ("バーコードに近い", "qr = { at = [80.6, 38.5]", "qr = { at = [74, 38.5]", "eL-QRとバーコードは余白どうしを3.0mm以上"),
    ("文字が重なる", "{ at = [80.6, 58.2], width = 17.4", "{ at = [80.6, 52], width = 17.4", "eL-QRの場所（余白を含む）に文字が重なっています"),
    ("線が重なる", "from = [101.5, 2], to = [101.5, 61]", "from = [90, 2], to = [90, 61]", "eL-QRの場所（余白を含む）に線が重なっています"),
    ("枠が重なる", "{ at = [183, 48.5], size = [21, 12] }", "{ at = [90, 48.5], size = [21, 12] }", "枠が重なっています"),
    ("知らない項目", "{amount} 円", "{kingaku} 円", "差し込めない項目です: {kingaku}"),
    ("ページの項目を納付書に", "納付番号 {key_no}", "納付番号 {key_no} {page_total}", "差し込めない項目です: {page_total}"),
    ("金額の印字がない", "{amount}", "金", "{amount} がありません"),
    ("区切りが20桁でない", "key_groups = [4, 4, 4, 4, 4]", "key_groups = [4, 4, 4, 4]", "納付番号の20桁です（今は16桁）"),
    ("つづりの違う項目", "margin = 5 ", "marjin = 5 ", "page.marjin: 知らない項目です"),
    ("TOMLでない", "[page]", "[page", "TOMLとして読めません"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "said"), [case[1:] for case in REFUSED], ids=[case[0] for case in REFUSED])
def test_a_sheet_that_could_not_be_read_is_refused(tmp_path: Path, old: str, new: str, said: str) -> None:
    with pytest.raises(BadFile) as caught:
        read_template(_changed(tmp_path, old, new))
    assert said in str(caught.value) and "hokenryo.toml" in str(caught.value)


def test_every_mistake_is_said_at_once(tmp_path: Path) -> None:
    path = _changed(tmp_path, "module = 0.4233, quiet = 4", "module = 0.3, quiet = 2")
    with pytest.raises(BadFile, match=r"モジュールは.*余白（モジュール数）は"):
        read_template(path)


def test_a_file_that_is_not_there_and_a_name_that_differs(tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        read_template(tmp_path / "nai.toml")
    _changed(tmp_path, 'name = "hokenryo"', 'name = "hoken"')
    with pytest.raises(BadFile, match="ファイル名と同じ"):
        read_templates([tmp_path])
    with pytest.raises(NotFound):
        read_templates([tmp_path / "nai"])


def test_a_citys_own_template_replaces_the_shipped_one(tmp_path: Path) -> None:
    _changed(tmp_path, "title = ", 'title = "四日に一度" # ')
    assert read_templates([SHEETS, tmp_path])["hokenryo"].title == "四日に一度"


@pytest.mark.parametrize("name", sorted(TEMPLATES))
def test_the_shipped_sheets_are_a4_and_honest_about_what_is_not_known(name: str) -> None:
    template = TEMPLATES[name]
    assert (template.page.width, template.page.height) == (210, 297)
    assert not template.verified and template.open_questions
    assert template.slip.qr.module >= 0.33 and template.slip.qr.quiet >= 4
    assert template.slip.qr.area.right - template.slip.qr.area.left >= 13.5
    said = {text.text for text in template.slip.texts}
    assert {"納付書", "領収証書", "納付済通知書"} <= said and template.slip.el_mark


def test_every_kind_of_procedure_has_a_shipped_sheet() -> None:
    kinds = [kind for template in TEMPLATES.values() for kind in template.kinds]
    assert sorted(kinds) == sorted(["国保", "介護", "後期高齢", "地方税", "その他", "使用料・手数料"])


def test_areas() -> None:
    area = Area(10, 10, 20, 20)
    assert area.touches(Area(19, 19, 30, 30)) and not area.touches(Area(20, 10, 30, 20))
    assert area.holds(Area(10, 10, 20, 20)) and not area.holds(Area(9, 10, 20, 20))
    assert area.grown(1) == Area(9, 9, 21, 21) and area.moved((5, -5)) == Area(15, 5, 25, 15)
