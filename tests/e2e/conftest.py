"""A small school, built once for each file of tests, and a copy of it for each test."""

import pytest
from builders import AS_OF, create_database
from small_school import SmallSchool

from python_models.warehouse.connection import connect
from simulated_school import School, simulate


@pytest.fixture(scope="module")
def template(templates, server_url, tmp_path_factory, request):
    """25 learners over 12 weeks, built."""
    school = SmallSchool(server_url, f"e2e_{request.path.stem}", tmp_path_factory.mktemp("e2e"))
    templates.copy(templates.migrated(), school.database)
    with connect(school.url) as connection:
        simulate(connection, School(learners=25, weeks=12, seed=3, as_of=AS_OF))
    school.build()
    return school


@pytest.fixture
def school(template, request):
    """A copy of the built school for one test."""
    name = f"e2e_{abs(hash(request.node.name)):x}"
    create_database(template.server_url, name, template=template.database)
    yield SmallSchool(template.server_url, name, template.home)
    with connect(template.server_url, autocommit=True) as connection:
        connection.execute(f'drop database "{name}" with (force)')
