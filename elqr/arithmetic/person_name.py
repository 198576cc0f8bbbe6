"""Names of people (氏名): who asked and who approved, identified by the names they give, as a reader sees them.

Two spellings that a reader takes for one name belong to one person. Width, case, spaces, dots, old and new forms of a
kanji, and kana that look like a kanji make no difference; nor does a surname alone, or the name of a section before
it. Characters that a reader cannot see are refused.
"""

import unicodedata

_VARIANTS = (
    "高髙 崎﨑嵜碕㟢 辺邉邊 斎齋斉齊亝 浜濱濵 柳栁桺 島嶋嶌㠀 沢澤 広廣 国國圀 桜櫻 関關 竜龍 滝瀧 恵惠 徳德 真眞 "
    "槙槇 黒黑 吉𠮷 土圡𡈽 富冨 峰峯 岳嶽 渕淵渊 桑桒 瀬瀨 頼賴 角⻆ 長⻑ 曽曾 弥彌 寿壽 栄榮 円圓 会會 学學 実實 "
    "宝寶寳 収收 巌巖 荘莊 将將 松枩 梅楳 船舩 館舘 来來 県縣 豊豐 芦蘆 蔵藏 園薗 薮藪籔 遥遙 鎌鐮 間閒 隠隱 静靜 "
    "鴬鶯 麦麥 黄黃 亀龜 亜亞 伝傳 児兒 兎兔 内內 剣劍劔剱 勲勛 台臺 尭堯 塩鹽 奥奧 姫姬 属屬 岡崗 巻卷 帯帶 応應 "
    "悦悅 恒恆 慎愼 戸戶 教敎 旧舊 晋晉 暁曉 暦曆 桧檜 楽樂 様樣 横橫 検檢 歩步 毎每 浅淺 涙淚 渓溪 温溫 満滿 焔焰 "
    "焼燒 為爲 瑶瑤 畳疊 発發 礼禮 禄祿 稲稻 穂穗 穣穰 竪豎 絵繪 継繼 緑綠 縁緣 縄繩 聡聰 艶艷 蒋蔣 虎乕 蛍螢 装裝 "
    "覚覺 観觀 譲讓 郎郞 郷鄕 釈釋 鋭銳 録錄 鎮鎭 雑雜 青靑 穎頴 顕顯 騨驒 鯵鰺 鴎鷗 麹麴 昂昻 鶴靏靎鸖 鉄鐵鐡 仏佛 "
    "万萬 与與 両兩 予豫 争爭 仮假 価價 党黨 並竝 乗乘 労勞 効效 励勵 区區 参參 号號 団團 図圖 囲圍 圧壓 増增 壮壯 "
    "声聲 売賣 変變 宮宫 寝寢 対對 専專 尽盡 届屆 峡峽 峨峩 巣巢 従從 徴徵 恋戀 戦戰 払拂 担擔 拠據 挙擧 揺搖 摂攝 "
    "数數 昼晝 条條 枢樞 栃杤 楼樓 権權 欧歐 歓歡 歴歷 残殘 気氣 沖冲 灯燈 炉爐 点點 独獨 猟獵 献獻 画畫 当當 痩瘦 "
    "砕碎 禅禪 称稱 糸絲 経經 総總 翠翆 聴聽 臓臟 舗舖 芸藝 茎莖 草艸 蕊蘂 薫薰 虫蟲 処處 蚕蠶 蛮蠻 衛衞 触觸 訳譯 "
    "読讀 誉譽 諌諫 謡謠 賛贊 践踐 転轉 軽輕 辞辭 逓遞 遅遲 酔醉 醸釀 鉱鑛 銭錢 陥陷 険險 隣鄰 随隨 霊靈 頚頸 飲飮 "
    "餅餠 駆驅 駅驛 験驗 鰐鱷 鶏鷄雞 野埜 藤籐"
)
"""Forms of one kanji in names, the usual one first: 旧字体 and 異体字 that Unicode keeps apart.

Sources: 常用漢字表 (2010, its いわゆる康熙字典体), 戸籍法施行規則 別表第二, and what offices write by habit, such as 斎
for 斉. Forms that Unicode itself unifies, such as 塚 and U+FA10, have already been folded by NFKC.
"""

_LOOKALIKES = "口ロ 力カ 二ニ 工エ 夕タ 卜ト 八ハ 一ー 〇○"
"""Pairs of a kanji and the kana or sign that a reader takes for it."""

