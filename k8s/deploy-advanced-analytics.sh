#!/usr/bin/env bash
# Deploys the whole warehouse to the cluster in seven steps; a second run converges.
set -euo pipefail

PROGRAM=deploy-advanced-analytics
USAGE='usage: k8s/deploy-advanced-analytics.sh [--dry-run] [--skip-migration] [--overlay NAME] [--smoke-test] [--yes]
  --dry-run         show what would change; read only
  --skip-migration  do not migrate the tables
  --overlay NAME    a folder of k8s/overlays (default: prod)
  --smoke-test      at the end, run compute-daily-kpis once and wait for it
  --yes             do not ask for confirmation
exits: 0 done, 1 failed, 2 wrong usage, 75 the cluster does not answer; after a failed Job its exit code'
STEPS=7
RUNBOOK='docs/operations.md, "Rollback in the cluster"'
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=k8s/lib/overlay.sh
. "$here/lib/overlay.sh"
# shellcheck source=k8s/lib/jobs.sh
. "$here/lib/jobs.sh"
# shellcheck source=k8s/lib/steps.sh
. "$here/lib/steps.sh"

external_secrets() {
    begin 'ExternalSecrets: access and secrets' \
        'the jobs still run as before. Fix what the message names (namespace, operator, secret manager) and run this again.'
    apply "$COMPONENT=access"
    apply "$COMPONENT=secrets"
    # shellcheck disable=SC2046 # names have no spaces
    await_secrets $(names ExternalSecret)
}

database_credentials() {
    local holders
    begin 'database credentials, and the settings of the jobs' \
        'put the URL into the secret manager under the key that the ExternalSecret names, and run this again.'
    holders=$(promised_keys | grep -w DATABASE_URL | cut -d '|' -f 1)
    # shellcheck disable=SC2086 # names have no spaces
    require_keys $holders
    apply "$COMPONENT=settings"
}

migration() {
    begin 'migration: dreamseed init' \
        "each revision is one transaction; those printed above are done. Fix the cause, run this again; to go back: $RUNBOOK."
    if [ "$skip_migration" = true ]; then
        note 'skipped (--skip-migration)'
    else
        in_cluster dreamseed-init dreamseed init
    fi
}

daily_kpis() {
    begin 'compute-daily-kpis with METRICS_USE_BAYESIAN=true' \
        "set METRICS_USE_BAYESIAN to true in the overlay and run this again; without a deployment: $RUNBOOK."
    [ "$(setting METRICS_USE_BAYESIAN)" = true ] ||
        stop "the overlay $overlay sets METRICS_USE_BAYESIAN to '$(setting METRICS_USE_BAYESIAN)', not true."
    apply "$COMPONENT=job,cronjob=compute-daily-kpis"
    [ "$dry_run" = true ] || [ "$(field_of configmap dreamseed-settings '{.data.METRICS_USE_BAYESIAN}')" = true ] ||
        stop 'ConfigMap dreamseed-settings in the cluster does not have METRICS_USE_BAYESIAN=true.'
}

cron_jobs() {
    begin 'CronJobs, the R services they call, monitoring and docs' \
        "check out the commit that was deployed before and run this again with --skip-migration; to stop the jobs meanwhile: $RUNBOOK."
    apply "$COMPONENT=fit-service"
    apply "$COMPONENT=job"
    apply "$COMPONENT=monitoring"
    apply "$COMPONENT=docs"
    # shellcheck disable=SC2046
    note_suspended $(names CronJob)
}

r_health() {
    begin 'R health: every Deployment is ready, and the R services answer the jobs with 200' \
        "the earlier pods stay until the new ones are ready: kubectl -n $NAMESPACE rollout undo deployment/NAME, then read the log."
    # shellcheck disable=SC2046
    await_rollouts $(names Deployment)
    in_cluster dreamseed-verify-health dreamseed verify health
}

smoke_test_of_kpis() {
    begin 'smoke test' "the deployment itself is done. Read the job's log; runbook: docs/operations.md."
    smoke compute-daily-kpis
}

read_options '--dry-run --skip-migration --overlay --smoke-test --yes' "$@"
render_overlay
require_cluster
confirm
trap interrupted INT TERM
external_secrets
database_credentials
migration
daily_kpis
cron_jobs
r_health
smoke_test_of_kpis
ended "next: k8s/verify-advanced-analytics.sh --overlay $overlay"
