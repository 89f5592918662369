"""The Jinja environment of every page: values from outside are escaped in HTML, a missing value is an error."""

from __future__ import annotations

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

PAGES = Environment(loader=FileSystemLoader(Path(__file__).with_name("templates")), undefined=StrictUndefined,
                    autoescape=select_autoescape(disabled_extensions=("txt",), default=True),
                    trim_blocks=True, lstrip_blocks=True)
