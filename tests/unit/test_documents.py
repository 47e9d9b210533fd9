"""Papers as they leave the printer: every template in both languages, as words and as pictures, with what names can hold."""

from dataclasses import replace
from typing import Any
from uuid import UUID

import pypdfium2
import pytest

import texts
from documents import printer, qr
from documents.bind import print_run
from documents.content import content
from documents.typefaces import uncovered
from domain.values import Applicant
from tests.unit.drawn import APPLIED, DIGEST, KNOWN, LONG, RARE, STORIES, asked, drawn, issued, text_of
from tests.unit.world import AIDED, ENGAGED, RULES, submit

EVERY = [(template, lang) for template in RULES.templates.rows for lang in texts.LANGUAGES]
SAYS: dict[str, tuple[str, str]] = {
    "receipt": ("身份证复印件", "copy of identity card"),
    "supplement_notice": ("2026年3月25日", "25 March 2026"),
    "grant_decision": ("决定给予法律援助", "legal aid is granted"),
    "refusal_notice": ("十五日内向陇安市司法局提出", "within fifteen days"),
    "accept_first_notice": ("先行受理", "accepted first"),
    "assignment_notice": ("现指派你单位承办", "is assigned to handle it"),
    "assignment_letter": ("特此函告", "You are hereby informed"),
    "proof_of_service": ("不予法律援助决定书", "Decision to refuse legal aid"),
    "power_of_attorney": ("特别授权", "special: to admit"),
    "replacement_notice": ("决定予以更换", "granted"),
    "termination_decision": ("终止法律援助", "legal aid ends on"),
    "objection_decision": ("责令陇安市法律援助中心改正", "is ordered to correct it"),
}


LATER: dict[str, int] = {"receipt": 2, "accept_first_notice": 2}
"""Templates with a version that is in force after the world's day, and that version."""
STATUS = {"status_page": "https://legal-aid.longan.example.cn/status", "status_code": "7KQ-M4X-9TD"}


def words(document: bytes) -> str:
    return text_of(document).replace(" ", "")


def case_of(applicant: Applicant, *others: Applicant) -> tuple[Any, ...]:
    return (submit(applicant=applicant, co_applicants=others, opponents=APPLIED.opponents), *AIDED[1:])


def group(count: int) -> tuple[Any, ...]:
    return case_of(KNOWN, *(Applicant(name=f"张三{RARE}{n}", subject_id=UUID(int=100 + n)) for n in range(1, count)))


def ink(document: bytes, page: int = 0) -> list[int]:
    """How dark each pixel of a page is (0 is white), row after row."""
    with pypdfium2.PdfDocument(document) as opened:
        bitmap = opened[page].render(scale=1, grayscale=True)
        assert bitmap.stride == bitmap.width
        return [255 - level for level in bytes(bitmap.buffer)]


def test_every_template_has_a_story_and_a_file() -> None:
    assert set(STORIES) == set(SAYS) == set(RULES.templates.rows)
    for rows in RULES.templates.rows.values():
        for template in rows:
            assert printer.template_file(template.code, template.version)
            assert all(texts.has(lang, f"templates.{template.code}") for lang in texts.LANGUAGES)


@pytest.mark.parametrize(("template", "lang"), EVERY)
def test_a_paper_says_what_it_must(template: str, lang: texts.Lang) -> None:
    told = asked(issued(template, language=lang))
    said = words(printer.pdf(content(told)))
    wanted = [KNOWN.name, told.number, DIGEST[: qr.SHORT], SAYS[template][texts.LANGUAGES.index(lang)], f"{template}v1"]
    assert [w for w in wanted if str(w).replace(" ", "") not in said] == []
    assert "样稿" not in said
    assert "draft" not in said


