"""Tables on a terminal: in columns where they fit, else one record after the other. No word is ever broken."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.cells import cell_len
from rich.markup import escape
from rich.table import Table

LEAST_TEXT = 16  # cells of a column of sentences; a narrower one is hard to read
FRAME = 3  # cells that each column adds: a line and a blank on either side
INDENT = "    "


def table_of(title: str, columns: Sequence[str], rows: Sequence[Sequence[str]], numeric: Sequence[bool],
             width: int) -> Table | None:
    """Return the table of text `rows` if it fits into `width` cells with every word whole; else None."""
    sizes = [_sizes([name, *(row[place] for row in rows)]) for place, name in enumerate(columns)]
    room = width - 1 - FRAME * len(columns)
    least = [size if size <= LEAST_TEXT else max(word, LEAST_TEXT) for word, size in sizes]
    if sum(least) > room:
        return None
    widths, free = list(least), room - sum(least)
    for place in sorted(range(len(columns)), key=lambda place: sizes[place][1] - least[place]):
        more = min(free, sizes[place][1] - least[place])  # the columns that need least get all they need
        widths[place], free = widths[place] + more, free - more
    table = Table(title=escape(title), title_justify="left", title_style="bold")
    for name, is_numeric, cells in zip(columns, numeric, widths, strict=True):
        table.add_column(escape(name), justify="right" if is_numeric else "left", width=cells, overflow="fold")
    for row in rows:
        table.add_row(*map(escape, row))
    return table


def records(columns: Sequence[str], rows: Sequence[Sequence[str]], width: int) -> Iterator[str]:
    """Yield the lines of each row: its first column, then the others that hold something, indented."""
    for head, *cells in rows:
        yield f"{columns[0]} {head}".rstrip()
        facts = [_pieces(name, cell) for name, cell in zip(columns[1:], cells, strict=True) if cell.strip()]
        line = ""
        for fact in facts:
            if line and cell_len(joined := f"{line} · {' '.join(fact)}") <= width:
                line = joined
                continue
            if line:
                yield line
            *full, line = _wrapped(fact, width)
            yield from full
        if line:
            yield line


def _pieces(name: str, cell: str) -> list[str]:
    """Return what of "name cell" stays together in one line: the words, or the lines of a cell that has several."""
    lines = [line for line in cell.splitlines() if line.strip()]
    first, *others = lines if len(lines) > 1 else cell.split()
    mark = "," if len(lines) > 1 else ""
    pieces = [f"{name} {first}", *others]
    return [*(piece + mark for piece in pieces[:-1]), pieces[-1]]


def _sizes(cells: Sequence[str]) -> tuple[int, int]:
    """Return the lengths of the longest word and of the longest line, in cells of the terminal."""
    lines = [line for cell in cells for line in cell.splitlines()]
    return (max((cell_len(word) for line in lines for word in line.split()), default=0),
            max(map(cell_len, lines), default=0))


def _wrapped(pieces: Sequence[str], width: int) -> Iterator[str]:
    """Yield the indented lines of a text, broken between its pieces only: whoever copies an id gets all of it."""
    line = INDENT + pieces[0]
    for piece in pieces[1:]:
        if cell_len(f"{line} {piece}") > width:
            yield line
            line = INDENT * 2 + piece
        else:
            line += f" {piece}"
    yield line