_ONE_FORM = {ord(variant): group[0] for group in _VARIANTS.split() for variant in group[1:]}
_AS_KANJI = {ord(variant): group[0] for group in _LOOKALIKES.split() for variant in group[1:]}
_VOICED = {0x309B: 0x3099, 0x309C: 0x309A}
"""Free-standing 濁点・半濁点 → those that combine with their kana."""
_AS_HIRAGANA = {code: code - 0x60 for code in range(0x30A1, 0x30F7)}

_JAPANESE = {"CJK", "HIRAGANA", "KATAKANA", "IDEOGRAPHIC", "KANGXI", "VERTICAL"}
_FILLERS = "\u115f\u1160\u2800\u3164\uffa0"
"""Letters and signs that are invisible."""

_WHOLE_NAME = "氏名をすべて、ふだんの文字で書いてください。"


def same_person(name: str, other: str) -> bool:
    """同じ人か, for four eyes: names that look alike, or one of which begins with the other or has all its words."""
    name_words, other_words = set(_words(name)), set(_words(other))
    if name_words and other_words and (name_words <= other_words or other_words <= name_words):
        return True
    pairs = zip(_fold(name), _fold(other), strict=True)
    return any(left and right and (left.startswith(right) or right.startswith(left)) for left, right in pairs)


def written_alike(name: str, other: str) -> bool:
    """同じ書き方か: names that differ in width, case or spaces only. Ledgers before version 8 compared no more."""
    folded = ["".join(unicodedata.normalize("NFKC", spelling).casefold().split()) for spelling in (name, other)]
    return folded[0] == folded[1]


def differs_in_form_only(name: str, other: str) -> bool:
    """字体か空白だけの違いか: whether a reader sees the same letters. Of payers it is told, never applied."""
    return any(left == right != "" for left, right in zip(_fold(name), _fold(other), strict=True))


def name_fault(name: str) -> str:
    """名前の誤り: one Japanese sentence on why a name is refused; empty for a name that a reader sees as it is."""
    if any(_is_unseen(character) for character in unicodedata.normalize("NFC", name)):
        return f"担当者の名前に、目に見えない文字か記号の重ね書きが入っています。{_WHOLE_NAME}"
    letters = [character for character in unicodedata.normalize("NFKC", name) if character.isalpha()]
    if not letters:
        return f"担当者の名前に文字がありません。{_WHOLE_NAME}"
    scripts = {_script(character) for character in letters}
    foreign = scripts - _JAPANESE
    if len(foreign) > 1 or (foreign - {"LATIN"} and scripts & _JAPANESE):
        return f"担当者の名前に、よく似た別の国の文字が混ざっています。{_WHOLE_NAME}"
    return ""


def spelt(name: str) -> str:
    """名前のつづり: the name, with the code points of characters that are invisible or may be mistaken for others."""
    characters = (character if _is_plain(character) else f"\\u{ord(character):04x}" for character in name)
    return f"「{''.join(characters)}」"


def _is_plain(character: str) -> bool:
    return not _is_unseen(character) and (not character.isalpha() or _script(character) in {*_JAPANESE, "LATIN"})


def _is_unseen(character: str) -> bool:
    """目に見えないか: control, format, private-use and unassigned characters, and marks that join no letter."""
    kind = unicodedata.category(character)
    return kind[0] in "CM" or kind in ("Zl", "Zp") or character in _FILLERS


def _script(character: str) -> str:
    """文字の種類: the first word of the character's name, such as LATIN, CJK or KATAKANA."""
    return unicodedata.name(character, "").replace("-", " ").partition(" ")[0]


def _fold(name: str) -> tuple[str, str]:
    """The name as it looks, twice: with lookalike kana as kanji, and with katakana as hiragana."""
    letters = "".join(_words(name))
    return letters.translate(_AS_KANJI), letters.translate(_AS_HIRAGANA)


def _words(name: str) -> list[str]:
    """The words of a name: letters and digits only, each kanji in one form."""
    visible = "".join(character for character in name if not _is_unseen(character))
    folded = unicodedata.normalize("NFKC", visible.translate(_VOICED)).casefold().translate(_ONE_FORM)
    return "".join(character if character.isalnum() or character == "ー" else " " for character in folded).split()
