"""What dbt would compute again in each invocation within one process, although the answer is the same.

A process of dbt starts once, so dbt need not remember; a session of tests starts it some hundred times, and half of the
time of a small build went into these. Only pure functions are remembered, and events that nothing shows are not made.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from functools import cache
from types import CodeType
from typing import Any

import dbt.compilation
from dbt.compilation import Linker
from dbt.contracts.graph.manifest import Manifest
from dbt.graph.graph import Graph
from dbt.graph.selector_methods import QualifiedNameSelectorMethod
from dbt_common.behavior_flags import BehaviorFlagRendered
from dbt_common.clients import agate_helper
from dbt_common.clients.jinja import MacroFuzzEnvironment
from dbt_common.events.base_types import BaseEvent, EventLevel
from dbt_common.events.event_manager import EventManager


def install() -> None:
    """Let dbt remember, in this process, from now on."""
    _remember_compiled_templates()
    _remember_injected_ctes()
    _remember_column_types()
    _find_models_by_name()
    _make_no_debug_events()
    _remember_graphs()
    _write_and_ask_nothing_that_nobody_reads()


def _remember_compiled_templates() -> None:
    compile_template = MacroFuzzEnvironment.compile
    known: dict[Hashable, CodeType] = {}

    def remembered(self: MacroFuzzEnvironment, source: str, *arguments: Any, **options: Any) -> CodeType:
        key = (type(self), tuple(self.extensions), self.undefined.__qualname__, source, arguments,
               tuple(options.items()))
        if key not in known:
            known[key] = compile_template(self, source, *arguments, **options)
        return known[key]

    MacroFuzzEnvironment.compile = remembered


def _remember_injected_ctes() -> None:
    inject = dbt.compilation.inject_ctes_into_sql
    known: dict[Hashable, str] = {}

    def remembered(sql: str, ctes: list[Any]) -> str:
        key = (sql, tuple((cte.id, cte.sql) for cte in ctes))
        if key not in known:
            known[key] = inject(sql, ctes)
        return known[key]

    dbt.compilation.inject_ctes_into_sql = remembered


def _remember_column_types() -> None:
    """Of the result of a query: five parsers of times are made for each."""
    build = agate_helper.build_type_tester

    @cache
    def known(text_columns: tuple[str, ...], null_values: tuple[str, ...]) -> Any:
        return build(text_columns, null_values)

    agate_helper.build_type_tester = lambda text_columns, string_null_values=("null", ""): known(
        tuple(text_columns), tuple(string_null_values))


def _find_models_by_name() -> None:
    """A name that is no folder's, and no pattern, selects what is called so; no need to compare it with every node."""
    search = QualifiedNameSelectorMethod.search

    def found(self: QualifiedNameSelectorMethod, included_nodes: set[str], selector: str) -> Iterator[str]:
        called = _models(self.manifest).get(selector)
        if called is None:
            yield from search(self, included_nodes, selector)
        elif called in included_nodes:
            yield called

    QualifiedNameSelectorMethod.search = found


_indexes: list[tuple[Manifest, dict[str, str]]] = []  # of the newest manifest


def _models(manifest: Manifest) -> dict[str, str]:
    if not _indexes or _indexes[0][0] is not manifest:
        folders = {part for node in manifest.nodes.values() for part in node.fqn[:-1]}
        _indexes[:] = [(manifest, {node.name: uid for uid, node in manifest.nodes.items()
                                   if node.resource_type == "model" and node.name not in folders})]
    return _indexes[0][1]


def _make_no_debug_events() -> None:
    """dbt makes each event, and its text, before it asks whether anything shows events of that level."""
    fire: Callable[..., None] = EventManager.fire_event

    def fired(self: EventManager, e: BaseEvent, level: EventLevel | None = None, *arguments: Any,
              **options: Any) -> None:
        is_shown = any(logger.level == EventLevel.DEBUG for logger in self.loggers)
        if (level or _level(type(e))) != EventLevel.DEBUG or is_shown:
            fire(self, e, level, *arguments, **options)

    EventManager.fire_event = fired


def _remember_graphs() -> None:
    """The graph of nodes follows from what they depend on; each run works on a part of it, which is a copy."""
    compile_graph = dbt.compilation.Compiler.compile
    known: dict[Hashable, Graph] = {}

    def remembered(self: dbt.compilation.Compiler, manifest: Manifest, write: bool = True,
                   add_test_edges: bool = False) -> Graph:
        key = (add_test_edges, frozenset((uid, tuple(node.depends_on_nodes)) for uid, node in manifest.nodes.items()))
        if key not in known:
            known[key] = compile_graph(self, manifest, write, add_test_edges)
        self.initialize()  # makes the folders of this run
        return known[key]

    dbt.compilation.Compiler.compile = remembered


def _write_and_ask_nothing_that_nobody_reads() -> None:
    """The graph as a pickle; and the line of code behind each behaviour flag, which costs a walk of the stack."""
    Linker.write_graph = lambda self, outfile, manifest: None
    BehaviorFlagRendered._default_source = staticmethod(lambda: "")


@cache
def _level(kind: type[BaseEvent]) -> EventLevel:
    return kind.level_tag(None)  # a constant of the class
