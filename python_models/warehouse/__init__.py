"""The warehouse: connections and locks, COPY, the run log, retention, erasure, migrations."""
