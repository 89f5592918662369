"""One picture of a fit."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Picture:
    """One picture: the name of its file without an ending, its title, what it shows, and the SVG."""

    name: str
    title: str
    description: str
    svg: str
