"""Roles: who reads the warehouse, who publishes reports, who writes it (docs/adr/0016-images-and-roles.md)."""

from alembic import op
from psycopg.errors import InsufficientPrivilege
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from python_models.errors import UsageError

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

READER, PUBLISHER, WRITER = "dreamseed_reader", "dreamseed_publisher", "dreamseed_writer"
APPLICATION = ("exam_results", "session", "interest_goal", "question", "classroom")
ARTIFACTS = ("report_artifacts", "class_report_artifacts")
# The tables that migrations have created so far; default privileges cover later ones.
MADE = (
    "attempt_log", "attempt_log_change", "fit_run", "test_result", "build_mark", "learner_change", "source_seen",
    "survival_fit_meta", "survival_risk", "prophet_fit_meta", "prophet_anomalies", "forecast_points", "mirt_fit_meta",
    "mirt_item_params", "mirt_ability", "ability_weekly", "student_topic_theta", "item_drift", "growth_brms_meta",
    "growth_predictions", "segment_meta", "segment_assignments", *ARTIFACTS, "dreamseed_schema_version")
# What dbt builds in the target schema: in an older warehouse it belongs to the user who built it.
BUILT = (
    "attempt", "attempt_rejected", "attempt_reconciliation", "ability_estimates", "features_topic_daily", "item_bank",
    "items_to_review", "learner_daily", "published_run", "weekly_kpi", "weekly_kpi_flat", "churn_alert",
    "churn_watchlist", "prediction_score", "prediction_calibration", "metric_forecast", "metric_anomaly", "fit_measure",
    "user_segment", "segment_profile", "segment_transition", "anomalies", "brms_fit_meta", "cluster_fit_meta",
    "user_segments", "report_ability", "report_activity", "report_bank_item", "report_change", "report_class",
    "report_class_member", "report_day", "report_forecast", "report_goal", "report_growth", "report_kpi",
    "report_learner", "report_level", "report_review_item", "report_risk", "report_run", "report_school",
    "report_segment", "report_solved", "report_topic", "report_week", "interest_goal_history", "question_history",
    "finished_learners", "kpi_definition", "report_seat")
MINE = "pg_has_role(c.relowner, 'usage')"  # relations of `pg_class c` that the migrating user may change


def upgrade() -> None:
    schemas = _schemas()
    _create_roles()
    for schema in schemas:
        op.execute(f"do $$ begin if to_regnamespace('{schema}') is null then create schema {schema}; end if; end $$")
        op.execute(f"grant usage on schema {schema} to {READER}")
        op.execute(f"grant usage, create on schema {schema} to {WRITER}")
        for owner in ("", f"for role {WRITER}"):
            op.execute(f"alter default privileges {owner} in schema {schema} grant select on tables to {READER}")
        op.execute(f"alter default privileges in schema {schema} grant {_writing()} on tables to {WRITER}")
    _grant_what_is_there(schemas)
    _grant_application_tables(schemas[0])


def downgrade() -> None:
    """Revoke this database's privileges. Roles belong to the whole server: its administrator may drop them."""
    schemas = _schemas()
    for relation in _relations(schemas, f"pg_get_userbyid(c.relowner) = '{WRITER}'"):
        op.execute(f"alter table {relation} owner to current_user")
    for relation in _relations(schemas, MINE):
        op.execute(f"revoke all on {relation} from {READER}, {PUBLISHER}, {WRITER}")
    for schema in schemas:
        for owner in ("", f"for role {WRITER}"):
            op.execute(f"alter default privileges {owner} in schema {schema} "
                       f"revoke all on tables from {READER}, {WRITER}")
        op.execute(f"revoke all on schema {schema} from {READER}, {WRITER}")
        if schema != schemas[0] and not _relations([schema], "true"):
            op.execute(f"drop schema {schema}")


def _schemas() -> list[str]:
    """Return the quoted names of the target schema and of the warehouse's own two."""
    target = op.get_bind().execute(text("select current_schema()")).scalar()
    quote = op.get_bind().dialect.identifier_preparer.quote
    return [quote(f"{target}{suffix}") for suffix in ("", "_staging", "_fits")]


def _writing() -> str:
    """Return a writer's privileges; MAINTAIN (Postgres 17) lets it refresh statistics of tables it does not own."""
    version = int(str(op.get_bind().execute(text("show server_version_num")).scalar()))
    return "select, insert, update, delete" + (", maintain" if version >= 170000 else "")


def _create_roles() -> None:
    """Create the missing roles; if two databases migrate at once, one creates them and the other finds them."""
    user = op.get_bind().execute(text("select quote_ident(current_user)")).scalar()
    needed = {
        f"to_regrole('{role}') is null": f"create role {role} nologin" for role in (READER, PUBLISHER, WRITER)} | {
        f"not pg_has_role('{PUBLISHER}', '{READER}', 'usage')": f"grant {READER} to {PUBLISHER}",
        f"not pg_has_role('{WRITER}', 'usage')": f"grant {WRITER} to {user}"}
    try:
        for condition, statement in needed.items():
            op.execute(f"""
                do $$ begin
                    if {condition} then {statement}; end if;
                exception when duplicate_object or unique_violation then null;
                end $$""")
    except ProgrammingError as error:
        if not isinstance(error.orig, InsufficientPrivilege):
            raise
        raise UsageError(f"The database user {user} may not create the warehouse's roles.",
                         f"let an administrator run: {'; '.join(needed.values())}; "
                         "then `dreamseed init` again.") from None


def _grant_what_is_there(schemas: list[str]) -> None:
    """Give dbt's tables to the writer (only an owner can rebuild a table), and grant the roles access to all tables."""
    built = f"(c.relnamespace::regnamespace::text <> '{schemas[0]}' or c.relname in {BUILT})"
    for relation in _relations(schemas, f"{MINE} and {built}"):
        op.execute(f"alter table {relation} owner to {WRITER}")
        op.execute(f"grant select on {relation} to {READER}")
    for table in MADE:
        op.execute(f"grant select on {table} to {READER}")
        op.execute(f"grant {_writing()} on {table} to {WRITER}")
    op.execute(f"grant insert, update on {', '.join(ARTIFACTS)} to {PUBLISHER}")


def _grant_application_tables(schema: str) -> None:
    """Let both roles read the application's tables; only their owner can grant that."""
    bind, refused = op.get_bind(), []
    for table in APPLICATION:
        if bind.execute(text(f"select has_table_privilege('{table}', 'select with grant option')")).scalar():
            op.execute(f"grant select on {table} to {READER}, {WRITER}")
        elif not bind.execute(text(f"select has_table_privilege('{WRITER}', '{table}', 'select')")).scalar():
            refused.append(f"{schema}.{table}")
    if refused:
        raise UsageError(f"This database user may not let others read {', '.join(refused)}.",
                         f"let their owner run: grant select on {', '.join(refused)} to {READER}, {WRITER}; "
                         "then `dreamseed init` again.")


def _relations(schemas: list[str], condition: str) -> list[str]:
    """Return the quoted names of tables and views in `schemas` that meet a condition on pg_class `c`."""
    names = ", ".join(f"'{schema}'::regnamespace" for schema in schemas)
    return [str(row[0]) for row in op.get_bind().execute(text(f"""
        select format('%s.%I', c.relnamespace::regnamespace, c.relname) from pg_class c
        where c.relnamespace in ({names}) and c.relkind in ('r', 'v', 'm', 'p') and {condition} order by 1"""))]
