# shellcheck shell=bash disable=SC2034 # the scripts that source this read some of these variables
# A deployment in steps: its options, the question before it changes anything, and what each step can do. A failed step
# prints its cause and the way back.

WAIT_SECONDS=${WAIT_SECONDS:-300}
JOB_SECONDS=${JOB_SECONDS:-1800}
dry_run=false skip_migration=false smoke_test=false yes=false
step=0 doing='' back=''

# read_options ALLOWED ARGUMENT...: ALLOWED are the options of this script, separated by spaces.
read_options() {
    local allowed=" $1 "
    shift
    while [ $# -gt 0 ]; do
        case $1 in
            -h | --help)
                printf '%s\n' "$USAGE"
                exit 0
                ;;
        esac
        case $allowed in
            *" ${1%%=*} "*) ;;
            *) give_up 2 "there is no option '$1'; $USAGE" ;;
        esac
        case $1 in
            --overlay)
                [ $# -gt 1 ] || give_up 2 "--overlay needs a name; $USAGE"
                overlay=$2
                shift
                ;;
            --overlay=*) overlay=${1#*=} ;;
            --dry-run) dry_run=true ;;
            --skip-migration) skip_migration=true ;;
            --smoke-test) smoke_test=true ;;
            --yes) yes=true ;;
            *) give_up 2 "there is no option '$1'; $USAGE" ;;
        esac
        shift
    done
}

confirm() {
    local answer=''
    printf '%s: overlay %s, namespace %s, cluster %s\n' "$PROGRAM" "$overlay" "$NAMESPACE" "$(kubectl config current-context)"
    [ "$dry_run" = false ] || { echo 'Dry run: nothing is changed; the cluster itself names the differences (kubectl diff).'; return 0; }
    [ "$yes" = false ] || return 0
    [ -t 0 ] || give_up 2 'there is no terminal to ask for confirmation; use --yes or --dry-run. Nothing was changed.'
    read -r -p 'Change this cluster? [y/N] ' answer || true
    case $answer in
        y | Y | yes) ;;
        *) give_up 1 'not confirmed; nothing was changed.' ;;
    esac
}

# begin TITLE WAY_BACK
begin() {
    step=$((step + 1)) doing=$1 back=$2
    printf '\n[%d/%d] %s\n' "$step" "$STEPS" "$doing"
}

note() { printf '      %s\n' "$@"; }

# stop CAUSE [CODE]: exits with the step that failed, its cause and the way back.
stop() {
    printf '\n%s: step %d of %d (%s) failed: %s\nWay back: %s\n' "$PROGRAM" "$step" "$STEPS" "$doing" "$1" "$back" >&2
    exit "${2:-1}"
}

# ended [NEXT]: prints that all steps are done, and what to run next.
ended() {
    if [ "$dry_run" = true ]; then
        printf '\n%s: dry run ended; nothing was changed\n' "$PROGRAM"
    else
        printf '\n%s: done%s\n' "$PROGRAM" "${1:+; $1}"
    fi
}

interrupted() {
    trap - INT TERM
    printf '\n%s: interrupted in step %d (%s). Nothing needs cleaning up: a second run converges.\nWay back: %s\n' \
        "$PROGRAM" "$step" "$doing" "$back" >&2
    exit 130
}

# apply LABELS: applies the overlay's objects that this label selector chooses; a dry run shows what would differ.
apply() {
    local said code=0
    if [ "$dry_run" = true ]; then
        said=$(with_overlay diff --selector "$1" 2>&1) || code=$?
        [ "$code" -le 1 ] || stop "kubectl diff: $said"
        [ "$code" -eq 1 ] || said='nothing would change'
    else
        said=$(with_overlay apply --selector "$1" 2>&1) || stop "kubectl apply: $said"
    fi
    printf '%s\n' "$said" | sed 's/^/      /'
}

# await_secrets NAME...: waits until each ExternalSecret is Ready.
await_secrets() {
    local name
    [ "$dry_run" = false ] || { note "would wait until these are Ready: $*"; return 0; }
    for name in "$@"; do
        kube wait --for=condition=Ready "externalsecret/$name" --timeout="${WAIT_SECONDS}s" >/dev/null ||
            stop "ExternalSecret $name is not Ready within $WAIT_SECONDS s: $(condition_message externalsecret "$name" Ready)"
        note "ExternalSecret $name is Ready"
    done
}

# require_keys NAME...: stops unless each Secret has every key that its ExternalSecret promises.
require_keys() {
    local name missing promised held
    [ "$dry_run" = false ] || { note "would check the keys of: $*"; return 0; }
    promised=$(promised_keys)
    held=$(held_keys)
    for name in "$@"; do
        missing=$(missing_keys "$promised" "$held" "$name")
        [ -z "$missing" ] || stop "Secret $name lacks: $missing"
        note "Secret $name has its keys"
    done
}

# await_rollouts NAME...: waits until each Deployment's newest pods are ready (200 on /readyz).
await_rollouts() {
    local name
    [ "$dry_run" = false ] || { note "would wait for the rollout of: $*"; return 0; }
    for name in "$@"; do
        kube rollout status "deployment/$name" --timeout="${WAIT_SECONDS}s" >/dev/null ||
            stop "Deployment $name is not ready within $WAIT_SECONDS s: $(condition_message deployment "$name" Progressing)
$(kube logs "deployment/$name" --all-containers --tail=10 2>&1 || true)"
        note "Deployment $name is ready"
    done
}

# in_cluster NAME COMMAND [ARGUMENT...]: runs the command as a Job; if it fails, the step fails.
in_cluster() {
    local name=$1 code=0
    shift
    [ "$dry_run" = false ] || { note "would run the Job $name: $*"; return 0; }
    note "Job $name: $*"
    run_job "$name" "$JOB_SECONDS" "$@" || code=$?
    # shellcheck disable=SC2154 # run_job sets it
    [ "$code" -eq 0 ] || stop "$job_cause" "$code"
}

# smoke CRONJOB: runs the job once, now.
smoke() {
    local code=0
    if [ "$smoke_test" = false ]; then
        note "skipped; --smoke-test runs $1-now and waits for it to end"
    elif [ "$dry_run" = true ]; then
        note "would run the Job $1-now and wait for it to end"
    else
        "$K8S_DIR/run-now.sh" "$1" --wait || code=$?
        [ "$code" -eq 0 ] || stop "Job $1-now ended with exit $code; its log is above." "$code"
    fi
}

# note_suspended NAME...: an operator's suspension is not in the overlay, so applying the overlay keeps it.
note_suspended() {
    local name held
    held=$(cluster_table cronjobs .spec.suspend)
    for name in "$@"; do
        [ "$(cell "$held" "$name" 2)" != true ] ||
            note "$name is suspended and stays suspended; to resume: kubectl -n $NAMESPACE patch cronjob $name -p '{\"spec\":{\"suspend\":false}}'"
    done
}
