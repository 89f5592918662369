#!/usr/bin/env bash
# Brings the whole warehouse into the cluster, in seven steps; a second run converges.
set -euo pipefail

PROGRAM=deploy-advanced-analytics
USAGE='usage: k8s/deploy-advanced-analytics.sh [--dry-run] [--skip-migration] [--overlay NAME] [--smoke-test] [--yes]
  --dry-run         show what would change; only reads
  --skip-migration  leave the tables as they are
  --overlay NAME    a folder of k8s/overlays (default: prod)
  --smoke-test      at the end run compute-daily-kpis once and wait for it
  --yes             do not ask
exits: 0 done, 1 failed, 2 wrong usage, 75 the cluster does not answer; a failing job hands on its own code'
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
        'jobs still run as before. Mend what the message says (namespace, operator, secret manager) and run this again.'
    apply "$(objects any access)"
    apply "$(objects any secrets)"
    # shellcheck disable=SC2046 # names have no blanks
    await_secrets $(names ExternalSecret secrets)
}

database_credentials() {
    local name holders=()
    begin 'database credentials, and the settings that jobs read with them' \
        'put the URL into the secret manager under the key the ExternalSecret names, and run this again.'
    for name in $(names ExternalSecret secrets); do
        case " $(secret_keys "$name" | xargs) " in
            *' DATABASE_URL '*) holders+=("$name") ;;
        esac
    done
    require_keys "${holders[@]}"
    apply "$(objects any settings)"
}

migration() {
    begin 'migration: dreamseed init' \
        "each revision is one transaction, so what is told above holds. Mend it and run this again; to go back a revision: $RUNBOOK."
    if [ "$skip_migration" = true ]; then
        note 'left out (--skip-migration)'
    else
        in_cluster dreamseed-init dreamseed init
    fi
}

daily_kpis() {
    begin 'compute-daily-kpis with METRICS_USE_BAYESIAN=true' \
        "set METRICS_USE_BAYESIAN back in the overlay and run this again; at once: $RUNBOOK."
    [ "$(setting METRICS_USE_BAYESIAN)" = true ] ||
        stop "the overlay $overlay sets METRICS_USE_BAYESIAN to '$(setting METRICS_USE_BAYESIAN)', not true."
    apply "$(objects CronJob job compute-daily-kpis)"
    [ "$dry_run" = true ] || [ "$(field_of configmap dreamseed-settings '{.data.METRICS_USE_BAYESIAN}')" = true ] ||
        stop 'ConfigMap dreamseed-settings does not say METRICS_USE_BAYESIAN=true in the cluster.'
}

cron_jobs() {
    begin 'CronJobs, the R services they call, monitoring and docs' \
        "check out the commit that was deployed before and run this again with --skip-migration; to stop the jobs meanwhile: $RUNBOOK."
    apply "$(objects any fit-service)"
    apply "$(objects any job)"
    apply "$(objects any monitoring)"
    apply "$(objects any docs)"
    # shellcheck disable=SC2046
    tell_suspended $(names CronJob job)
}

r_health() {
    begin 'R health: every Deployment is ready and answers 200 where the jobs call it' \
        "earlier pods stay until new ones are ready: kubectl -n $NAMESPACE rollout undo deployment/NAME, then see the log."
    # shellcheck disable=SC2046
    await_rollouts $(names Deployment any)
    in_cluster dreamseed-verify-health dreamseed verify health
}

smoke_test_of_kpis() {
    begin 'smoke test' "the deployment stands. Read the job's log; runbook: docs/operations.md."
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
ended "now: k8s/verify-advanced-analytics.sh --overlay $overlay"
