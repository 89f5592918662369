"""The local stack: embedded Postgres and the R services."""
