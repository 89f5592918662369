#!/usr/bin/env bash
# Builds what a branch changed in dbt, and everything downstream, on a small simulated school.
# The state to compare with is the merge base, unpacked into a temporary folder and built with its own code. BASE names
# another commit.
set -euo pipefail
cd "$(dirname "$0")/.."
export BIN=${BIN:-$PWD/.venv/bin}
readonly as_of=2026-06-28
unset DATABASE_URL DBT_SCHEMA # use a separate warehouse, never the caller's

say() { printf 'test-changed: %s\n' "$*"; }

merge_base() {
    local branch
    for branch in ${BASE:-origin/main main}; do
        git merge-base "$branch" HEAD 2>/dev/null && return 0
    done
    say "no commit to compare with. Name one: make test-changed BASE=<commit>" >&2
    return 2
}

base=$(merge_base)
if git diff --quiet "$base" -- dbt_project dbt_project.yml &&
    [ -z "$(git ls-files --others --exclude-standard dbt_project)" ]; then
    say "no dbt file differs from $(git rev-parse --short "$base")"
    exit 0
fi

work=$(mktemp -d)
export DREAMSEED_HOME=$work/home
cleanup() {
    dreamseed_of "$PWD" down >/dev/null
    rm -rf "$work"
}
dreamseed_of() { # folder, arguments: runs dreamseed with the code in that folder
    PYTHONPATH=$1 DREAMSEED_PROJECT=$1 "$BIN/dreamseed" "${@:2}"
}
trap cleanup EXIT

say "building the base, $(git rev-parse --short "$base")"
mkdir "$work/base"
git archive "$base" | tar -x -C "$work/base"
{
    dreamseed_of "$work/base" init
    dreamseed_of "$work/base" simulate --learners 100 --weeks 12 --as-of "$as_of"
    dreamseed_of "$work/base" build --as-of "$as_of" --exclude-resource-type unit_test
} >"$work/base.log" 2>&1 || { cat "$work/base.log"; exit 1; }
cp -r "$DREAMSEED_HOME/target" "$work/state"

say "building what changed and everything downstream"
dreamseed_of "$PWD" init >/dev/null
dreamseed_of "$PWD" build --as-of "$as_of" --select state:modified+ --defer --state "$work/state"
