"""The Jinja environment of every page: values from outside are escaped, a missing value is an error."""

from __future__ import annotations

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

PAGES = Environment(loader=FileSystemLoader(Path(__file__).with_name("templates")), autoescape=True,
                    undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
