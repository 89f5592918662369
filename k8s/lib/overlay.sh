# shellcheck shell=bash disable=SC2034 # the scripts that source this read COMPONENT
# The rendered overlay, and questions about it. No script lists CronJobs, services or secrets; their names come from here.

K8S_DIR=${K8S_DIR:-$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)}
NAMESPACE=seedtest
COMPONENT=app.kubernetes.io/component # the label that divides the objects: access, secrets, settings, job, ...
overlay=prod
rendered=''

kube() { kubectl --namespace "$NAMESPACE" "$@"; }

# give_up CODE MESSAGE: prints "PROGRAM: MESSAGE" and exits with CODE.
give_up() {
    printf '%s: %s\n' "$PROGRAM" "$2" >&2
    exit "$1"
}

render_overlay() {
    local known
    command -v kubectl >/dev/null || give_up 2 'kubectl is not installed.'
    if [ ! -f "$K8S_DIR/overlays/$overlay/kustomization.yaml" ]; then
        known=$(cd "$K8S_DIR" && printf '%s\n' overlays/*/kustomization.yaml | cut -d/ -f2 | xargs)
        give_up 2 "there is no overlay '$overlay' in $K8S_DIR/overlays; available: $known"
    fi
    rendered=$(kubectl kustomize "$K8S_DIR/overlays/$overlay") || give_up 1 "kubectl cannot render the overlay $overlay."
}

# Exits with 75 (try again) unless the cluster answers; nothing has been changed by then.
require_cluster() {
    local said
    said=$(kube get cronjobs --output name 2>&1) || give_up 75 "the cluster does not answer: ${said##*$'\n'}"
}

# with_overlay VERB [OPTION...]: kubectl with the objects of the overlay as its input.
with_overlay() { printf '%s\n' "$rendered" | kube "$@" --filename -; }

# line FIELD...: the jsonpath of a line NAME|FIELD|FIELD.
line() {
    local path='{.metadata.name}' field
    for field in "$@"; do path+="{\"|\"}{$field}"; done
    printf '%s' "$path{\"\\n\"}"
}

# overlay_table KIND FIELD...: one line for each object of the overlay, NAME|FIELD|FIELD. Asks no cluster.
overlay_table() {
    local kind=$1
    shift
    with_overlay patch --local --type merge --patch '{}' --output "jsonpath={.kind}{\"|\"}$(line "$@")" |
        sed -n "s/^$kind|//p"
}

# cluster_table KIND FIELD...: the same for the objects in the cluster, in one call.
cluster_table() {
    local kind=$1
    shift
    kube get "$kind" --output "jsonpath={range .items[*]}$(line "$@"){end}"
}

# cell TABLE NAME COLUMN: one field of a table's line; empty if there is no such line. It starts no process, since a check
# asks for each field of each object.
cell() {
    local table=$'\n'$1 fields
    [[ $table == *$'\n'"$2|"* ]] || return 0
    table=${table#*$'\n'"$2|"}
    IFS='|' read -r -a fields <<<"$2|${table%%$'\n'*}"
    printf '%s\n' "${fields[$3 - 1]:-}"
}

# names KIND [LABEL=VALUE]: the names of the overlay's objects of that kind, or of those with that label.
names() {
    local label=${2:-app.kubernetes.io/part-of=dreamseed-analytics} field
    field=${label%=*}
    overlay_table "$1" ".metadata.labels.${field//./\\.}" | awk -F '|' -v value="${label##*=}" '$2 == value { print $1 }'
}

# One setting of the overlay's ConfigMap.
setting() { cell "$(overlay_table ConfigMap ".data.$1")" dreamseed-settings 2; }

# One field of an object in the cluster; empty if there is no such object.
field_of() { kube get "$1" "$2" --ignore-not-found --output "jsonpath=$3"; }

condition_message() { field_of "$1" "$2" "{.status.conditions[?(@.type==\"$3\")].message}"; }

# NAME|KEY KEY of each ExternalSecret of the overlay: the keys that it puts into its Secret.
promised_keys() { overlay_table ExternalSecret '.spec.data[*].secretKey'; }

# NAME|KEY KEY of each Secret in the cluster; this never asks for a value.
held_keys() {
    # shellcheck disable=SC2016 # the dollars are the template's
    kube get secrets --output 'go-template={{range .items}}{{.metadata.name}}|{{range $key, $value := .data}}{{$key}} {{end}}{{"\n"}}{{end}}'
}

# missing_keys PROMISED HELD NAME: the keys that a Secret should have and lacks.
missing_keys() {
    local held key
    held=$(cell "$2" "$3" 2)
    for key in $(cell "$1" "$3" 2); do
        case " $held " in
            *" $key "*) ;;
            *) printf '%s ' "$key" ;;
        esac
    done
}
