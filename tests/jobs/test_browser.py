"""Pages as a person sees them: a real browser on a phone's and a desk's width, light, dark and in print."""

import re
from pathlib import Path

import pytest
from report_builders import classroom, empty_school, learner, member, school, stranger

from reports.charts import style
from reports.charts.picture import Picture
from reports.delivery.pdf import FLAGS, browser_path
from reports.pages import gallery
from reports.pages.render import page
from reports.sources.records import Goal, TopicWork

axe = pytest.importorskip("axe_playwright_python.sync_playwright")
pytestmark = pytest.mark.slow(reason="pages in a real browser at two widths, light, dark and in print",
                              concerns=["reports/*"])
LONG = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft" * 2
CROWD = [member(f"8f14e45f-ceea-4671-9c1b-2f3a5d6e7f{n:02d}", s=0.75, p=0.1, change=-0.5, change_se=0.1)
         for n in range(40)]
PAGES = {
    "learner": (learner(), school()), "stranger": (stranger(), empty_school()),
    "long words": (learner(LONG, goals=(Goal(LONG, LONG, 0.4, None, 1),),
                           topics=(TopicWork(LONG, LONG, 9, 4, 1.9, 0.2, 1.6, 0.2, True),
                                   TopicWork(LONG, "b", 9, 1, -0.9, 0.2, -1.2, 0.2, True))),
                   school()),
    "class": (classroom(*CROWD, name=LONG), school()),
    "empty class": (classroom(member("a", answers=0)), empty_school())}


@pytest.fixture(scope="module")
def browser():
    """A headless Chromium, as the PDFs' printer starts it."""
    from playwright.sync_api import sync_playwright
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=browser_path(), args=list(FLAGS), chromium_sandbox=False)
        yield started
        started.close()


@pytest.fixture(scope="module", params=PAGES)
def file(request, tmp_path_factory):
    """A page in both languages, as a file."""
    record, whole = PAGES[request.param]
    path = tmp_path_factory.mktemp("page") / "report.html"
    path.write_text(page(record, whole, ["en", "ko"]), encoding="utf-8")
    return path


def opened(browser, file: Path, width: int, scheme: str = "light", media: str = "screen"):
    sheet = browser.new_context(viewport={"width": width, "height": 900}).new_page()
    sheet.emulate_media(color_scheme=scheme, media=media)
    asked = []
    sheet.on("request", lambda request: asked.append(request.url))
    sheet.goto(file.as_uri())
    assert asked == [file.as_uri()], f"the page asks for more than itself: {asked}"
    return sheet


OVERFLOW = """() => [...document.querySelectorAll('body *')].filter(e => !e.closest('svg') || e.tagName === 'svg')
    .filter(e => e.getBoundingClientRect().right > document.documentElement.clientWidth + 0.5)
    .map(e => e.tagName + ' ' + e.textContent.slice(0, 40))"""


@pytest.mark.parametrize("width", [390, 1280])
def test_nothing_is_wider_than_the_window(browser, file, width):
    sheet = opened(browser, file, width)
    assert sheet.evaluate("document.documentElement.scrollWidth") <= width
    assert sheet.evaluate(OVERFLOW) == []
    sheet.context.close()


@pytest.mark.parametrize(("width", "scheme"), [(390, "light"), (1280, "dark")])
def test_axe_finds_no_violation(browser, file, width, scheme):
    """Contrast, names of pictures, order of headings, tables, languages: all rules of axe-core."""
    sheet = opened(browser, file, width, scheme)
    found = axe.Axe().run(sheet)
    assert not found.violations_count, found.generate_report()
    assert {"color-contrast", "svg-img-alt", "html-has-lang"} <= {rule["id"] for rule in found.response["passes"]} | (
        {"svg-img-alt"} if not sheet.query_selector("svg") else set())
    sheet.context.close()


def test_axe_would_find_what_is_wrong(browser, tmp_path):
    (tmp_path / "bad.html").write_text("<!doctype html><html><body style='background:#fff;color:#ddd'>pale<img src=''>")
    sheet = browser.new_page()
    sheet.goto((tmp_path / "bad.html").as_uri())
    found = {violation["id"] for violation in axe.Axe().run(sheet).response["violations"]}
    assert {"color-contrast", "image-alt", "html-has-lang"} <= found
    sheet.context.close()


COLOURS = """() => [...document.querySelectorAll('figure svg *')].flatMap(e => {
    const style = getComputedStyle(e); return [style.fill, style.stroke]; })
    .filter(c => c.startsWith('rgb'))"""


def test_charts_follow_the_dark_and_print_is_light(browser, tmp_path):
    path = tmp_path / "report.html"
    path.write_text(page(learner(), school(), ["en"]), encoding="utf-8")
    light, dark, printed = (set(sheet.evaluate(COLOURS)) for sheet in (
        opened(browser, path, 1280), opened(browser, path, 1280, "dark"), opened(browser, path, 1280, "dark", "print")))
    assert "rgb(11, 79, 138)" in light and "rgb(143, 193, 240)" in dark
    assert printed == light


