"""dbt's log as it is written, one JSON document per line: what a build is at, and what a person must read."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from python_models.fitting.client import Progress

PRINTED = {"warn": "WARNING", "error": "ERROR"}  # levels of dbt that a quiet build prints, and ours


@dataclass
class DbtLog:
    """The log of one build. `on_progress` gets states such as those of a fit: nodes done, nodes in all, the node."""

    on_progress: Progress | None = None
    finished: int = 0

    def read(self, line: str) -> None:
        """Take in one line; print a warning, an error, and what is no line of the log, such as a traceback."""
        event = _event(line)
        if event is None:
            print(line, flush=True)
            return
        info, data = event["info"], event["data"]
        if info["level"] in PRINTED and info["msg"].strip():
            print(f"[{PRINTED[info['level']]}] {info['msg']}", flush=True)
        if "total" in data and data.get("node_info", {}).get("resource_type") not in (None, "operation"):
            self._count(data)  # hooks are counted apart from nodes

    def _count(self, data: dict[str, Any]) -> None:
        self.finished += data["node_info"]["node_status"] != "started"
        if self.on_progress:
            self.on_progress({"state": "running", "progress": {
                "stage": f"{self.finished:,} of {data['total']:,} nodes", "done": self.finished, "total": data["total"],
                "node": data["node_info"]["node_name"]}})


def _event(line: str) -> dict[str, Any] | None:
    """Return the event of a line, None if the line is none."""
    try:
        event = json.loads(line)
    except ValueError:
        return None
    return event if isinstance(event, dict) and {"info", "data"} <= event.keys() else None
