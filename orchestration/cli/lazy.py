"""A group of commands that imports the module of a command only when that command is used."""

from __future__ import annotations

from collections import UserDict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module

import click


@dataclass(frozen=True)
class Entry:
    """Where a command is (module:function), the first sentence of its help, and the heading that lists it."""

    target: str
    summary: str
    group: str

    def load(self, name: str) -> click.Command:
        """Import the command; a target that is a function returns the command of that name."""
        module, _, attribute = self.target.partition(":")
        found = getattr(import_module(module), attribute)
        return found if isinstance(found, click.Command) else found(name)


class LazyCommands(UserDict[str, click.Command]):
    """Commands by name, each imported when it is first looked up."""

    def __init__(self, entries: Mapping[str, Entry]) -> None:
        """Hold the entries; nothing is imported."""
        super().__init__()
        self.entries = entries

    def __getitem__(self, name: str) -> click.Command:
        """Return a command. Raises KeyError for an unknown name."""
        if name not in self.data:
            self.data[name] = self.entries[name].load(name)
        return self.data[name]

    def __contains__(self, name: object) -> bool:
        """Return whether there is a command of that name."""
        return name in self.entries

    def __iter__(self) -> Iterator[str]:
        """Iterate over the names."""
        return iter(self.entries)

    def __len__(self) -> int:
        """Return the number of commands."""
        return len(self.entries)


class LazyGroup(click.Group):
    """A group whose help lists the entries' summaries under their headings, so that --help imports no command."""

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the names and summaries, in the order of the entries."""
        entries = self.commands.entries if isinstance(self.commands, LazyCommands) else {}
        width = max(map(len, entries), default=0)  # the same column under every heading
        for heading in dict.fromkeys(entry.group for entry in entries.values()):
            with formatter.section(heading):
                formatter.write_dl([(name.ljust(width), entry.summary) for name, entry in entries.items()
                                    if entry.group == heading])