@pytest.mark.parametrize(("template", "lang"), EVERY)
def test_a_paper_is_a_picture_with_ink_where_its_title_its_text_and_its_code_stand(template: str, lang: texts.Lang) -> None:
    pixels = ink(drawn(template, lang))
    width, height = 595, 842
    assert len(pixels) in range(width * height, (width + 2) * (height + 2))
    row = len(pixels) // height

    def darkness(top: float, bottom: float, left: float = 0.0, right: float = 1.0) -> int:
        rows = range(int(top * height), int(bottom * height))
        return sum(level > 80 for y in rows for level in pixels[y * row + int(left * width) : y * row + int(right * width)])

    assert darkness(0, 0.08) == 0, "the upper margin is white"
    assert darkness(0, 1, 0, 0.11) == 0, "the left margin is white"
    assert darkness(0, 1, 0.93, 1) == 0, "the right margin is white"
    assert darkness(0.09, 0.2, 0.25, 0.75) > 200, "a title"
    assert darkness(0.2, 0.6) > 1000, "a text"
    assert darkness(0.86, 0.96, 0.12, 0.25) > 1000, "a code"


@pytest.mark.parametrize("lang", texts.LANGUAGES)
@pytest.mark.parametrize("template", LATER)
def test_a_paper_of_the_door_says_where_its_progress_can_be_looked_up(template: str, lang: texts.Lang) -> None:
    assert RULES.templates.rows[template][0].version == LATER[template]
    told = asked(issued(template, language=lang), version=LATER[template], **STATUS)
    said = words(printer.pdf(content(told)))
    wanted = [*STATUS.values(), KNOWN.name, told.number, SAYS[template][texts.LANGUAGES.index(lang)], f"{template}v{LATER[template]}"]
    assert [w for w in wanted if str(w).replace(" ", "") not in said] == []
    number = told.case.get("case_number") or told.case["register_number"]
    assert said.count(number) > words(printer.pdf(content(replace(told, version=1)))).count(number) - 1


@pytest.mark.parametrize("template", LATER)
def test_a_paper_of_before_is_drawn_as_it_was_whatever_the_code(template: str) -> None:
    before = asked(issued(template))
    assert before.version == 1
    assert drawn(template) == drawn(template, **STATUS)
    assert STATUS["status_code"] not in words(drawn(template, **STATUS))


def test_the_picture_beside_the_code_holds_the_pages_address_alone() -> None:
    data = content(asked(issued("receipt"), version=2, **STATUS))
    assert qr.page_svg(data) == qr.page_svg({"status_page": STATUS["status_page"]})
    assert qr.page_svg(data) != qr.svg(data)
    assert not qr.page_svg({**data, "status_page": None})


@pytest.mark.parametrize("template", LATER)
def test_the_way_to_look_it_up_stays_within_the_page(template: str) -> None:
    long = {**STATUS, "status_page": "https://" + "legal-aid." * 8 + "longan.gov.example.cn/status"}
    page = ink(drawn(template, version=2, **long))
    row = len(page) // 842
    assert not any(level > 80 for y, level in enumerate(page) if y % row > 0.94 * 595)


@pytest.mark.parametrize("character", RARE)
def test_a_rare_character_is_drawn_and_is_no_other(character: str) -> None:
    papers = [drawn_for(name) for name in (f"王{character}", "王", "王\U00031350")]
    first, without, boxed = (ink(paper) for paper in papers)
    assert first != without
    assert first != boxed
    assert character in words(papers[0])


def drawn_for(name: str) -> bytes:
    return printer.pdf(content(asked(issued("grant_decision", story=case_of(KNOWN.model_copy(update={"name": name}))))))


def test_a_character_without_a_glyph_is_named_and_noted_never_an_empty_box() -> None:
    assert uncovered(f"王{RARE}\U00031350") == ["\U00031350"]
    data = content(asked(issued("grant_decision", story=case_of(KNOWN.model_copy(update={"name": "王\U00031350"})))))
    assert data["missing"] == ["U+31350"]
    said = words(printer.pdf(data))
    assert "王〔U+31350〕" in said
    assert "没有字形" in said


def test_marks_without_a_shape_are_left_out() -> None:
    data = content(asked(issued("grant_decision", story=case_of(KNOWN.model_copy(update={"name": "王\u202e建\ufe00国"})))))
    assert data["people"][0]["name"] == "王建国"


