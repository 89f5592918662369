"""A kubectl for tests: keeps small clusters in memory, records every call, and fails where a test plans it.

Scripts find bin/kubectl on PATH, which passes its call on to the test's own process. `kustomize` and `patch --local`,
which need no cluster, go to the real kubectl, once per session for the same input. A call that it does not know ends
with exit 99.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import yaml
from cluster_objects import LOADER, rendered

SHORT = {"-n": "--namespace", "-p": "--patch", "-l": "--selector", "-o": "--output"}
BARE = ("--ignore-not-found", "--local", "--all-containers", "--prefix", "--wait")  # options without a value
FILTER = re.compile(r'(\w+)\[\?\(@\.(\w+)=="([^"]*)"\)\]')


class Answer(NamedTuple):
    """What a call prints, and how it ends; before that it sleeps for `pause` seconds."""

    out: str = ""
    code: int = 0
    error: str = ""
    pause: float = 0


@dataclass
class Plan:
    """How the cluster behaves: {ExternalSecret: message}, {Secret: keys it lacks}, {Job: exit code; None: it runs on}.

    `failures` are calls that fail: regular expressions `call` and `names` (of the objects given); `code`, `error`,
    `sleep`.
    """

    unready: dict[str, str] = field(default_factory=dict)
    lacking: dict[str, list[str]] = field(default_factory=dict)
    jobs: dict[str, int | None] = field(default_factory=dict)
    logs: dict[str, str] = field(default_factory=dict)
    failures: list[dict[str, Any]] = field(default_factory=list)


class Call:
    """One call: its verb, words and options, the text on its standard input, and the objects which that names."""

    def __init__(self, arguments: list[str], stdin: str) -> None:
        """Split the arguments; an option's value may follow it or `=`."""
        words, self.options, waiting = [], {}, iter(arguments)
        for one in waiting:
            name, equals, value = one.partition("=")
            if not one.startswith("-"):
                words.append(one)
            elif equals or name in BARE:
                self.options[name] = value
            else:
                self.options[SHORT.get(name, name)] = next(waiting)
        self.arguments, self.stdin = arguments, stdin
        self.verb, self.words, self.line = words[0], words[1:], " ".join(words)
        self.needs_no_cluster = self.verb == "kustomize" or "--local" in self.options
        self.given = [] if self.needs_no_cluster else chosen(stdin, self.options.get("--selector", ""))
        self.names = [f"{one['kind']}/{one['metadata']['name']}" for one in self.given]


class Held:
    """What is in a cluster, {kind/name: object}, and what its controllers do."""

    def __init__(self, objects: dict[str, dict[str, Any]], plan: Plan) -> None:
        """Keep the objects; `plan` says how the controllers behave."""
        self.objects, self.plan = objects, plan

    def put(self, one: dict[str, Any]) -> None:
        """Store an object and let the controllers of a cluster answer it."""
        kind, name = one["kind"].lower(), one["metadata"]["name"]
        before = self.objects.get(f"{kind}/{name}")
        now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        one["metadata"]["creationTimestamp"] = before["metadata"]["creationTimestamp"] if before else now
        if kind == "cronjob" and before and "suspend" in before["spec"]:
            one["spec"]["suspend"] = before["spec"]["suspend"]  # not in what was applied, so apply leaves it
        if kind == "deployment":
            one["spec"].setdefault("replicas", 1)
            one["status"] = {"availableReplicas": one["spec"]["replicas"]}
        if kind == "externalsecret":
            self.sync(one)
        if kind == "job":
            self.finish(one)
        self.objects[f"{kind}/{name}"] = one

    def sync(self, one: dict[str, Any]) -> None:
        """Make the Secret of an ExternalSecret, unless the plan keeps it from getting Ready."""
        name, trouble = one["metadata"]["name"], self.plan.unready.get(one["metadata"]["name"])
        one["status"] = {"conditions": [{"type": "Ready", "status": "False" if trouble else "True",
                                         "message": trouble or "secret synced"}]}
        if not trouble:
            keys = [entry["secretKey"] for entry in one["spec"]["data"]]
            self.objects[f"secret/{name}"] = {"kind": "Secret", "metadata": {"name": name}, "data": {
                key: "" for key in keys if key not in self.plan.lacking.get(name, [])}}

    def finish(self, one: dict[str, Any]) -> None:
        """Let a Job end as planned: Complete, or failed with an exit code; None: it runs on."""
        name = one["metadata"]["name"]
        code = self.plan.jobs.get(name, 0)
        one["status"] = {} if code is None else {"conditions": [
            {"type": "Failed" if code else "Complete", "status": "True", "message": "BackoffLimitExceeded"}]}
        self.objects[f"pod/{name}-x"] = {"kind": "Pod", "metadata": {"name": f"{name}-x", "labels": {"job-name": name}},
                                         "status": {"containerStatuses": [
                                             {"name": "main", "state": {"terminated": {"exitCode": code or 0}}}]}}


def values(found: list[Any], path: str) -> list[Any]:
    """Evaluate one jsonpath without braces; what is absent gives nothing, as in kubectl."""
    for step in re.findall(r'\w+\[\?\([^)]*\)\]|\w+\[\*\]|\w+', path):
        name, wanted = step.split("[")[0], FILTER.fullmatch(step)
        found = [one[name] for one in found if isinstance(one, dict) and name in one]
        if "[" in step:
            found = [item for one in found for item in one]
        if wanted:
            found = [item for item in found if item.get(wanted[2]) == wanted[3]]
    return found


