"""What dbt would compute again in each invocation within one process, although the answer is the same.

A process of dbt starts once, so dbt need not remember; a session of tests starts it some hundred times, and half of the
time of a small build went into these. Only pure functions are remembered, events that nothing shows are not made, and
connections last as long as an invocation: each is made as good as new before it is used again.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import replace
from functools import cache
from types import CodeType
from typing import Any

import agate
import dbt.adapters.postgres.connections
import dbt.compilation
import psycopg2
from dbt.adapters.postgres.connections import PostgresConnectionManager
from dbt.clients.jinja import MacroGenerator
from dbt.compilation import Linker
from dbt.context.macros import MacroNamespace, MacroNamespaceBuilder
from dbt.contracts.graph.manifest import Manifest
from dbt.contracts.graph.nodes import Macro
from dbt.graph.graph import Graph
from dbt.graph.selector_methods import QualifiedNameSelectorMethod
from dbt_common.behavior_flags import BehaviorFlagRendered
from dbt_common.clients import agate_helper
from dbt_common.clients.jinja import MacroFuzzEnvironment
from dbt_common.events.base_types import BaseEvent, EventLevel
from dbt_common.events.event_manager import EventManager
from dbt_common.events.event_manager_client import get_event_manager
from dbt_common.tests import enable_test_caching

# A time, a database of tests, an invocation.
CHANGING = re.compile(r"\d{4}-\d\d-\d\d(?: \d\d:\d\d:\d\d[\d.+:]*)?|(?<=\")\w+(?=\"\.\"\w+\"\.)|"
                      r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
MASK = re.compile(r"mask_\d+_")


def install() -> None:
    """Let dbt remember, in this process, from now on."""
    enable_test_caching()  # dbt's own: parsed macros, and which plugins are installed
    _remember_compiled_templates()
    _remember_injected_ctes()
    _remember_column_types()
    _find_models_by_name()
    _make_no_debug_events()
    _remember_graphs()
    _gather_macros_fast()
    _keep_connections()
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
    """Where they go in does not depend on days, times and databases, which differ from build to build."""
    inject = dbt.compilation.inject_ctes_into_sql
    known: dict[Hashable, str] = {}

    def remembered(sql: str, ctes: list[Any]) -> str:
        words: dict[str, str] = {}
        masked = [_masked(text, words) for text in (sql, *(cte.sql for cte in ctes))]
        key = (tuple(masked), tuple(cte.id for cte in ctes))
        if key not in known:
            known[key] = inject(masked[0], [replace(cte, sql=text) for cte, text in zip(ctes, masked[1:], strict=True)])
        return MASK.sub(lambda found: words[found[0]], known[key])

    dbt.compilation.inject_ctes_into_sql = remembered


def _masked(sql: str, words: dict[str, str]) -> str:
    """Put a mask in place of each changing word; `words` gets what each mask stands for."""
    masks = {word: mask for mask, word in words.items()}

    def mask(found: re.Match[str]) -> str:
        name = masks.setdefault(found[0], f"mask_{len(masks)}_")
        words[name] = found[0]
        return name

    return CHANGING.sub(mask, sql)


def _remember_column_types() -> None:
    """Of the result of a query, also of one without rows: five parsers of times are made for each."""
    build = agate_helper.build_type_tester

    @cache
    def known(text_columns: tuple[str, ...], null_values: tuple[str, ...]) -> Any:
        return build(text_columns, null_values)

    agate_helper.empty_table = lambda: agate.Table([], column_names=[], column_types=[])
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
    make: Callable[..., None] = BaseEvent.__init__
    fire: Callable[..., None] = EventManager.fire_event

    def made(self: BaseEvent, *arguments: Any, **values: Any) -> None:
        if _level(type(self)) == EventLevel.DEBUG and not _are_debug_events_shown():
            self.pb_msg = _message(type(self))
        else:
            make(self, *arguments, **values)

    def fired(self: EventManager, e: BaseEvent, level: EventLevel | None = None, *arguments: Any,
              **options: Any) -> None:
        if (level or _level(type(e))) != EventLevel.DEBUG or _are_debug_events_shown():
            fire(self, e, level, *arguments, **options)

    BaseEvent.__init__, EventManager.fire_event = made, fired


def _are_debug_events_shown() -> bool:
    return any(logger.level == EventLevel.DEBUG for logger in get_event_manager().loggers)


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


_contexts: dict[int, dict[str, Any]] = {}  # of the invocation, by their ids


def _gather_macros_fast() -> None:
    """Each model gets four contexts, with an object for each of 700 macros: made without their constructors, and
    found in one dictionary."""
    start = MacroNamespace.__init__

    def add_macros(self: MacroNamespaceBuilder, macros: Iterable[Macro], ctx: dict[str, Any]) -> None:
        _contexts[id(ctx)] = ctx
        for macro in macros:
            function = object.__new__(MacroGenerator)
            function.macro, function.context, function.node, function.stack = macro, ctx, self.node, self.thread_ctx
            is_internal = macro.package_name in self.internal_package_names
            self._add_macro_to(self.internal_packages if is_internal else self.packages, macro, function)
            if not is_internal and macro.package_name == self.search_package:
                self.locals[macro.name] = function
            elif not is_internal and macro.package_name == self.root_package:
                self.globals[macro.name] = function

    def started(self: MacroNamespace, *arguments: Any, **options: Any) -> None:
        start(self, *arguments, **options)
        self.flat = {}
        for names in reversed([*self._search_order()]):
            self.flat.update(names)

    MacroNamespaceBuilder.add_macros = add_macros
    MacroNamespace.__init__, MacroNamespace._keys = started, lambda self: set(self.flat)
    MacroNamespace.__iter__ = lambda self: iter(self.flat)
    MacroNamespace.__getitem__ = lambda self, key: self.flat[key]


_idle: dict[Hashable, list[psycopg2.extensions.connection]] = {}  # by what they were opened with


def _keep_connections() -> None:
    """Of one invocation: dbt opens one for each model, and a new process of Postgres reads its catalog first."""
    connect = psycopg2.connect
    opened_with: dict[int, Hashable] = {}

    def connected(**options: Any) -> psycopg2.extensions.connection:
        key = (*sorted(options.items()), os.environ.get("PGOPTIONS"))
        while _idle.get(key):
            if _is_as_new(handle := _idle[key].pop()):
                return handle
        handle = connect(**options)
        opened_with[id(handle)] = key
        return handle

    def put_back(cls: type, connection: Any) -> None:
        if _is_as_new(connection.handle):  # holds no lock any more
            _idle.setdefault(opened_with[id(connection.handle)], []).append(connection.handle)

    dbt.adapters.postgres.connections.psycopg2.connect = connected
    PostgresConnectionManager._close_handle = classmethod(put_back)


def _is_as_new(handle: psycopg2.extensions.connection) -> bool:
    """End what a connection has begun; return whether it can still be used. One that was cut is closed."""
    try:
        handle.rollback()
        handle.autocommit = True
        handle.cursor().execute("discard all")
        handle.autocommit = False
    except psycopg2.Error:
        handle.close()
    return not handle.closed


def end_invocation() -> None:
    """Close the connections that it left open: databases are copied and dropped afterwards. Empty its contexts: each
    holds macros that hold the context, and half a million such objects are slow to find for the garbage collector."""
    while _contexts:
        _contexts.popitem()[1].clear()
    while _idle:
        for handle in _idle.popitem()[1]:
            handle.close()


def _write_and_ask_nothing_that_nobody_reads() -> None:
    """The graph as a pickle; and the line of code behind each behaviour flag, which costs a walk of the stack."""
    Linker.write_graph = lambda self, outfile, manifest: None
    BehaviorFlagRendered._default_source = staticmethod(lambda: "")


def _message(kind: type[BaseEvent]) -> Any:
    return getattr(kind.PROTO_TYPES_MODULE, kind.__name__)()


@cache
def _level(kind: type[BaseEvent]) -> EventLevel:
    return kind.level_tag(None)  # a constant of the class
