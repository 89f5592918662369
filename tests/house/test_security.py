"""Rules of docs/security.md that can be read from the files. Each message gives the remedy."""

import re

import pytest

from orchestration.settings import PROJECT_DIR

LOCKS = ("requirements.lock", "requirements-runtime.lock")
PIN = re.compile(r"^([a-z0-9][a-z0-9._-]*)(?:\[[a-z0-9,._-]+\])?==(\S+)", re.I)


def pins(lock):
    """{package: (version, hashes)} of a lock; lines that are none of these are refused."""
    found, name = {}, None
    for line in (PROJECT_DIR / lock).read_text().splitlines():
        text = line.strip().removesuffix("\\").strip()
        if not text or text.startswith("#"):
            continue
        if text.startswith("--hash=sha256:"):
            found[name][1].add(text)
            continue
        pinned = PIN.match(text)
        assert pinned, f"{lock}: {line!r} is not pinned to one version"
        name = pinned[1].lower()
        found[name] = (pinned[2], set())
    return found


@pytest.mark.parametrize("lock", LOCKS)
def test_every_requirement_is_pinned_with_hashes(lock):
    bare = [name for name, (_, hashes) in pins(lock).items() if not hashes]
    assert len(pins(lock)) > 50 and not bare, f"{bare}: run `make lock`"


def test_the_runtime_lock_is_a_part_of_the_whole_one_without_what_only_tests_need():
    whole, runtime = pins("requirements.lock"), pins("requirements-runtime.lock")
    differing = [name for name, pin in runtime.items() if whole.get(name) != pin]
    assert not differing, f"{differing}: run `make lock`"
    assert not runtime.keys() & {"pytest", "ruff", "mypy", "sqlfluff", "moto", "pip-tools", "kubernetes-validate"}
    assert runtime.keys() >= {"dbt-core", "dbt-postgres", "alembic", "psycopg-binary", "prometheus-client"}


def test_r_never_evaluates_text(files):
    """Requests are data: no text becomes code, no name from a request chooses a function or a file to run."""
    evaluates = re.compile(r"(?<![\w.])(eval|evalq|parse|str2lang|str2expression|as\.formula|formula|match\.fun"
                           r"|unserialize|readRDS|load|dget|source|sys\.source|system|system2|shell)\(")
    allowed = {  # the service's own files and constants, named here one by one
        ("service.R", "sys.source"), ("service.R", "source"),      # the folder given at the start
        ("stan_models.R", "as.formula"),                           # one of GROWTH_FORMULAS
        ("stan_chains.R", "readRDS"),                              # a program that set-up compiled
        ("compile_models.R", "source")}                            # at set-up, the service's own files
    wrong = []
    for file in services_code(files):
        code = re.sub(r"#.*", "", file.read_text(encoding="utf-8"))
        wrong += [f"{file.name}: {found[1]}(...): read the value and check it instead" for found in
                  evaluates.finditer(code) if (file.name, found[1]) not in allowed]
    assert not wrong, "\n".join(wrong)


def services_code(files):
    return [file for file in files if file.suffix == ".R" and "r-services" in file.parts and "tests" not in file.parts
            and file.name != "run-tests.R"]


def test_sql_is_never_made_of_values(files):
    """Values are bound by %s, names quoted by psycopg's `sql`; an f-string may only hold texts of its own module."""
    statement = re.compile(r'''f("{3}|")((?:(?!\1)[\s\S])*?\b(?:select|insert|update|delete|alter|create|drop)\b'''
                           r'''(?:(?!\1)[\s\S])*)\1''')
    wrong = []
    for file in files:
        parts = file.relative_to(PROJECT_DIR).parts
        if file.suffix != ".py" or parts[0] not in ("python_models", "orchestration", "reports") or "versions" in parts:
            continue
        text = file.read_text(encoding="utf-8")
        for found in statement.finditer(text):
            line = text[:found.start()].count("\n") + 1
            wrong += [f"{file.name}:{line}: {{{name}}} in SQL: bind it, or quote it with psycopg.sql"
                      for name in re.findall(r"\{(\w+)", found[2]) if not is_text_or_quoted(name, text)]
    assert not wrong, "\n".join(wrong)


def is_text_or_quoted(name, module):
    """A name that the module gives a text of its own, or one that the driver quoted."""
    return re.search(rf"^\s*{name} = (?:f?[\"']|.*\.quote\()", module, re.M) is not None


def test_the_rule_on_sql_finds_what_it_is_for():
    assert is_text_or_quoted("_SAME", '_SAME = "fit = %s"')
    assert not is_text_or_quoted("user", 'def find(user: str):\n    connection.execute(f"select {user}")')


def test_no_secret_is_in_the_repository(files):
    secret = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY|AKIA[0-9A-Z]{16}|ghp_[A-Za-z0-9]{36}"
                        r"|postgres(?:ql)?://[^:/\s]+:(?!password|PASSWORD|canary|\.\.\.|\$|\{|'|@)[^@\s/]{6,}@")
    wrong = [f"{file.relative_to(PROJECT_DIR)}: {found[0]}" for file in files
             if file.suffix not in (".gz", ".png", ".lock")
             for found in secret.finditer(file.read_text(encoding="utf-8", errors="ignore"))]
    assert not wrong, "\n".join(wrong)