def shown(value: object) -> str:
    """Return a value as kubectl prints it."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def evaluate(template: str, thing: dict[str, Any]) -> str:
    """Fill a jsonpath template: {.path}, {"text"} and, not nested, {range .path}...{end}."""
    out, parts = "", iter(re.findall(r"\{([^}]+)\}", template))
    for part in parts:
        if part.startswith("range "):
            inner = "".join(f"{{{one}}}" for one in iter(lambda: next(parts), "end"))
            out += "".join(evaluate(inner, one) for one in values([thing], part.removeprefix("range ")))
        elif part.startswith('"'):
            out += json.loads(part)
        else:
            out += " ".join(map(shown, values([thing], part)))
    return out


@cache
def parsed(text: str) -> list[tuple[dict[str, str], str]]:
    """Return (labels, JSON) of each object in this YAML; the scripts send the same overlay again and again."""
    return [(one["metadata"].get("labels", {}), json.dumps(one)) for one in yaml.load_all(text, LOADER) if one]


def chosen(text: str, selector: str) -> list[dict[str, Any]]:
    """Return the objects in this YAML that have all labels of a selector A=B,C=D, as the caller's own."""
    wanted = dict(pair.split("=") for pair in selector.split(",") if pair)
    return [json.loads(one) for labels, one in parsed(text) if wanted.items() <= labels.items()]


def get(call: Call, held: Held) -> Answer:
    """Answer `get`: a list, or one object; the scripts always say --ignore-not-found."""
    kind, output = call.words[0].removesuffix("s"), call.options.get("--output", "")
    label, _, value = call.options.get("--selector", "").partition("=")
    listed = [one for key, one in held.objects.items() if key.startswith(f"{kind}/")
              and (not label or one["metadata"].get("labels", {}).get(label) == value)]
    thing = {"items": listed} if len(call.words) == 1 else held.objects.get(f"{kind}/{call.words[1]}")
    if thing is None:
        return Answer()
    if output.startswith("go-template"):
        return Answer("".join(f"{one['metadata']['name']}|{' '.join(one['data'])} \n" for one in thing["items"]))
    if output == "name":
        return Answer("".join(f"{kind}.batch/{one['metadata']['name']}\n" for one in listed))
    return Answer(evaluate(output.removeprefix("jsonpath="), thing))


def apply(call: Call, held: Held) -> Answer:
    """Store the objects."""
    for one in call.given:
        held.put(one)
    said = "".join(f"{one['kind'].lower()}/{one['metadata']['name']} configured\n" for one in call.given)
    return Answer(said) if call.given else Answer(code=1, error="error: no objects passed to apply\n")


def diff(call: Call, held: Held) -> Answer:
    """Show the objects that are not there; whether one that is there differs is not looked at."""
    new = [name for name in call.names if name.partition("/")[0].lower() + name[name.index("/"):] not in held.objects]
    return Answer("".join(f"+ {name.replace('/', ' ')}\n" for name in new), 1 if new else 0)


def create(call: Call, held: Held) -> Answer:
    """Make the objects, or a Job from a CronJob."""
    if call.words[:1] == ["job"]:
        template = json.dumps(held.objects[call.options["--from"]]["spec"]["jobTemplate"])  # the Job's is its own
        held.put({"kind": "Job", **json.loads(template), "metadata": {"name": call.words[1]}})
    for one in call.given:
        held.put(one)
    return Answer()


def delete(call: Call, held: Held) -> Answer:
    """Remove an object."""
    held.objects.pop("/".join(call.words), None)
    return Answer()


def wait(call: Call, held: Held) -> Answer:
    """Succeed if an object is Ready; nothing here becomes Ready later."""
    ready = values([held.objects[call.words[0]]], 'status.conditions[?(@.type=="Ready")].status') == ["True"]
    return Answer() if ready else Answer(code=1, error="error: timed out waiting for the condition\n")


def patch(call: Call, held: Held) -> Answer:
    """Set fields of an object: cronjob NAME, or cronjob.batch/NAME."""
    place = held.objects["/".join(call.words).replace(".batch", "")]
    for part, fields in json.loads(call.options["--patch"]).items():
        place[part] |= fields
    return Answer()


VERBS: dict[str, Callable[[Call, Held], Answer]] = {
    "get": get, "apply": apply, "diff": diff, "create": create, "delete": delete, "wait": wait, "patch": patch,
    "logs": lambda call, held: Answer(held.plan.logs.get(call.words[0], "")),
    "rollout": lambda call, held: Answer("here\n"), "config": lambda call, held: Answer("here\n")}


@cache
def real(arguments: tuple[str, ...], stdin: str) -> Answer:
    """Answer as the real kubectl."""
    kubectl = shutil.which("kubectl")
    assert kubectl is not None, "kubectl is not on this machine; the overlays are rendered by it"
    done = subprocess.run([kubectl, *arguments], input=stdin, capture_output=True, text=True, check=False)
    return Answer(done.stdout, done.returncode, done.stderr)


def answer(call: Call, held: Held) -> Answer:
    """Do what a call asks, or fail as planned."""
    for planned in held.plan.failures:
        if re.search(planned["call"], call.line) and re.search(planned.get("names", ""), " ".join(call.names)):
            return Answer("", planned.get("code", 1), planned.get("error", "") + "\n", planned.get("sleep", 0))
    if call.verb == "kustomize":
        return Answer(rendered(Path(call.words[0])))
    if call.needs_no_cluster:
        return real(tuple(call.arguments), call.stdin)
    if call.verb not in VERBS:
        return Answer(code=99, error=f"fake kubectl: no answer to {call.line}\n")
    return VERBS[call.verb](call, held)
