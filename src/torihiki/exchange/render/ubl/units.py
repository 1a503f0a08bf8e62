"""UN/ECE Recommendation 20 and 21 codes for the units that Japanese papers name, and the names beside the codes."""

from collections.abc import MutableMapping
from typing import Any

ONE = "C62"
UNIT_NAME = "表示単位名称"
"""The attribute under which official examples show a unit as people call it."""
UNIT_CHARS_MAX = 20

_NAMES: dict[str, tuple[str, ...]] = {
    "H87": (
        "個",
        "コ",
        "ケ",
        "本",
        "枚",
        "冊",
        "台",
        "脚",
        "点",
        "丁",
        "株",
        "着",
        "足",
        "匹",
        "羽",
        "頭",
        "PC",
        "pcs",
    ),
    "SET": ("セット", "組", "式", "set"),
    "PR": ("対", "双"),
    "DZN": ("ダース", "打"),
    "XBX": ("箱", "函", "BOX"),
    "XCT": ("ケース", "CS", "カートン", "c/s"),
    "XBG": ("袋", "俵"),
    "XPK": ("パック", "P", "包", "束", "玉"),
    "XBO": ("瓶", "びん", "ボトル"),
    "XCA": ("缶",),
    "XRO": ("巻", "ロール"),
    "KGM": ("kg", "キロ", "KG", "㎏"),
    "GRM": ("g", "グラム", "ｇ"),
    "TNE": ("t", "トン"),
    "LTR": ("L", "l", "リットル", "ℓ", "㍑"),
    "MLT": ("ml", "mL", "㎖"),
    "MTR": ("m", "メートル", "ｍ"),
    "CMT": ("cm", "㎝"),
    "MTK": ("m2", "㎡", "平米"),
    "MTQ": ("m3", "㎥", "立米"),
    "HUR": ("時間", "h"),
    "MIN": ("分",),
    "DAY": ("日", "日間", "人日"),
    "WEE": ("週", "週間"),
    "MON": ("月", "か月", "ヶ月", "カ月", "人月"),
    "ANN": ("年", "年間"),
}
_CODES = {name: code for code, names in _NAMES.items() for name in names}


def unit_code_for(unit: str) -> str:
    """The code for a unit as people write it; C62 (one) for any unit that stands for a count of its own."""
    return _CODES.get(unit, ONE)


def show_unit(record: MutableMapping[str, Any]) -> None:
    """A line's unit as it is said in UBL: its code, and among the item's attributes the name that people use."""
    record["unit_code"] = record["unit_code"] or unit_code_for(record["unit"])
    if record["unit"]:
        record["attributes"] = [{"name": UNIT_NAME, "value": record["unit"]}, *record["attributes"]]


def take_unit(fields: MutableMapping[str, Any]) -> None:
    """The unit of a line that was read: its name, and a code only where the name does not lead to it."""
    attributes = fields.get("attributes") or []
    if attributes and attributes[0]["name"] == UNIT_NAME and len(attributes[0]["value"]) <= UNIT_CHARS_MAX:
        fields["unit"] = attributes[0]["value"]
        fields["attributes"] = attributes[1:]
    if fields.get("unit_code") == unit_code_for(fields.get("unit", "")):
        fields["unit_code"] = ""


def unit_for(code: str) -> str:
    """A unit as people write it, for its code; the code itself where nobody has another word for it."""
    return _NAMES[code][0] if code in _NAMES else "" if code == ONE else code[:UNIT_CHARS_MAX]
