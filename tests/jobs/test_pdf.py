"""PDFs as they come out of the printer: short, tagged, with real fonts, and printed without reaching out."""

import re
from contextlib import suppress
from io import BytesIO

import psutil
import pytest
from pypdf import PdfReader
from report_builders import SUNDAY, learner, school

from reports.delivery import pool
from reports.delivery.pdf import Printer
from reports.delivery.sinks import KINDS
from reports.pages.render import page
from reports.sources.records import Goal

CANARIES = {"a": ("<title>canary-a</title><style>p { display: none }</style><h1>canary-a</h1>", "<b>canary-a</b>"),
            "b": ("<title>b</title><p>canary-b</p>", "<b>b</b>")}


@pytest.fixture(scope="module")
def secret(tmp_path_factory):
    """A file that a page tries to show."""
    path = tmp_path_factory.mktemp("secret") / "secret.txt"
    path.write_text("S3CRET")
    return path


@pytest.fixture(scope="module")
def printed(secret):
    """{name: PDF}, in the order in which one browser printed them; to start it takes most of the time."""
    evil = (f"<html><body><p>plain</p><script>document.body.append('RAN')</script>"
            f"<iframe src='{secret.as_uri()}'></iframe><img src='http://127.0.0.1:9/x'></body></html>")
    emoji = learner("emoji", goals=(Goal("emoji", "Space 🚀", 0.4, None, 1), Goal("emoji", "Party 🎉", 0.4, None, 1)))
    pages = {"emoji": (page(emoji, school(forecast=()), ["en"]), "<span></span>"),
             "report": (page(learner("학생-1"), school(), ["ko", "en"]), "<span></span>"),
             "evil": (evil, "<span></span>"), **CANARIES}
    with Printer() as printer:
        return {name: PdfReader(BytesIO(printer.print(*parts))) for name, parts in pages.items()}


@pytest.fixture(scope="module")
def pdf(printed):
    """A learner's report in Korean and English."""
    return printed["report"]


def fonts_of(reader):
    found = {}
    for sheet in reader.pages:
        for font in (sheet["/Resources"].get("/Font") or {}).values():
            inner = font.get_object()
            descendant = inner["/DescendantFonts"][0].get_object() if "/DescendantFonts" in inner else inner
            found[str(inner.get("/BaseFont", inner["/Subtype"]))] = descendant.get("/FontDescriptor")
    return found


def test_the_pdf_is_short_tagged_and_says_its_words(pdf):
    assert 2 <= len(pdf.pages) <= 6
    assert abs(float(pdf.pages[0].mediabox.width) - 595) < 2  # A4
    assert pdf.trailer["/Root"]["/MarkInfo"]["/Marked"].value
    assert pdf.metadata.title == "주간 학습 리포트 2026년 6월 22일~28일"
    said = re.sub(r"\s", "", "".join(sheet.extract_text() for sheet in pdf.pages))
    for words in ("이번 주 학습 리포트", "꾸준히 이어 가기", "학생-1", "Your week", "Keeping at it"):
        assert re.sub(r"\s", "", words) in said, f"{words!r} is not in the PDF's text"
    assert "\ufffd" not in said


def test_hangul_is_drawn_from_an_embedded_korean_font(pdf):
    """As outlines of the font's own, hinted and small, and not one picture per glyph (Type 3)."""
    fonts = fonts_of(pdf)
    korean = [descriptor.get_object() for name, descriptor in fonts.items() if "Nanum" in name]
    assert korean, f"no Korean font among {sorted(fonts)}; `make setup` installs fonts-nanum"
    assert all("/FontFile2" in descriptor for descriptor in korean)
    assert not [name for name in fonts if "Type3" in name]


def test_emoji_are_drawn_from_a_font_that_has_them(printed):
    """And nothing else is: digits, which that font has too, come from the font of the text."""
    fonts = fonts_of(printed["emoji"])
    assert [name for name in fonts if "Type3" in name or "Emoji" in name], \
        f"no font of emoji among {sorted(fonts)}; `make setup` installs fonts-noto-color-emoji"
    assert len(fonts) > 1
    said = "".join(sheet.extract_text() for sheet in printed["emoji"].pages)
    assert "🚀" in said and "🎉" in said


def test_a_page_cannot_reach_out_while_it_is_printed(printed, secret):
    """Even if a script or an address came through, nothing runs and nothing is fetched."""
    said = "".join(sheet.extract_text() for sheet in printed["evil"].pages)
    assert "plain" in said and "RAN" not in said and secret.read_text() not in said


def test_every_form_has_a_kind():
    assert set(KINDS) == {"html", "pdf"}


def browsers():
    """The browser's processes; those that end while they are counted are none."""
    living = []
    for process in psutil.Process().children(recursive=True):
        with suppress(psutil.NoSuchProcess):
            if "chrom" in process.name():
                living.append(process)
    return living


def test_a_browser_that_died_is_replaced():
    try:
        assert pool._print("<p>one", "u", SUNDAY).startswith(b"%PDF")
        died = browsers()
        assert died
        for process in died:
            with suppress(psutil.NoSuchProcess):  # the first takes others with it
                process.kill()
        assert not psutil.wait_procs(died, timeout=10)[1]
        assert pool._print("<p>two", "u", SUNDAY).startswith(b"%PDF")
        assert browsers()
    finally:
        pool._stop_printer()


def test_a_page_leaves_nothing_behind_for_the_next(printed):
    """Text, title, styles and what was tagged of one learner are not in the PDF of the next."""
    reader = printed["b"]
    said = "".join(sheet.extract_text() for sheet in reader.pages) + str(reader.metadata) + str(reader.outline)
    assert "canary-b" in said and "canary-a" not in said
