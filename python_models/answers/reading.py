"""Reads CSV, CSV.gz and Parquet into the same chunks of text, with the line of every record."""

from __future__ import annotations

import csv
import gzip
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from operator import itemgetter
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from python_models.answers.findings import COLUMNS, REQUIRED, Chunk, Findings
from python_models.errors import BadFile

CHUNK_ROWS = 20_000


def read_chunks(file: Path, findings: Findings) -> Iterator[Chunk]:
    """Read CSV, CSV.gz or Parquet, recognised by the first bytes, in chunks of the known columns."""
    with _readable(file.name), file.open("rb") as raw:
        magic = raw.read(4)
        raw.seek(0)
        if not magic:
            raise BadFile(f"{file.name} is empty.", "give a file with a header line and one answer per line.")
        if magic == b"PAR1" or file.suffix.lower() in (".parquet", ".pq"):
            yield from _parquet_chunks(pq.ParquetFile(raw), findings)
        elif magic[:2] == b"\x1f\x8b":
            with gzip.open(raw) as unpacked:
                yield from _csv_chunks(unpacked, findings)
        else:
            yield from _csv_chunks(raw, findings)


@contextmanager
def _readable(name: str) -> Iterator[None]:
    """Turn what file readers raise into one BadFile."""
    try:
        yield
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise BadFile(f"{name} is a damaged or truncated gzip file ({error}).",
                      "download or compress it again.") from error
    except pa.ArrowException as error:
        raise BadFile(f"{name} is not a readable Parquet file ({error}).", "export it again.") from error
    except OSError as error:
        raise BadFile(f"{name} cannot be read: {error.strerror or error}.",
                      "check the path and its permissions.") from error


def _csv_chunks(binary: Any, findings: Findings) -> Iterator[Chunk]:
    """Read comma-separated records; a record's line is the one it starts on. A wrong number of fields is a problem."""
    reader = csv.reader(_decoded(binary, findings.name), strict=True)
    try:
        header = [name.strip() for name in next(reader, [])]
        present = _present(header, findings)
        pick, width = itemgetter(*(header.index(name) for name in present)), len(header)
        lines: list[int] = []
        rows: list[tuple[str, ...]] = []
        start = reader.line_num + 1
        for record in reader:
            if len(record) == width:
                lines.append(start)
                rows.append(pick(record))
            elif record:  # a blank line is not a record
                findings.add(start, f"has {len(record)} field(s), the header has {width}")
            start = reader.line_num + 1
            if len(rows) == CHUNK_ROWS:
                yield Chunk(lines, dict(zip(present, zip(*rows, strict=True), strict=True)))
                lines, rows = [], []
    except csv.Error as error:
        raise BadFile(f"{findings.name}, line {reader.line_num}: not readable as CSV ({error}).",
                      "check quotes and line ends near that line.") from error
    if rows:
        yield Chunk(lines, dict(zip(present, zip(*rows, strict=True), strict=True)))


def _decoded(binary: Any, name: str) -> Iterator[str]:
    """Decode line by line, so that a wrong byte is reported with its line."""
    for number, line in enumerate(binary, start=1):
        try:
            yield line.decode("utf-8-sig" if number == 1 else "utf-8")
        except UnicodeDecodeError as error:
            raise BadFile(f"{name}, line {number}: byte 0x{line[error.start]:02x} is not UTF-8.",
                          "save the file as UTF-8.") from error


def _parquet_chunks(table: pq.ParquetFile, findings: Findings) -> Iterator[Chunk]:
    """Read row batches with every field as the text that a CSV file would hold; a null is empty text."""
    findings.place = "row"
    present, start = _present(table.schema_arrow.names, findings), 1
    for batch in table.iter_batches(batch_size=CHUNK_ROWS, columns=present):
        texts = {name: _as_text(batch.column(name)) for name in present}
        yield Chunk(range(start, start + batch.num_rows), texts)
        start += batch.num_rows


def _as_text(values: Any) -> list[str]:
    """Format an Arrow column as CSV text: moments in ISO 8601, whole numbers without a decimal point."""
    if pa.types.is_dictionary(values.type):
        values = values.dictionary_decode()
    if pa.types.is_timestamp(values.type):
        zone = "Z" if values.type.tz else ""
        moments = values.cast(pa.timestamp("us", values.type.tz), safe=False).cast(pa.timestamp("us"))
        return [moment.isoformat() + zone if moment else "" for moment in moments.to_pylist()]
    is_float = pa.types.is_floating(values.type)
    if is_float:
        values = pc.if_else(pc.is_nan(values), None, values)
    texts = pc.fill_null(values.cast(pa.string()), "")
    return list((pc.replace_substring_regex(texts, r"\.0$", "") if is_float else texts).to_pylist())


def _present(header: Sequence[str], findings: Findings) -> list[str]:
    """Check a header; return its known columns and note the others. Raises BadFile if a column is missing."""
    missing = [name for name in REQUIRED if name not in header]
    if missing:
        raise BadFile(f"{findings.name} lacks column(s) {', '.join(missing)}; it has: {', '.join(header)[:300]}.",
                      f"name the columns {', '.join(REQUIRED)} in the first line, separated by commas.")
    twice = sorted({name for name in COLUMNS if list(header).count(name) > 1})
    if twice:
        raise BadFile(f"{findings.name} has column(s) {', '.join(twice)} more than once.", "keep one of each.")
    extra = [name for name in header if name not in COLUMNS]
    if extra:
        findings.notices.append(f"column(s) not used: {', '.join(extra)[:300]}.")
    return [name for name in COLUMNS if name in header]
