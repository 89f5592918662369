"""Style that a machine can see: names, sizes, leftovers. Each message gives the remedy."""

import re

from orchestration.settings import PROJECT_DIR

CODE = (".py", ".R", ".sql", ".sh")


def lines(path):
    return path.read_text(encoding="utf-8").count("\n")


def code(files):
    return [f for f in files if f.suffix in CODE]


def test_no_fit_is_named_in_python(files, manifest):
    """A sixth fit needs no Python: names, tables and order come from the manifest."""
    wrong = []
    for file in files:
        parts = file.relative_to(PROJECT_DIR).parts
        if parts[0] not in ("python_models", "orchestration") or "migrations" in parts or file.suffix != ".py":
            continue
        if "simulated_school" in str(file) or file.name == "settings.py":
            continue  # the school writes truth for recovery tests; settings hold the contract's names
        text = file.read_text(encoding="utf-8")
        code_only = re.sub(r'"""(?:.|\n)*?"""|#.*', "", text)
        # the examples in a command's help are words for people
        code_only = re.sub(r"example\([^)]*\)", "", code_only)
        wrong += [f"{file.name} names the fit {fit!r}: read it from the manifest" for fit in manifest.fits()
                  if re.search(rf"\b{fit}\b|{fit}_", code_only)]
    assert not wrong, "\n".join(wrong)


def test_python_models_never_imports_orchestration(files):
    wrong = [f.name for f in files if "python_models" in f.relative_to(PROJECT_DIR).parts[:1]
             and re.search(r"^\s*(from|import) orchestration", f.read_text(encoding="utf-8"), re.M)]
    assert not wrong, f"{wrong}: pass what is needed as an argument"


def test_reports_never_import_orchestration(files):
    wrong = [f.name for f in files if f.suffix == ".py" and "reports" in f.relative_to(PROJECT_DIR).parts[:1]
             and re.search(r"^\s*(from|import) orchestration", f.read_text(encoding="utf-8"), re.M)]
    assert not wrong, f"{wrong}: pass what is needed as an argument"


def test_files_stay_short(files):
    limits = {".sql": 80, ".py": 250, ".R": 250, ".sh": 250}
    wrong = [f"{f.relative_to(PROJECT_DIR)}: {lines(f)} lines, split it (limit {limits[f.suffix]})"
             for f in code(files) if "tests" not in f.parts and lines(f) > limits[f.suffix]]
    assert not wrong, "\n".join(wrong)


def test_no_vague_names_and_no_status_files(files):
    vague = re.compile(r"^(utils?|helpers?|common|manager)\.", re.I)
    status = re.compile(r"(STATUS|SUMMARY|FINAL|COMPLETE)\w*\.md$")
    wrong = [str(f.relative_to(PROJECT_DIR)) for f in files if vague.match(f.name) or status.search(f.name)]
    assert not wrong, f"{wrong}: name a module by the thing it holds; record progress in commits and the changelog"


def test_nothing_is_left_over(files):
    leftovers = re.compile(r"\b(TO" r"DO|FIX" r"ME|XX" r"X|NotImplemented" r"Error)\b|/wo" r"rk/|/ro" r"ot/")
    swallowed = re.compile(r"except(\s+(Base)?Exception)?\s*:\s*\n\s+(pass|continue|return None)\b")
    wrong = []
    for file in code(files) + [f for f in files if f.suffix in (".yml", ".md", ".toml")]:
        text = file.read_text(encoding="utf-8")
        wrong += [f"{file.relative_to(PROJECT_DIR)}: {hit.group(0)}" for hit in leftovers.finditer(text)]
        wrong += [f"{file.relative_to(PROJECT_DIR)}: a swallowed error" for _ in swallowed.finditer(text)]
    assert not wrong, "\n".join(wrong)


def test_models_do_not_read_the_clock(files):
    clock = re.compile(r"\b(now\(\)|current_date|current_timestamp|clock_timestamp|localtimestamp)\b", re.I)
    wrong = [f"{f.name}: use as_of() or run_started_at" for f in files
             if f.suffix == ".sql" and "models" in f.parts and clock.search(f.read_text(encoding="utf-8"))]
    assert not wrong, "\n".join(wrong)
