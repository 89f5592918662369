"""A kubectl for tests: keeps a small cluster in a folder, records every call, and fails where the test plans it.

`kustomize` and `patch --local`, which need no cluster, go to the real kubectl, once per session for the same input.
FAKE_CLUSTER is the folder, with `objects.json` ({"kind/name": object}), `calls.jsonl` and `plan.json` (see `Plan`
in fake_cluster.py). A call that it does not know ends with exit 99.
"""

from __future__ import annotations

import json
import os
import re
import sys
import time
from pathlib import Path

FOLDER = Path(os.environ["FAKE_CLUSTER"])
SITE_PACKAGES, REAL = os.environ["FAKE_SITE_PACKAGES"], os.environ["REAL_KUBECTL"]
SHORT = {"-n": "--namespace", "-p": "--patch", "-l": "--selector", "-o": "--output"}
BARE = ("--ignore-not-found", "--local", "--all-containers", "--prefix", "--wait")  # options without a value
FILTER = re.compile(r'(\w+)\[\?\(@\.(\w+)=="([^"]*)"\)\]')


def values(found, path):
    """Evaluate one jsonpath without braces; what is absent gives nothing, as in kubectl."""
    for step in re.findall(r'\w+\[\?\([^)]*\)\]|\w+\[\*\]|\w+', path):
        name, chosen = step.split("[")[0], FILTER.fullmatch(step)
        found = [one[name] for one in found if isinstance(one, dict) and name in one]
        if "[" in step:
            found = [item for one in found for item in one]
        if chosen:
            found = [item for item in found if item.get(chosen[2]) == chosen[3]]
    return found


def shown(value):
    return str(value).lower() if isinstance(value, bool) else str(value)


def evaluate(template, thing):
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


class Cluster:
    def __init__(self):
        self.path = FOLDER / "objects.json"
        self.objects = json.loads(self.path.read_text())
        self.plan = json.loads((FOLDER / "plan.json").read_text())

    def save(self):
        self.path.write_text(json.dumps(self.objects))

    def put(self, one):
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

    def sync(self, one):
        name, trouble = one["metadata"]["name"], self.plan["unready"].get(one["metadata"]["name"])
        one["status"] = {"conditions": [{"type": "Ready", "status": "False" if trouble else "True",
                                         "message": trouble or "secret synced"}]}
        if not trouble:
            keys = [entry["secretKey"] for entry in one["spec"]["data"]]
            self.objects[f"secret/{name}"] = {"kind": "Secret", "metadata": {"name": name}, "data": {
                key: "" for key in keys if key not in self.plan["lacking"].get(name, [])}}

    def finish(self, one):
        """Let a Job end as planned: Complete, or failed with an exit code; null: it runs on."""
        name = one["metadata"]["name"]
        code = self.plan["jobs"].get(name, 0)
        one["status"] = {} if code is None else {"conditions": [
            {"type": "Failed" if code else "Complete", "status": "True", "message": "BackoffLimitExceeded"}]}
        self.objects[f"pod/{name}-x"] = {"kind": "Pod", "metadata": {"name": f"{name}-x", "labels": {"job-name": name}},
                                         "status": {"containerStatuses": [
                                             {"name": "main", "state": {"terminated": {"exitCode": code or 0}}}]}}


def once(suffix, make, *parts):
    """Return make()'s text; for the same parts it is made once in a session, since each takes half a second."""
    import hashlib  # late, like the other imports below: a deployment calls this program 50 times

    kept = FOLDER.parent / (hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32] + suffix)
    if not kept.exists():
        kept.with_suffix(f".{os.getpid()}").write_text(make())
        kept.with_suffix(f".{os.getpid()}").rename(kept)
    return kept.read_text()


def parsed(text):
    sys.path.append(SITE_PACKAGES)
    import yaml

    return json.dumps([one for one in yaml.load_all(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader)) if one])


def documents(text, selector):
    """Return the objects in this YAML that have all labels of a selector A=B,C=D."""
    found = json.loads(once(".json", lambda: parsed(text), text)) if text else []
    wanted = [pair.split("=") for pair in selector.split(",") if pair]
    return [one for one in found
            if all(one["metadata"].get("labels", {}).get(label) == value for label, value in wanted)]


def leave(code, out="", error=""):
    sys.stdout.write(out)
    sys.stderr.write(error)
    sys.exit(code)


