# shellcheck shell=bash
# The rendered overlay and questions to it. What there is (CronJobs, services, secrets) is read here, never listed elsewhere.

K8S_DIR=${K8S_DIR:-$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)}
NAMESPACE=seedtest
overlay=prod
rendered=''

kube() { kubectl --namespace "$NAMESPACE" "$@"; }

# Prints "PROGRAM: MESSAGE" and leaves with CODE.
give_up() {
    printf '%s: %s\n' "$PROGRAM" "$2" >&2
    exit "$1"
}

render_overlay() {
    local known
    command -v kubectl >/dev/null || give_up 2 'kubectl is not installed.'
    if [ ! -f "$K8S_DIR/overlays/$overlay/kustomization.yaml" ]; then
        known=$(cd "$K8S_DIR" && printf '%s\n' overlays/*/kustomization.yaml | cut -d/ -f2 | xargs)
        give_up 2 "there is no overlay '$overlay' in $K8S_DIR/overlays; there is: $known"
    fi
    rendered=$(kubectl kustomize "$K8S_DIR/overlays/$overlay") || give_up 1 "kubectl cannot render the overlay $overlay."
}

# Ends the script with 75 (try again) unless the cluster answers; nothing has been touched by then.
require_cluster() {
    local said
    said=$(kube get cronjobs --output name 2>&1) || give_up 75 "the cluster does not answer: ${said##*$'\n'}"
}

# Reads kustomize's output, which has one form: a document's keys at the start of a line, two spaces for each level.
# select_objects OUTPUT KIND COMPONENT [NAME...]: OUTPUT is `documents` or `names`; `any` and no name choose all.
select_objects() {
    printf '%s\n' "$rendered" | awk -v output="$1" -v kind="$2" -v component="$3" -v names=" ${*:4} " '
        function is_chosen() {
            return (kind == "any" || kind == k) && (component == "any" || component == c) \
                && (names == "  " || index(names, " " n " "))
        }
        function finish() {
            if (n != "" && is_chosen()) { if (output == "names") print n; else printf "---\n%s", document }
            document = k = n = c = part = ""
        }
        /^---$/ { finish(); next }
        { document = document $0 "\n" }
        /^kind: / { k = $2 }
        /^[a-zA-Z]/ { part = $1 }
        part == "metadata:" && /^  name: / { n = $2 }
        part == "metadata:" && /^    app\.kubernetes\.io\/component: / { c = $2 }
        END { finish() }'
}

objects() { select_objects documents "$@"; }
names() { select_objects names "$@"; }

# The keys that an ExternalSecret (or several) of the overlay puts into its Secret.
secret_keys() { objects ExternalSecret any "$@" | awk '$1 == "secretKey:" || $2 == "secretKey:" { print $NF }'; }

# The ExternalSecrets whose Secrets these documents (on stdin) read.
secrets_read() {
    local read_by
    read_by=$(awk '$1 == "secretKeyRef:" || $1 == "secret:" { inside = 1; next }
        inside && ($1 == "name:" || $1 == "secretName:") { print $2; inside = 0 }' | sort -u)
    names ExternalSecret any | grep -xF "$read_by" || true
}

# One setting of the overlay's ConfigMap.
setting() { objects ConfigMap settings dreamseed-settings | awk -v name="$1:" '$1 == name { gsub(/"/, "", $2); print $2 }'; }

# One field of an object in the cluster, empty where there is no such object.
field_of() { kube get "$1" "$2" --ignore-not-found --output "jsonpath=$3"; }

condition_message() { field_of "$1" "$2" "{.status.conditions[?(@.type==\"$3\")].message}"; }

# table KIND FIELD...: one line for each object in the cluster, NAME|FIELD|FIELD; one call however many there are.
table() {
    local kind=$1 template='{range .items[*]}{.metadata.name}' field
    shift
    for field in "$@"; do template+="{\"|\"}{$field}"; done
    kube get "$kind" --output "jsonpath=$template{\"\\n\"}{end}"
}

# cell TABLE NAME COLUMN: one field of a table's line; nothing where there is no such line.
cell() { printf '%s\n' "$1" | awk -F '|' -v name="$2" -v column="$3" '$1 == name { print $column }'; }

# NAME|KEY KEY of every Secret in the cluster; values are never asked for.
secrets_in_cluster() {
    # shellcheck disable=SC2016 # the dollars are the template's
    kube get secrets --output 'go-template={{range .items}}{{.metadata.name}}|{{range $key, $value := .data}}{{$key}} {{end}}{{"\n"}}{{end}}'
}

# missing_keys TABLE NAME: the keys that a Secret of the overlay should have and has not.
missing_keys() {
    local there key
    there=$(cell "$1" "$2" 2)
    for key in $(secret_keys "$2"); do
        case " $there " in
            *" $key "*) ;;
            *) printf '%s ' "$key" ;;
        esac
    done
}