@pytest.mark.parametrize("name", [LONG, "A" * 200, f"{RARE}{'兰' * 195}"])
@pytest.mark.parametrize("template", ["grant_decision", "power_of_attorney"])
def test_a_name_of_two_hundred_characters_stays_within_the_page(name: str, template: str) -> None:
    story = (*case_of(KNOWN.model_copy(update={"name": name})), *ENGAGED)
    document = printer.pdf(content(asked(issued(template, story=story))))
    assert name in words(document).replace("\u200b", "")
    row = len(ink(document)) // 842
    assert not any(level > 80 for y, level in enumerate(ink(document)) if y % row > 0.94 * 595)


def test_three_hundred_recipients_stand_in_a_list_over_pages() -> None:
    document = printer.pdf(content(asked(issued("grant_decision", story=group(300)))))
    said = words(document)
    assert f"王{RARE}等300人" in said
    assert all(f"张三{RARE}{n}" in said for n in (1, 150, 299))
    with pypdfium2.PdfDocument(document) as opened:
        heads = [page.get_textpage().get_text_bounded().count("证件号码") for page in opened]
    assert len(heads) > 8
    assert heads == [0] + [1] * (len(heads) - 1)


def test_three_hundred_powers_of_attorney_are_one_document_of_a_page_each() -> None:
    document = printer.pdf(content(asked(issued("power_of_attorney", story=(*group(300), *ENGAGED)))))
    with pypdfium2.PdfDocument(document) as opened:
        assert len(opened) == 300
        assert f"张三{RARE}299" in opened[299].get_textpage().get_text_bounded().replace(" ", "")


def test_a_preview_is_marked_and_has_neither_number_nor_code() -> None:
    told = replace(asked(issued("grant_decision")), number=None, digest=None)
    document = printer.pdf(content(told))
    assert "样稿，未编号，不具有效力" in words(document)
    assert "市援民字〔2026〕第1号-1" not in words(document)
    assert ink(document) != ink(drawn("grant_decision"))


@pytest.mark.parametrize(("template", "lang"), EVERY)
def test_the_same_paper_is_the_same_bytes(template: str, lang: texts.Lang) -> None:
    data = content(asked(issued(template, language=lang)))
    first = printer.pdf(data)
    printer.pdf(content(asked(issued("receipt"))))  # what was drawn between leaves no trace
    assert printer.pdf(data) == first


def test_the_code_holds_the_number_and_the_digest_as_they_are() -> None:
    told = asked(issued("grant_decision"))
    data = content(told)
    assert qr.text(data["number"], data["digest"]) == f"YS1:市援民字〔2026〕第1号-1:{DIGEST}"
    assert qr.svg(data) != qr.svg({**data, "digest": DIGEST[::-1]})
    assert not qr.svg({**data, "number": None})


def test_a_paper_that_takes_anothers_place_says_so() -> None:
    said = words(printer.pdf(content(replace(asked(issued("grant_decision")), replaces="市援民字〔2026〕第1号-7"))))
    assert "本件取代编号市援民字〔2026〕第1号-7的文书" in said


def test_what_was_erased_reads_as_erased() -> None:
    told = asked(issued("grant_decision"))
    told.case["parties"][0]["name"] = {"erased": True, "at": "2026-03-10T00:00:00Z"}
    assert "〔—〕" in words(printer.pdf(content(told)))


def test_a_print_run_holds_every_page_in_order() -> None:
    papers = [drawn("receipt"), drawn("power_of_attorney"), drawn("grant_decision", "en")]
    run = print_run(papers)
    assert words(run) == "".join(map(words, papers))


def test_a_version_without_a_file_is_told() -> None:
    with pytest.raises(printer.NoSuchTemplate, match="receipt v9"):
        printer.pdf({**content(asked(issued("receipt"))), "version": 9})


def test_a_name_is_never_read_as_markup() -> None:
    name = '#panic("x") [*王*] $a$ @b <c>'
    assert name.replace(" ", "") in words(drawn_for(name))
