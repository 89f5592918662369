#!/usr/bin/env bash
# Brings the irt part alone into the cluster: its secrets, its R service, its job. Tables are those of `dreamseed init`.
set -euo pipefail

PROGRAM=deploy-irt-pipeline
USAGE='usage: k8s/deploy-irt-pipeline.sh [--dry-run] [--overlay NAME] [--smoke-test] [--yes]
  --dry-run       show what would change; only reads
  --overlay NAME  a folder of k8s/overlays (default: prod)
  --smoke-test    at the end run mirt-calibrate once (mirt-calibrate-now) and wait for it
  --yes           do not ask
exits: 0 done, 1 failed, 2 wrong usage, 3 rejected by a gate, 75 the cluster does not answer'
STEPS=5
RUNBOOK='docs/operations.md, "Rollback in the cluster"'
SERVICE=r-irt-plumber CRONJOB=mirt-calibrate FIT=irt
TEMPLATE=$CRONJOB # so that what looks at the service needs no other part's secrets
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=k8s/lib/overlay.sh
. "$here/lib/overlay.sh"
# shellcheck source=k8s/lib/jobs.sh
. "$here/lib/jobs.sh"
# shellcheck source=k8s/lib/steps.sh
. "$here/lib/steps.sh"

secrets() {
    local needed
    begin 'secrets: calibrate-irt-credentials and what the service and jobs of this part read' \
        'jobs still run as before. Mend what the message says (namespace, operator, secret manager) and run this again.'
    needed=$(objects any any "$SERVICE" "$CRONJOB" | secrets_read)
    apply "$(objects any access)"
    apply "$(objects SecretStore secrets)"
    # shellcheck disable=SC2086 # names have no blanks
    apply "$(objects ExternalSecret secrets $needed)"
    # shellcheck disable=SC2086
    await_secrets $needed
    # shellcheck disable=SC2086
    require_keys $needed
}

service() {
    begin "settings and $SERVICE" \
        "earlier pods stay until new ones are ready: kubectl -n $NAMESPACE rollout undo deployment/$SERVICE, then see the log."
    apply "$(objects any settings)"
    apply "$(objects any any "$SERVICE")"
    await_rollouts "$SERVICE"
}

cron_job() {
    begin "CronJob $CRONJOB" "check out the commit that was deployed before and run this again; to stop the job: $RUNBOOK."
    apply "$(objects any any "$CRONJOB")"
    tell_suspended "$CRONJOB"
}

health() {
    begin "health: tables are there and $SERVICE answers 200 where the job calls it" \
        'tables: k8s/deploy-advanced-analytics.sh makes them (its third step). The service: see its log.'
    in_cluster dreamseed-verify-irt dreamseed verify revision health --fit "$FIT"
}

smoke_test_of_calibration() {
    begin 'smoke test' "the deployment stands and the bank of the run before is in force. Read the job's log; $RUNBOOK."
    smoke "$CRONJOB"
}

read_options '--dry-run --overlay --smoke-test --yes' "$@"
render_overlay
require_cluster
confirm
trap interrupted INT TERM
secrets
service
cron_job
health
smoke_test_of_calibration
ended "at once instead of at night: k8s/run-now.sh $CRONJOB --wait"
