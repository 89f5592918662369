"""What dbt's graph says of fits: the manifest, the plan, and which fits a setting affects."""