def test_charts_differ_in_grey(browser, tmp_path):
    """Line, band, goal and ground differ in lightness by themselves; the goal is dashed besides."""
    path = tmp_path / "report.html"
    path.write_text(page(learner(), school(), ["en"]), encoding="utf-8")
    for scheme in ("light", "dark"):
        colours = {tuple(map(int, re.findall(r"\d+", colour)[:3])) for colour in
                   opened(browser, path, 1280, scheme).evaluate(COLOURS)}
        greys = sorted(round(0.2126 * r + 0.7152 * g + 0.0722 * b) for r, g, b in colours)
        assert len(greys) >= 4 and greys[-1] - greys[0] > 120
    assert 'stroke-dasharray="5,4"' in path.read_text(encoding="utf-8")


TOPS = """() => Object.fromEntries([...document.querySelectorAll('article[lang=en] h2, article[lang=en] .praise')]
    .map(e => [e.className || e.textContent, e.getBoundingClientRect().top]))"""


def test_praise_is_on_the_first_screen_of_a_phone_and_practice_on_the_second_at_the_latest(browser, file):
    if "class" in file.read_text(encoding="utf-8").split("<h1>")[1][:40]:
        pytest.skip("a class's page is for a teacher's desk")
    sheet = opened(browser, file, 390)
    tops = sheet.evaluate(TOPS)
    practice = tops.get("What to practise next", 0)  # a stranger has nothing to practise
    assert tops["praise"] < 844 and practice < 2 * 844 - 100  # 844 px: a phone of 390 by 844
    assert max(tops, key=tops.get) == "About this report"
    sheet.context.close()


def test_definitions_are_folded_on_the_screen_and_short_in_print(browser, tmp_path):
    path = tmp_path / "report.html"
    path.write_text(page(learner(), school(), ["en"]), encoding="utf-8")
    on_screen, printed = opened(browser, path, 390), opened(browser, path, 688, media="print")
    definition = "text=How your level changed from the two weeks before"
    assert not on_screen.is_visible(definition) and not printed.is_visible(definition)
    on_screen.click("text=What the numbers mean >> visible=true")
    assert on_screen.is_visible(definition)
    assert printed.is_visible("text=how your level changed against the two weeks before")


def test_the_page_of_pictures_has_landmarks_and_no_violation(browser, tmp_path):
    pictures = [Picture(f"p{at}", f"Picture {at}", "What it shows.", style.svg(
        {"data": {"values": [{"x": at, "y": 1}]}, "mark": "point", "width": 860,
         "encoding": {"x": {"field": "x", "type": "quantitative"}, "y": {"field": "y", "type": "quantitative"}}},
        f"Picture {at}", "What it shows.")) for at in range(3)]
    written = gallery.write(tmp_path, "forecast, run r", pictures)
    for width in (390, 1280):
        sheet = opened(browser, written, width)
        found = axe.Axe().run(sheet)
        assert not found.violations_count, found.generate_report()
        assert sheet.locator("main").count() == 1 and sheet.locator("main figure h2").count() == 3
        assert sheet.locator("nav a").count() == 3 and sheet.locator("svg [role]").count() == 0
        assert sheet.evaluate("document.documentElement.scrollWidth") <= width
        sheet.context.close()


DRAWN = """([characters, face]) => { const canvas = document.createElement('canvas');
    canvas.width = canvas.height = 40; const pen = canvas.getContext('2d'); pen.font = '30px ' + face;
    return characters.map(c => {
        pen.clearRect(0, 0, 40, 40); pen.fillText(c, 4, 32); return canvas.toDataURL(); }); }"""


def test_every_hangul_syllable_the_pages_say_and_emoji_have_a_shape_of_its_own(browser, tmp_path):
    """What a font lacks is drawn as a box, all boxes alike: so no two may look the same, nor like a box."""
    path = tmp_path / "report.html"
    said = page(learner("학생-1"), school(), ["ko"]) + page(stranger(), empty_school(), ["ko"]) + \
        page(classroom(*CROWD), school(), ["ko"])
    path.write_text(page(learner(), school(), ["ko"]), encoding="utf-8")
    syllables = [*sorted({c for c in said if "\uac00" <= c <= "\ud7a3"}), "🚀", "🎉", "😀"]
    sheet = opened(browser, path, 390)
    face = sheet.evaluate("getComputedStyle(document.body).fontFamily")
    drawn = sheet.evaluate(DRAWN, [[*syllables, "\U0010fffd", " "], face])
    assert len(syllables) > 200
    assert len(set(drawn)) == len(drawn)
