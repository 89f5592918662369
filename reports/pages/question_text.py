"""Questions as readable text: what an author wrote in HTML or LaTeX, without its markup; nothing of it is run.

Only markup is taken away: `2 < 3`, `{1, 2}`, `$5` and `50%` stay as they are. The result is text: pages escape
it.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache
from html.parser import HTMLParser
from typing import Any

from pylatexenc import latex2text, latexwalker, macrospec

LONGEST = 2000  # characters read of a question; pages show far fewer
BLOCKS = frozenset((
    "address", "article", "aside", "blockquote", "br", "caption", "center", "dd", "details", "div", "dl", "dt",
    "fieldset", "figcaption", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr",
    "legend", "li", "main", "math", "nav", "ol", "option", "p", "pre", "section", "select", "summary", "table",
    "tbody", "td", "tfoot", "th", "thead", "tr", "ul"))
ELEMENTS = BLOCKS | frozenset((
    "a", "abbr", "acronym", "annotation", "audio", "b", "base", "bdi", "bdo", "big", "body", "button", "cite",
    "code", "col", "colgroup", "data", "del", "dfn", "em", "embed", "font", "head", "html", "i", "iframe",
    "img", "input", "ins", "kbd", "label", "link", "map", "mark", "meta", "meter", "mfrac", "mi", "mn", "mo",
    "mroot", "mrow", "ms", "msqrt", "mstyle", "msub", "msubsup", "msup", "mtable", "mtd", "mtext", "mtr",
    "object", "output", "picture", "q", "s", "samp", "script", "semantics", "small", "source", "span", "strike",
    "strong", "style", "sub", "sup", "svg", "textarea", "time", "title", "tt", "u", "var", "video", "wbr"))
HIDDEN = frozenset(("annotation", "audio", "head", "iframe", "object", "script", "style", "svg", "title", "video"))
SCRIPTS = {"sup": "^", "sub": "_"}
RAISED = str.maketrans("0123456789+-=()ni", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ⁿⁱ")
LOWERED = str.maketrans("0123456789+-=()", "₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎")

# Dollars around a formula, as pandoc has them: no space inside of them, and no digit after the second.
DOLLARS = re.compile(r"\$\$.+?\$\$|\$(?=\S)[^$]*?(?<=\S)\$(?!\d)|\\\$|\$", re.S)
MAY_BE_LATEX = re.compile(r"[\\$]|[\^_]\{")
FRACTIONS = frozenset(("frac", "dfrac", "tfrac", "cfrac", "nicefrac"))
# Macros that pylatexenc does not know, or that say nothing in text.
MACROS = {
    "ne": "≠", "triangle": "△", "degree": "°", "square": "□", "implies": "⟹", "iff": "⟺", "land": "∧", "lor": "∨",
    "lnot": "¬", "gets": "←", "lvert": "|", "rvert": "|", "lbrace": "{", "rbrace": "}", "dotsc": "…", "dotsb": "…",
    "circ": "°", "\\": "; ", "!": "", ",": " ", ";": " ", ":": " ", " ": " ", "quad": " ", "qquad": " ",
    **{sign: sign for sign in "%#&_$"},
    **dict.fromkeys(("displaystyle", "left", "right", "middle", "limits", "nolimits", "big", "Big", "bigg", "Bigg",
                     "bigl", "bigr"), "")}


@lru_cache(4096)
def readable(content: str) -> str:
    """Return the text of a question that may hold HTML or LaTeX, in one line; empty where nothing is to be read."""
    html = _HtmlText()
    html.feed(content[:LONGEST])
    html.close()
    return " ".join(_without_latex(html.text).split())


class _HtmlText(HTMLParser):
    """Collects the text of known elements; what only looks like a tag stays as it is."""

    def __init__(self) -> None:
        super().__init__()
        self._hidden = 0
        self._levels: list[tuple[str, list[str]]] = [("", [])]  # open sub and sup elements with their parts

    @property
    def text(self) -> str:
        """All text so far; elements left open are closed."""
        while len(self._levels) > 1:
            self._close_script()
        return "".join(self._levels[0][1])

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Begin an element, if it is one."""
        if tag not in ELEMENTS or any(value is None and name not in ("checked", "disabled", "hidden", "controls", "/")
                                      for name, value in attrs):
            self.handle_data(self.get_starttag_text() or "")
        elif tag in HIDDEN:
            self._hidden += 1
        elif tag in SCRIPTS:
            self._levels.append((tag, []))
        elif tag == "img":
            self.handle_data(f" {dict(attrs).get('alt') or ''} ")
        elif tag in BLOCKS:
            self.handle_data(" ")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take an element that closes itself."""
        self.handle_starttag(tag, attrs)
        if tag in ELEMENTS:
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        """End an element, if it is one."""
        if tag not in ELEMENTS:
            self.handle_data(f"</{tag}>")
        elif tag in HIDDEN:
            self._hidden = max(0, self._hidden - 1)
        elif tag == self._levels[-1][0]:
            self._close_script()
        elif tag in BLOCKS:
            self.handle_data(" ")

    def handle_data(self, data: str) -> None:
        """Keep text that is shown."""
        if not self._hidden:
            self._levels[-1][1].append(data)

    def _close_script(self) -> None:
        tag, parts = self._levels.pop()
        self._levels[-1][1].append(_script(SCRIPTS[tag], "".join(parts)))


def _script(sign: str, inner: str) -> str:
    """Return text raised (`^`) or lowered (`_`), with the sign where there are no such characters."""
    table, inner = RAISED if sign == "^" else LOWERED, inner.strip()
    if inner and all(ord(character) in table for character in inner):
        return inner.translate(table)
    if inner in ("°", "′", ""):
        return inner
    return f"{sign}{inner}" if len(inner) == 1 else f"{sign}({inner})"


def _without_latex(text: str) -> str:
    if not MAY_BE_LATEX.search(text):
        return text
    marked = DOLLARS.sub(lambda found: found[0] if len(found[0]) > 1 else r"\$", text)
    marked = re.sub(r"(?<!\\)%", r"\\%", marked)  # a percent sign is no comment here
    try:
        nodes, _, _ = latexwalker.LatexWalker(marked, latex_context=_macros(), tolerant_parsing=True).get_latex_nodes()
        return _read(nodes, is_formula=False)
    except (latexwalker.LatexWalkerError, RecursionError):  # broken beyond what a parser can read: the characters alone
        return re.sub(r"\\[a-zA-Z]+|[\\{}$]", " ", text)


@cache
def _macros() -> Any:
    """Return pylatexenc's macros, with those of ours that take arguments."""
    known = latexwalker.get_default_latex_context_db()
    known.add_context_category("questions", prepend=True, macros=[
        *(macrospec.std_macro(name, "{{") for name in sorted(FRACTIONS)), macrospec.std_macro("operatorname", "*{")])
    return known


