"""What readers see of a school, and what is built."""

import commands
import psycopg
from builders import AS_OF, NO_TESTS, mart_contents

from python_models.warehouse.connection import connect

LIVE = {"attempt", "report_solved", "report_bank_item"}  # facts and the views of them (docs/adr/0020)


def marts(url, schema="public_released"):
    """The content of each released mart, or of those of them that are built now; facts left out."""
    return mart_contents(url, schema, left_out=LIVE)


def assert_shown_as_built(url):
    """Fail unless each mart that is there now is released as it is; a view may wait for its next build."""
    released, built = marts(url), marts(url, "public")
    assert {name: released[name] for name in built} == built


def execute(url, *statements):
    with psycopg.connect(url, autocommit=True) as connection:
        return [connection.execute(statement) for statement in statements][-1]


def rows(url, query):
    with connect(url) as connection:
        return connection.execute(query).fetchall()


def built_again(pipeline, *selection):
    """Build and release what a test broke: everything, or what dbt's arguments select."""
    pipeline.build("again", (*(selection or ("--full-refresh",)), *NO_TESTS), AS_OF)
    return pipeline.release("test")


def dreamseed(pipeline, *arguments, **settings):
    return commands.dreamseed(*arguments, environment=settings | {
        "DREAMSEED_HOME": str(pipeline.settings.home), "DATABASE_URL": pipeline.database_url})
