#!/usr/bin/env bash
# Runs a command of the warehouse's image once in the cluster, as a Job, and exits with its exit code.
set -euo pipefail

PROGRAM=run-command
USAGE='usage: k8s/run-command.sh [--overlay NAME] COMMAND [ARGUMENT...]
  --overlay NAME  a folder of k8s/overlays (default: prod); its image, settings and secrets are used
example: k8s/run-command.sh alembic downgrade -1
exits: as the command; 2 wrong usage, 75 the cluster does not answer'
JOB_SECONDS=${JOB_SECONDS:-1800}
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=k8s/lib/overlay.sh
. "$here/lib/overlay.sh"
# shellcheck source=k8s/lib/jobs.sh
. "$here/lib/jobs.sh"

case ${1:-} in
    -h | --help)
        printf '%s\n' "$USAGE"
        exit 0
        ;;
    --overlay)
        [ $# -gt 1 ] || give_up 2 "--overlay needs a name; $USAGE"
        overlay=$2
        shift 2
        ;;
    -*) give_up 2 "there is no option '$1'; $USAGE" ;;
esac
[ $# -gt 0 ] || give_up 2 "which command? $USAGE"
render_overlay
require_cluster
# dreamseed rollback survival: dreamseed-rollback
name=$(printf '%s\n' "${@:1:2}" | tr -cd 'a-z0-9\n' | paste -sd- | cut -c1-50 | sed 's/^-*//; s/-*$//')
code=0
run_job "${name:-command}" "$JOB_SECONDS" "$@" || code=$?
[ "$code" -eq 0 ] || give_up "$code" "$job_cause"
