"""Invented names of places and people, made by counting: the same number gives the same name on every machine."""

from typing import Literal, NamedTuple

_HEADS = (
    ("石", "Shi"), ("白", "Bai"), ("青", "Qing"), ("红", "Hong"), ("黄", "Huang"), ("大", "Da"), ("小", "Xiao"), ("南", "Nan"),
    ("北", "Bei"), ("东", "Dong"), ("西", "Xi"), ("高", "Gao"), ("新", "Xin"), ("旧", "Jiu"), ("上", "Shang"), ("下", "Xia"),
    ("金", "Jin"), ("柳", "Liu"), ("松", "Song"), ("杏", "Xing"), ("榆", "Yu"), ("龙", "Long"), ("双", "Shuang"),
)  # fmt: skip
_TAILS = (
    ("沟", "gou"), ("坪", "ping"), ("川", "chuan"), ("岭", "ling"), ("泉", "quan"), ("河", "he"), ("湾", "wan"), ("塬", "yuan"),
    ("台", "tai"), ("峡", "xia"), ("店", "dian"),
)  # fmt: skip
_FEATURES = (
    ("湾", "wan"), ("庄", "zhuang"), ("沟", "gou"), ("坪", "ping"), ("岔", "cha"), ("咀", "zui"), ("梁", "liang"), ("坡", "po"),
    ("川", "chuan"), ("窑", "yao"), ("堡", "bao"), ("滩", "tan"), ("台", "tai"),
)  # fmt: skip
_SURNAMES = (
    ("王", "Wang"), ("李", "Li"), ("张", "Zhang"), ("刘", "Liu"), ("陈", "Chen"), ("杨", "Yang"), ("赵", "Zhao"), ("黄", "Huang"),
    ("周", "Zhou"), ("吴", "Wu"), ("徐", "Xu"), ("孙", "Sun"), ("胡", "Hu"), ("朱", "Zhu"), ("高", "Gao"), ("林", "Lin"), ("何", "He"),
    ("郭", "Guo"), ("马", "Ma"), ("罗", "Luo"), ("梁", "Liang"), ("宋", "Song"), ("郑", "Zheng"), ("谢", "Xie"), ("韩", "Han"),
    ("唐", "Tang"), ("冯", "Feng"), ("董", "Dong"), ("程", "Cheng"), ("曹", "Cao"), ("袁", "Yuan"), ("邓", "Deng"), ("许", "Xu"),
    ("傅", "Fu"), ("沈", "Shen"), ("曾", "Zeng"), ("彭", "Peng"), ("吕", "Lü"), ("苏", "Su"), ("卢", "Lu"), ("蒋", "Jiang"),
)  # fmt: skip
_FIRST = "建志国文永秀桂玉春海晓明永庆兴立德成世荣俊雅思若一"
_SECOND = {"female": "芳兰英梅霞丽琴娟萍敏静燕红莲慧", "male": "军强伟平华勇刚涛斌林峰杰鹏东民"}
_FIRMS = "衡诚信达德恒明法立天安泰和中正公仁博远思源"

Gender = Literal["female", "male"]


class Place(NamedTuple):
    """A name in both languages, without the word for what it is."""

    zh: str
    en: str


def township(n: int) -> Place:
    """The n-th; they repeat after 253."""
    (head, h), (tail, t) = _HEADS[n % len(_HEADS)], _TAILS[n % len(_TAILS)]
    return Place(head + tail, h + t)


def village(n: int) -> Place:
    """The n-th; they repeat after 533."""
    (surname, s), (feature, f) = _SURNAMES[n % len(_SURNAMES)], _FEATURES[n % len(_FEATURES)]
    return Place(f"{surname}家{feature}", f"{s}jia{f}")


def person(n: int) -> tuple[str, Gender]:
    gender: Gender = "female" if n * 7 % 5 < 2 else "male"
    second = _SECOND[gender]
    return f"{_SURNAMES[n * 17 % len(_SURNAMES)][0]}{_FIRST[n * 11 % len(_FIRST)]}{second[(n * 13 + n // 41) % len(second)]}", gender


def firm(n: int) -> str:
    """The n-th; they repeat after 441."""
    return _FIRMS[n % len(_FIRMS)] + _FIRMS[(n * 5 + n // len(_FIRMS) + 3) % len(_FIRMS)]