def get(cluster, words, output, selector):
    kind = words[0].removesuffix("s")
    label, _, value = selector.partition("=")
    listed = [one for key, one in cluster.objects.items() if key.startswith(f"{kind}/")
              and (not selector or one["metadata"].get("labels", {}).get(label) == value)]
    if len(words) == 1:
        thing = {"items": listed}
    else:
        thing = cluster.objects.get(f"{kind}/{words[1]}")
        if thing is None:
            leave(0)  # the scripts always say --ignore-not-found
    if output.startswith("go-template"):
        leave(0, "".join(f"{one['metadata']['name']}|{' '.join(one['data'])} \n" for one in thing["items"]))
    if output == "name":
        leave(0, "".join(f"{kind}.batch/{one['metadata']['name']}\n" for one in listed))
    leave(0, evaluate(output.removeprefix("jsonpath="), thing))


def create(cluster, words, given, origin):
    if words[:1] == ["job"]:
        job = {"kind": "Job", "metadata": {"name": words[1]}, **cluster.objects[origin]["spec"]["jobTemplate"]}
        cluster.put(job | {"metadata": {"name": words[1]}})
    for one in given:
        cluster.put(one)
    cluster.save()


def answer(verb, words, options, given):
    """Do what a call asks; `given` are the objects it names on stdin."""
    cluster = Cluster()
    if verb == "get":
        get(cluster, words, options.get("--output", ""), options.get("--selector", ""))
    elif verb == "apply":
        if not given:
            leave(1, error="error: no objects passed to apply\n")
        for one in given:
            cluster.put(one)
            print(f"{one['kind'].lower()}/{one['metadata']['name']} configured")
        cluster.save()
    elif verb == "diff":
        names = [(one["kind"], one["metadata"]["name"]) for one in given]
        new = [f"+ {kind} {name}\n" for kind, name in names if f"{kind.lower()}/{name}" not in cluster.objects]
        leave(1 if new else 0, "".join(new))
    elif verb == "create":
        create(cluster, words, given, options.get("--from", ""))
    elif verb == "delete":
        cluster.objects.pop(f"{words[0]}/{words[1]}", None)
        cluster.save()
    elif verb == "wait":
        kind, name = words[0].split("/")
        ready = values([cluster.objects[f"{kind}/{name}"]], 'status.conditions[?(@.type=="Ready")].status') == ["True"]
        leave(0 if ready else 1, error="" if ready else "error: timed out waiting for the condition\n")
    elif verb == "patch":
        place = cluster.objects["/".join(words).replace(".batch", "")]  # cronjob NAME, or cronjob.batch/NAME
        for part, fields in json.loads(options["--patch"]).items():
            place[part] |= fields
        cluster.save()
    elif verb in ("rollout", "logs", "config"):
        leave(0, cluster.plan["logs"].get(words[0], "") if verb == "logs" else "here\n")
    else:
        leave(99, error=f"fake kubectl: no answer to {verb} {words}\n")


def pass_on(arguments, stdin):
    """Answer as the real kubectl; an error is not kept."""
    def ask():
        import subprocess

        done = subprocess.run([REAL, *arguments], input=stdin, capture_output=True, text=True, check=False)
        if done.returncode:
            leave(done.returncode, done.stdout, done.stderr)
        return done.stdout

    leave(0, once(".out", ask, *arguments, stdin))


def parse(arguments):
    """Split into (verb, words, options); an option's value may follow it or `=`."""
    words, options, waiting = [], {}, iter(arguments)
    for one in waiting:
        name, equals, value = one.partition("=")
        if not one.startswith("-"):
            words.append(one)
        elif equals or name in BARE:
            options[name] = value
        else:
            options[SHORT.get(name, name)] = next(waiting)
    return words[0], words[1:], options


def main():
    verb, words, options = parse(sys.argv[1:])
    stdin = sys.stdin.read() if options.get("--filename") == "-" else ""
    real = verb == "kustomize" or "--local" in options
    given = [] if real else documents(stdin, options.get("--selector", ""))
    line, names = " ".join([verb, *words]), [f"{one['kind']}/{one['metadata']['name']}" for one in given]
    with (FOLDER / "calls.jsonl").open("a") as calls:
        calls.write(json.dumps({"verb": verb, "line": line, "options": options, "names": names}) + "\n")
    for planned in json.loads((FOLDER / "plan.json").read_text())["failures"]:
        if re.search(planned["call"], line) and re.search(planned.get("names", ""), " ".join(names)):
            time.sleep(planned.get("sleep", 0))
            leave(planned.get("code", 1), error=planned.get("error", "") + "\n")
    if real:
        pass_on(sys.argv[1:], stdin)
    answer(verb, words, options, given)


if __name__ == "__main__":
    main()
