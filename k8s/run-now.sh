#!/usr/bin/env bash
# Runs a CronJob once, now. Kubernetes makes the Job <cronjob>-now from the CronJob's own template, so labels, limits and
# NetworkPolicies are the same.
set -euo pipefail

USAGE='usage: k8s/run-now.sh CRONJOB [--wait] [--namespace seedtest]
  --wait   wait for the Job to end, print its log, and exit with its exit code
exits: 0 done (without --wait: started), 1 failed, 2 wrong usage, 3 rejected by a gate, 75 it is running already'
POLL_SECONDS=${POLL_SECONDS:-5}
PROGRAM=run-now
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=k8s/lib/overlay.sh
. "$here/lib/overlay.sh"
# shellcheck source=k8s/lib/jobs.sh
. "$here/lib/jobs.sh"
cronjob='' wait=false

read_arguments() {
    while [ $# -gt 0 ]; do
        case $1 in
            --wait) wait=true ;;
            --namespace)
                [ $# -gt 1 ] || give_up 2 "--namespace needs a value; $USAGE"
                NAMESPACE=$2
                shift
                ;;
            -h | --help)
                printf '%s\n' "$USAGE"
                exit 0
                ;;
            -*) give_up 2 "there is no option $1; $USAGE" ;;
            *)
                [ -z "$cronjob" ] || give_up 2 "one CronJob at a time; $USAGE"
                cronjob=$1
                ;;
        esac
        shift
    done
    [ -n "$cronjob" ] || give_up 2 "which CronJob? $USAGE"
    command -v kubectl >/dev/null || give_up 2 'kubectl is not installed.'
}

need_cronjob() {
    local found known
    found=$(field_of cronjob "$cronjob" '{.metadata.name}')
    [ -z "$found" ] || return 0
    known=$(kube get cronjobs --output 'jsonpath={.items[*].metadata.name}')
    give_up 2 "there is no CronJob '$cronjob' in $NAMESPACE; available: ${known:-none}"
}

# The CronJob's own Forbid does not cover one-off Jobs, so this checks both.
need_quiet() {
    local running found result
    running=$(field_of cronjob "$cronjob" '{.status.active[*].name}')
    [ -z "$running" ] || give_up 75 "$cronjob is running already ($running); try again when it has ended."
    found=$(field_of job "$job" '{.metadata.name}')
    [ -n "$found" ] || return 0
    result=$(job_ended "$job")
    [ -n "$result" ] || give_up 75 "$job is running already; see: kubectl --namespace $NAMESPACE logs --follow job/$job --all-containers"
    kube delete job "$job" --cascade=foreground >/dev/null
}

follow() {
    local result code
    result=$(job_ended "$job")
    while [ -z "$result" ]; do
        sleep "$POLL_SECONDS"
        result=$(job_ended "$job")
    done
    kube logs "job/$job" --all-containers --prefix --tail=200 || printf 'run-now: there is no log left for %s\n' "$job" >&2
    if [ "$result" = Complete ]; then
        printf 'run-now: %s is done\n' "$job"
        return 0
    fi
    code=$(job_exit_code "$job")
    give_up "$code" "$job failed (exit $code): $(condition_message job "$job" Failed)"
}

read_arguments "$@"
job=$cronjob-now
need_cronjob
need_quiet
kube create job "$job" --from="cronjob/$cronjob"
[ "$wait" = false ] && exit 0
follow
