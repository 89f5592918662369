#!/usr/bin/env bash
# Checks whether the deployed warehouse works: eight checks, each PASS or FAIL, and a failed one does not stop the others.
# The only change is one short Job (dreamseed-verify), which checks tables, services and fits as the jobs see them.
set -euo pipefail

PROGRAM=verify-advanced-analytics
USAGE='usage: k8s/verify-advanced-analytics.sh [--overlay NAME]
  --overlay NAME  a folder of k8s/overlays (default: prod)
exits: 0 all PASS, 1 any FAIL, 2 wrong usage, 75 the cluster does not answer'
JOB_SECONDS=${JOB_SECONDS:-600}
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=k8s/lib/overlay.sh
. "$here/lib/overlay.sh"
# shellcheck source=k8s/lib/jobs.sh
. "$here/lib/jobs.sh"
# shellcheck source=k8s/lib/steps.sh
. "$here/lib/steps.sh"
failed=0 seen='' answers='' cronjobs=''

# verdict TITLE REMEDY PROBLEM...: PASS without a problem.
verdict() {
    if [ $# -le 2 ]; then
        printf 'PASS %s\n' "$1"
        return 0
    fi
    failed=$((failed + 1))
    printf 'FAIL %s\n' "$1"
    printf '       %s\n' "${@:3}"
    printf '       Remedy: %s\n' "$2"
}

services_running() {
    local name problems=() held ready
    held=$(cluster_table deployments .status.availableReplicas .spec.replicas)
    for name in $(names Deployment "$COMPONENT=fit-service"); do
        ready=$(cell "$held" "$name" 2)
        [ "${ready:-0}" -ge 1 ] || problems+=("$name: no pod is available, expected: $(cell "$held" "$name" 3)")
    done
    verdict 'R services running' \
        "kubectl -n $NAMESPACE describe pods -l app.kubernetes.io/component=fit-service; then k8s/deploy-advanced-analytics.sh --skip-migration" \
        "${problems[@]}"
}

secrets_there() {
    local name problems=() missing states promised held ready='.status.conditions[?(@.type=="Ready")]'
    states=$(cluster_table externalsecrets "$ready.status" "$ready.message")
    promised=$(promised_keys)
    held=$(held_keys)
    for name in $(names ExternalSecret); do
        [ "$(cell "$states" "$name" 2)" = True ] ||
            problems+=("ExternalSecret $name is not Ready: $(cell "$states" "$name" 3)")
        missing=$(missing_keys "$promised" "$held" "$name")
        [ -z "$missing" ] || problems+=("Secret $name lacks: $missing")
    done
    verdict 'secrets' \
        'put what is missing into the secret manager; the operator reads it again within 1 h (refreshInterval), or after kubectl annotate' \
        "${problems[@]}"
}

cron_jobs_active() {
    local name problems=()
    for name in $(names CronJob); do
        if [ -z "$(cell "$cronjobs" "$name" 1)" ]; then
            problems+=("$name does not exist")
        elif [ "$(cell "$cronjobs" "$name" 2)" = true ]; then
            problems+=("$name is suspended")
        fi
    done
    verdict 'CronJobs active' \
        "k8s/deploy-advanced-analytics.sh; suspended: kubectl -n $NAMESPACE patch cronjob NAME -p '{\"spec\":{\"suspend\":false}}'" \
        "${problems[@]}"
}

bayesian_goals() {
    local problems=() held
    held=$(field_of configmap dreamseed-settings '{.data.METRICS_USE_BAYESIAN}')
    [ "$held" = true ] || problems+=("ConfigMap dreamseed-settings has '${held}', not true")
    verdict 'METRICS_USE_BAYESIAN' 'unless it was turned off on purpose: k8s/deploy-advanced-analytics.sh --skip-migration' \
        "${problems[@]}"
}

# Runs `dreamseed verify` once in the cluster. Each line is PASS or FAIL, the check, its subject and the finding.
ask_warehouse() {
    answers=$(run_job dreamseed-verify "$JOB_SECONDS" dreamseed verify || printf '%s\n' "$job_cause")
    seen=$(printf '%s\n' "$answers" | grep -E '^(PASS|FAIL) ' || true)
}

# warehouse_check TITLE REMEDY CHECK...: takes these checks from the Job's lines; a check without a line is a FAIL.
warehouse_check() {
    local title=$1 remedy=$2 check problems=() lines line
    shift 2
    for check in "$@"; do
        lines=$(printf '%s\n' "$seen" | grep -E "^(PASS|FAIL) $check " || true)
        [ -n "$lines" ] || problems+=("Job dreamseed-verify has no result for $check: $(printf '%s\n' "$answers" | tail -n 1)")
        while IFS= read -r line; do
            case $line in FAIL*) problems+=("${line#FAIL }") ;; esac
        done <<<"$lines"
    done
    verdict "$title" "$remedy" "${problems[@]}"
}

# A CronJob's annotation limits the age of its last success; before its first run the age counts from its creation.
recent_jobs() {
    local name problems=() limits last allowed age
    limits=$(overlay_table CronJob .metadata.annotations.dreamseed/max-age-seconds)
    for name in $(names CronJob); do
        allowed=$(cell "$limits" "$name" 2)
        last=$(cell "$cronjobs" "$name" 3)
        last=${last:-$(cell "$cronjobs" "$name" 4)}
        [ -n "$last" ] || { problems+=("$name does not exist"); continue; }
        age=$(($(date +%s) - $(date -d "$last" +%s)))
        [ "$age" -le "$allowed" ] ||
            problems+=("$name: no success for $((age / 3600)) h, $((allowed / 3600)) h are allowed")
    done
    verdict 'recent jobs' "kubectl -n $NAMESPACE get jobs -l cronjob=NAME; its log; then k8s/run-now.sh NAME --wait" \
        "${problems[@]}"
}

read_options '--overlay' "$@"
render_overlay
require_cluster
cronjobs=$(cluster_table cronjobs .spec.suspend .status.lastSuccessfulTime .metadata.creationTimestamp)
services_running
secrets_there
cron_jobs_active
bayesian_goals
ask_warehouse
warehouse_check 'R health' "kubectl -n $NAMESPACE logs deployment/NAME; k8s/deploy-advanced-analytics.sh applies NetworkPolicies and tokens again" health
warehouse_check 'tables' 'revision: k8s/deploy-advanced-analytics.sh; tables: run the CronJobs once, in the order of their schedules (k8s/run-now.sh NAME --wait)' revision tables
recent_jobs
warehouse_check 'freshness' 'k8s/run-command.sh dreamseed runs FIT shows why; then k8s/run-now.sh CRONJOB --wait' freshness
if [ "$failed" -gt 0 ]; then
    give_up 1 "$failed of 8 checks failed"
fi
printf '%s: all 8 checks passed\n' "$PROGRAM"
