"""Lints the models with sqlfluff. Its dbt templater compiles them; an empty embedded Postgres is enough for that.

Models that were clean in the last clean run are left out while they and all that shapes their compiled text are the
same: parsing takes a third of a second per model.
"""

import gc
import hashlib
import os
import sys
import tempfile
from datetime import date
from pathlib import Path

from sqlfluff.cli.commands import lint

from orchestration.dbt import Dbt
from orchestration.settings import PROJECT_DIR, read_settings
from orchestration.stack.stack import Stack

CLEAN = PROJECT_DIR / "target" / "lint" / "clean_models.txt"
# Rules, versions and what dbt is given. All of dbt_project that is not a model comes on top: macros, settings in yml.
SHARED = (".sqlfluff", "requirements.lock", "dbt_project.yml", "profiles.yml", "orchestration/dbt.py", __file__)


def keys() -> dict[str, str]:
    """Return the path of each model by the hash of its text and of all that is shared."""
    models = sorted((PROJECT_DIR / "dbt_project" / "models").rglob("*.sql"))
    others = sorted(path for path in (PROJECT_DIR / "dbt_project").rglob("*.*") if path not in set(models))
    shared = hashlib.sha256()
    for path in [*(PROJECT_DIR / name for name in SHARED), *others]:
        shared.update(str(path).encode() + path.read_bytes())
    paths = [str(path.relative_to(PROJECT_DIR)) for path in models]
    return {hashlib.sha256(shared.digest() + path.encode() + Path(path).read_bytes()).hexdigest(): path
            for path in paths}


def sqlfluff(models: list[str]) -> int:
    """Lint the models and return sqlfluff's exit code."""
    with tempfile.TemporaryDirectory() as home:
        settings = read_settings(dreamseed_home=Path(home), database_url="")
        stack = Stack(settings)
        try:
            os.environ.update(Dbt(settings, stack.database_url(), date(2026, 1, 4)).environment())
            lint(["--disable-progress-bar", *models])
        except SystemExit as end:
            return int(end.code or 0)
        finally:
            stack.down()
    return 1


def main() -> int:
    """Lint what is not known to be clean; remember the models when all are."""
    os.chdir(PROJECT_DIR)
    found = keys()
    clean = CLEAN.read_text().split() if CLEAN.exists() else []
    due = [path for key, path in found.items() if key not in clean]
    if not due:
        return 0
    gc.disable()  # a quarter of the time goes into a search for garbage of which there is little
    code = sqlfluff(due)
    if code == 0:
        CLEAN.parent.mkdir(parents=True, exist_ok=True)
        CLEAN.write_text("\n".join(found))
    return code


sys.exit(main())
