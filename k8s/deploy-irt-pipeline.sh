#!/usr/bin/env bash
# Deploys only the irt part: its secrets, its R service, its job. The tables must exist already (`dreamseed init`).
set -euo pipefail

PROGRAM=deploy-irt-pipeline
USAGE='usage: k8s/deploy-irt-pipeline.sh [--dry-run] [--overlay NAME] [--smoke-test] [--yes]
  --dry-run       show what would change; read only
  --overlay NAME  a folder of k8s/overlays (default: prod)
  --smoke-test    at the end, run mirt-calibrate once (mirt-calibrate-now) and wait for it
  --yes           do not ask for confirmation
exits: 0 done, 1 failed, 2 wrong usage, 3 rejected by a gate, 75 the cluster does not answer'
STEPS=5
RUNBOOK='docs/operations.md, "Rollback in the cluster"'
SERVICE=r-irt-plumber CRONJOB=mirt-calibrate FIT=irt
TEMPLATE=$CRONJOB # so the health check needs no secret of another part
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=k8s/lib/overlay.sh
. "$here/lib/overlay.sh"
# shellcheck source=k8s/lib/jobs.sh
. "$here/lib/jobs.sh"
# shellcheck source=k8s/lib/steps.sh
. "$here/lib/steps.sh"

secrets() {
    local needed
    begin 'secrets: calibrate-irt-credentials and those that the service and the job of this part read' \
        'the jobs still run as before. Fix what the message names (namespace, operator, secret manager) and run this again.'
    needed=$(names ExternalSecret irt-pipeline=true)
    apply "$COMPONENT=access"
    apply "$COMPONENT=secrets,irt-pipeline=true"
    # shellcheck disable=SC2086 # names have no spaces
    await_secrets $needed
    # shellcheck disable=SC2086
    require_keys $needed
}

service() {
    begin "settings and $SERVICE" \
        "the earlier pods stay until the new ones are ready: kubectl -n $NAMESPACE rollout undo deployment/$SERVICE, then read the log."
    apply "$COMPONENT=settings"
    apply "app=$SERVICE"
    await_rollouts "$SERVICE"
}

cron_job() {
    begin "CronJob $CRONJOB" "check out the commit that was deployed before and run this again; to stop the job: $RUNBOOK."
    apply "cronjob=$CRONJOB"
    note_suspended "$CRONJOB"
}

health() {
    begin "health: the tables exist, and $SERVICE answers the job with 200" \
        'tables: k8s/deploy-advanced-analytics.sh creates them (step 3). The service: read its log.'
    in_cluster dreamseed-verify-irt dreamseed verify revision health --fit "$FIT"
}

smoke_test_of_calibration() {
    begin 'smoke test' "the deployment itself is done, and the previous run's item bank stays current. Read the job's log; $RUNBOOK."
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
ended "to run the job now instead of at night: k8s/run-now.sh $CRONJOB --wait"
