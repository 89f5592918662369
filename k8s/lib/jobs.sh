# shellcheck shell=bash disable=SC2034 # callers read job_cause
# Runs a command of the warehouse's image once in the cluster, as a Job. The Job comes from the overlay's own CronJob, so
# image, settings, secrets, limits and NetworkPolicies are the same; name, command and time limits differ.

# The CronJob whose pod is used: it reaches the database and the R services. Its main container runs the command.
TEMPLATE=${TEMPLATE:-detect-inactivity}
POLL_SECONDS=${POLL_SECONDS:-2}

json_words() {
    local word out=''
    for word in "$@"; do
        word=${word//\\/\\\\}
        out+="${out:+, }\"${word//\"/\\\"}\""
    done
    printf '[%s]' "$out"
}

# job_manifest NAME SECONDS COMMAND [ARGUMENT...]
job_manifest() {
    local name=$1 seconds=$2 command=$3 template container=/spec/template/spec/containers/0
    shift 3
    template=$(overlay_table CronJob .spec.jobTemplate | sed -n "s/^$TEMPLATE|{//p") # JSON, without its first brace
    [ -n "$template" ] || return 1
    printf '{"apiVersion": "batch/v1", "kind": "Job", %s\n' "$template" |
        kubectl patch --local --filename - --output yaml --type json --patch "[
            {\"op\": \"add\", \"path\": \"/metadata/name\", \"value\": \"$name\"},
            {\"op\": \"add\", \"path\": \"/metadata/namespace\", \"value\": \"$NAMESPACE\"},
            {\"op\": \"add\", \"path\": \"/metadata/labels/cronjob\", \"value\": \"$name\"},
            {\"op\": \"add\", \"path\": \"/spec/template/metadata/labels/cronjob\", \"value\": \"$name\"},
            {\"op\": \"add\", \"path\": \"/spec/activeDeadlineSeconds\", \"value\": $seconds},
            {\"op\": \"add\", \"path\": \"/spec/backoffLimit\", \"value\": 0},
            {\"op\": \"add\", \"path\": \"/spec/template/spec/initContainers\", \"value\": []},
            {\"op\": \"add\", \"path\": \"$container/command\", \"value\": $(json_words "$command")},
            {\"op\": \"add\", \"path\": \"$container/args\", \"value\": $(json_words "$@")}]"
}

# Complete or Failed; empty while the Job runs, or if there is none.
job_ended() {
    local types
    types=$(field_of job "$1" '{.status.conditions[?(@.status=="True")].type}')
    case " $types " in
        *' Complete '*) echo Complete ;;
        *' Failed '*) echo Failed ;;
    esac
}

# await_job NAME SECONDS: prints Complete or Failed; nothing if the Job has not ended by then.
await_job() {
    local deadline=$((SECONDS + $2)) ended
    ended=$(job_ended "$1")
    while [ -z "$ended" ] && [ "$SECONDS" -lt "$deadline" ]; do
        sleep "$POLL_SECONDS"
        ended=$(job_ended "$1")
    done
    printf '%s' "$ended"
}

# The exit code of the container that failed last; 1 if none has one (the deadline ended the Job).
job_exit_code() {
    local codes='{range .items[*].status.initContainerStatuses[*]}{.state.terminated.exitCode}{"\n"}{end}'
    codes+='{range .items[*].status.containerStatuses[*]}{.state.terminated.exitCode}{"\n"}{end}'
    kube get pods --selector "job-name=$1" --output "jsonpath=$codes" | grep -vxE '0?' | tail -n 1 | grep . || echo 1
}

job_log() { kube logs "job/$1" --all-containers --tail="${2:-200}" 2>&1 || true; }

# run_job NAME SECONDS COMMAND [ARGUMENT...]: prints the Job's log; returns its exit code, with the cause in `job_cause`.
# If a Job of that name still runs (an earlier call was interrupted), waits for its end, then replaces it.
run_job() {
    local name=$1 seconds=$2 manifest ended code
    job_cause=''
    if [ -n "$(field_of job "$name" '{.metadata.name}')" ] && [ -z "$(job_ended "$name")" ]; then
        printf '      Job %s of an earlier call still runs; waiting for it to end\n' "$name" >&2
        job_cause="Job $name of an earlier call does not end"
        [ -n "$(await_job "$name" "$seconds")" ] || return 75
    fi
    job_cause="Job $name cannot be made from the overlay's CronJob $TEMPLATE"
    manifest=$(job_manifest "$@") || return 1
    job_cause="the earlier Job $name cannot be removed"
    kube delete job "$name" --ignore-not-found --cascade=foreground >/dev/null || return 1
    job_cause="the cluster refused Job $name"
    printf '%s\n' "$manifest" | kube create --filename - >/dev/null || return 1
    ended=$(await_job "$name" "$seconds")
    job_log "$name"
    [ "$ended" = Complete ] && return 0
    code=$(job_exit_code "$name")
    job_cause="Job $name did not end within $seconds s"
    [ -z "$ended" ] || job_cause="Job $name failed (exit $code): $(condition_message job "$name" Failed)"
    return "$code"
}
