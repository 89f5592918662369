"""Questions in HTML or LaTeX: readable, nothing run, and plain text left as it is."""

import random
import re
import string
import time

import pytest

from reports.pages.foreign import shortened, text
from reports.pages.question_text import BLOCKS, ELEMENTS, HIDDEN, LONGEST, readable

READ = {
    r"<p>Solve \(x^2+1=0\)</p><p>Then check.</p>": "Solve x²+1=0 Then check.",
    r"$\frac{1}{2}$ of $\sqrt{16}$": "1/2 of √16", r"\frac{a+b}{c}x": "(a+b)/c x", r"2\frac{1}{2}": "2 1/2",
    r"What is \dfrac{3}{4} \times 8?": "What is 3/4 × 8?", r"\(\sqrt[3]{8}\)": "³√8", r"$x^{n+1}$": "xⁿ⁺¹",
    r"\[x = \frac{-b \pm \sqrt{b^2-4ac}}{2a}\]": "x = (-b ± √(b²-4ac))/(2a)", r"$x_{10} \ne y$": "x₁₀ ≠ y",
    r"$$\begin{pmatrix}1&2\\3&4\end{pmatrix}$$": "[1 2; 3 4]", r"$90^\circ$": "90°", r"$\{1,2\}$": "{1,2}",
    r"50\% of \$20": "50% of $20", r"$\text{if } x \le 5$": "if x ≤ 5", r"\textbf{Bold}": "Bold",
    "<b>H</b><sub>2</sub>O, x<sup>2</sup>, y<sup>ab</sup>": "H₂O, x², y^(ab)", "one<br>two<br/>three": "one two three",
    "<ul><li>a</li><li>b</li></ul>": "a b", "<table><tr><td>1</td><td>2</td></tr></table>": "1 2",
    "<img src='x' alt='a cat'> sits": "a cat sits", "<!-- note -->y &amp; z&nbsp;&lt; 3": "y & z < 3",
    "<script>alert(1)</script>x<style>p{}</style>": "x", "<math><mi>x</mi><mo>+</mo></math>": "x+"}
PLAIN = ["2 < 3 and 5 > 4", "If a<b and c>d, what follows?", "{1, 2, 3}", "$5 and $6", "50% of 20", "a_b ~5 & more #1",
         r"the regex \d+\w*", r'print("a\n")', r"C:\temp\new.txt", "What is x^2?", "<unknown> stays </unknown>",
         "한국어 문제?", "x < y", "Is 3<x<5?", "😀 +1"]


@pytest.mark.parametrize(("source", "text"), READ.items())
def test_markup_is_read(source, text):
    shown = readable(source)
    assert "".join(shown.split()) == "".join(text.split()) and shown == " ".join(shown.split())


@pytest.mark.parametrize("source", PLAIN)
def test_plain_text_stays_as_it_is(source):
    assert readable(source) == source


PIECES = [*string.ascii_letters, " ", "1", "²", "$", "$$", "\\", "{", "}", "^", "_", "<", ">", "&", "&lt;", "&#60;",
          "%", "\n", r"\frac", r"\sqrt", r"\(", r"\)", r"\[", r"\]", r"\begin{matrix}", r"\end{matrix}", r"\left(",
          r"\input{/etc/passwd}", r"\def\a{\a}", r"\verb|", "<p>", "</p>", "<sup>", "</sup>", "<script>", "</script>",
          "<img src=x onerror=alert(1)>",
          "<svg/onload=alert(1)>", "<!--", "-->", "]]>", "<![CDATA[", "<?php", "\x00", "\u202e"]
DRAWN = ["".join(random.Random(seed).choices(PIECES, k=random.Random(-seed).randint(1, 60))) for seed in range(3000)]


def test_whatever_an_author_writes_is_read_and_stays_text():
    """No error, no element of the author's in the page, and no known tag with its attributes."""
    for source in DRAWN:
        shown = text(shortened(source, 160))
        assert re.fullmatch(r"<bdi>[^<>]*</bdi>", str(shown)), (source, shown)
        assert readable(source) == readable(source).strip() and "\n" not in readable(source)


def test_elements_wrapped_around_any_words_leave_the_words():
    drawn = random.Random(1)
    for tag in sorted(ELEMENTS - HIDDEN - {"sub", "sup", "img"}):
        words = " ".join("".join(drawn.choices(string.ascii_letters, k=5)) for _ in range(4))
        assert readable(f'<{tag} class="a b" id=c>{words}</{tag}>') == words
        assert readable(f"{words}<{tag}/>z") == (f"{words} z" if tag in BLOCKS else f"{words}z")
    for tag in HIDDEN:
        assert readable(f"a<{tag}>hidden</{tag}> b") == "a b"


@pytest.mark.parametrize("unit", ["$", "$$", "\\", "{", "<", "^{", r"\frac{", "<sup>", r"\begin{a}", r"\left(",
                                  r"\sqrt", "\\(", "<p ", "&#60;"])
def test_no_text_takes_long(unit):
    began = time.process_time()
    readable(unit * LONGEST)
    assert time.process_time() - began < 2


def test_a_long_question_is_cut_after_it_is_read():
    shown = str(text(shortened("<p>" + "word " * 100 + r"\(x^2\)</p>", 20)))
    assert shown == "<bdi>word word word word…</bdi>"