@cache
def _symbol(macro: str) -> str | None:
    """Return what a macro without arguments stands for; None for one that nobody knows."""
    if macro in MACROS:
        return MACROS[macro]
    found = latex2text.get_default_latex_context_db().get_macro_spec(macro)
    said = found.simplify_repl if found else None
    return said if isinstance(said, str) and "%" not in said.replace("%%", "") and said else None


def _read(nodes: Any, is_formula: bool) -> str:
    """Return the text of parsed LaTeX; outside of formulas all that is no markup stays as it is."""
    parts: list[str] = []
    for node in nodes or ():
        said = parts[-1] if parts else ""
        if node.isNodeType(latexwalker.LatexGroupNode) and said.endswith(("^", "_")):
            parts[-1] = said[:-1] + _script(said[-1], _read(node.nodelist, is_formula=True))
        else:
            parts.append(_spaced(said, _text_of(node, is_formula, said), node))
    text = "".join(parts)
    return re.sub(r"([\^_])(\w|°)", lambda found: _script(found[1], found[2]), text) if is_formula else text


def _text_of(node: Any, is_formula: bool, before: str) -> str:
    if node.isNodeType(latexwalker.LatexMathNode):
        return _read(node.nodelist, is_formula=True)
    if node.isNodeType(latexwalker.LatexMacroNode):
        return str(node.latex_verbatim()) if not is_formula and _is_code(node, before) else _macro(node)
    if node.isNodeType(latexwalker.LatexEnvironmentNode):
        inner = " ".join(_read(node.nodelist, is_formula=True).split()).rstrip("; ")
        return f"[{inner}]" if "matrix" in node.environmentname else f" {inner} "
    if node.isNodeType(latexwalker.LatexGroupNode) and is_formula:
        return _read(node.nodelist, is_formula)
    if node.isNodeType(latexwalker.LatexSpecialsNode) and is_formula:
        return {"~": " ", "&": " "}.get(node.specials_chars, str(node.specials_chars))
    return str(node.latex_verbatim())


def _is_code(node: Any, before: str) -> bool:
    """Whether a backslash in plain text is none of LaTeX: a regular expression's `\\d`, a path after `C:`."""
    if re.fullmatch("[a-zA-Z]", node.macroname):
        return True
    return re.search(r"[\w:\\]$", before) is not None and not _arguments(node) and _symbol(node.macroname) is None


def _arguments(node: Any) -> list[Any]:
    return [one for one in (node.nodeargd.argnlist if node.nodeargd else None) or () if one]


def _macro(node: Any) -> str:
    name, arguments = str(node.macroname), [_read([one], is_formula=True) for one in _arguments(node)]
    if name in FRACTIONS and len(arguments) == 2:
        top, bottom = _whole(arguments[0], r"[\w.,]+"), _whole(arguments[1], r"[\d.,]+|\w")
        return f"{top}/{bottom}"
    if name == "sqrt" and arguments:
        index = arguments[0].strip("[]") if len(arguments) == 2 else ""
        root = _whole(arguments[-1], r"[\d.,]+|\w")
        return f"{_script('^', index)}√{root}"
    if arguments:
        return "".join(arguments)
    symbol = _symbol(name)
    return (name if symbol is None else symbol) + (" " if node.macro_post_space else "")


def _whole(part: str, plain: str) -> str:
    """Return a part of a formula, in brackets unless it is `plain`."""
    return part if re.fullmatch(plain, part.strip()) else f"({part.strip()})"


def _spaced(before: str, said: str, node: Any) -> str:
    """Keep a fraction apart from a number before it: 2½ is 2 1/2 and not 21/2."""
    is_fraction = node.isNodeType(latexwalker.LatexMacroNode) and node.macroname in FRACTIONS
    return f" {said} " if is_fraction and before[-1:].isalnum() else f"{said} " if is_fraction else said
