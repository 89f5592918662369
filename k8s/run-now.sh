#!/usr/bin/env bash
# Runs a CronJob once, now: the Job <cronjob>-now, made by Kubernetes from the CronJob's own template, so with its labels,
# its limits and what its NetworkPolicies allow.
set -euo pipefail

USAGE='usage: k8s/run-now.sh CRONJOB [--wait] [--namespace seedtest]
  --wait   follow the job to its end, print its log, and exit as it did
exits: 0 done (without --wait: begun), 1 failed, 2 wrong usage, 3 rejected by a gate, 75 it runs already'
POLL_SECONDS=${POLL_SECONDS:-5}
namespace=seedtest cronjob='' wait=false

give_up() {
    printf 'run-now: %s\n' "$2" >&2
    exit "$1"
}

read_arguments() {
    while [ $# -gt 0 ]; do
        case $1 in
            --wait) wait=true ;;
            --namespace)
                [ $# -gt 1 ] || give_up 2 "--namespace needs a value; $USAGE"
                namespace=$2
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

kube() { kubectl --namespace "$namespace" "$@"; }

# One field of an object, empty where there is no such object; any other trouble ends the script with kubectl's words.
field_of() {
    kube get "$1" "$2" --ignore-not-found --output "jsonpath=$3"
}

need_cronjob() {
    local found known
    found=$(field_of cronjob "$cronjob" '{.metadata.name}')
    [ -z "$found" ] || return 0
    known=$(kube get cronjobs --output 'jsonpath={.items[*].metadata.name}')
    give_up 2 "there is no CronJob '$cronjob' in $namespace; there is: ${known:-none}"
}

# The CronJob's own Forbid does not know of one-off jobs, so it is asked here.
need_quiet() {
    local running found result
    running=$(field_of cronjob "$cronjob" '{.status.active[*].name}')
    [ -z "$running" ] || give_up 75 "$cronjob runs already ($running); try again when it has ended."
    found=$(field_of job "$job" '{.metadata.name}')
    [ -n "$found" ] || return 0
    result=$(ended)
    [ -n "$result" ] || give_up 75 "$job runs already; see: kubectl --namespace $namespace logs --follow job/$job --all-containers"
    kube delete job "$job" --cascade=foreground >/dev/null
}

# Complete, Failed, or nothing while the job runs.
ended() {
    local types
    types=$(field_of job "$job" '{.status.conditions[?(@.status=="True")].type}')
    case " $types " in
        *' Complete '*) echo Complete ;;
        *' Failed '*) echo Failed ;;
    esac
}

# The exit code of the container that failed last; 1 where none tells (the deadline ended it).
failure_code() {
    local codes='{range .items[*].status.initContainerStatuses[*]}{.state.terminated.exitCode}{"\n"}{end}'
    codes+='{range .items[*].status.containerStatuses[*]}{.state.terminated.exitCode}{"\n"}{end}'
    kube get pods --selector "job-name=$job" --output "jsonpath=$codes" | grep -vxE '0?' | tail -n 1 | grep . || echo 1
}

follow() {
    local result code
    result=$(ended)
    while [ -z "$result" ]; do
        sleep "$POLL_SECONDS"
        result=$(ended)
    done
    kube logs "job/$job" --all-containers --prefix --tail=200 || printf 'run-now: no log is left of %s\n' "$job" >&2
    if [ "$result" = Complete ]; then
        printf 'run-now: %s is done\n' "$job"
        return 0
    fi
    code=$(failure_code)
    give_up "$code" "$job failed (exit $code): $(field_of job "$job" '{.status.conditions[?(@.type=="Failed")].message}')"
}

read_arguments "$@"
job=$cronjob-now
need_cronjob
need_quiet
kube create job "$job" --from="cronjob/$cronjob"
[ "$wait" = false ] && exit 0
follow
