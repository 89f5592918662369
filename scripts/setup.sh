#!/usr/bin/env bash
# Installs only what is missing: Debian packages, the Python environment, the project's R packages.
# `setup.sh r-packages [SERVICE]` installs only the R packages: all of them, or those of one service.
# `setup.sh test-slow` installs the Debian packages that only `make test-slow` needs.
# Idempotent, and fast if nothing is missing. Needs root only if a Debian package is missing.
set -euo pipefail
cd "$(dirname "$0")/.."

say() { printf 'setup: %s\n' "$*"; }

missing_packages() { # parts of the list; without arguments those that everybody needs
    local installed listed
    listed=$(scripts/apt_packages.sh "$@")
    installed=$(dpkg-query -W -f='${db:Status-Status} ${Package}\n' 2>/dev/null | sed -n 's/^installed //p')
    printf '%s\n' "$listed" | grep -vxF -f <(printf '%s\n' "$installed") || true
}

# We need only promtool from the package prometheus, but the package starts a server, now and at every boot. A masked
# unit prevents this: it works before the unit exists, and `systemctl unmask prometheus` removes it.
# On a machine without systemd the init script would start the server. Debian asks policy-rc.d first, so this function
# writes that file if there is none.
never_start_prometheus() { # how to become root, as words
    local policy=/usr/sbin/policy-rc.d
    "$@" mkdir -p /etc/systemd/system
    [ -e /etc/systemd/system/prometheus.service ] || "$@" ln -s /dev/null /etc/systemd/system/prometheus.service
    if [ ! -d /run/systemd/system ] && [ ! -e "$policy" ]; then
        printf '%s\n' '#!/bin/sh' 'case " $* " in *" prometheus "*) exit 101 ;; esac' | "$@" tee "$policy" >/dev/null
        "$@" chmod 755 "$policy"
    fi
}

install_packages() { # parts of the list; without arguments those that everybody needs
    local missing as_root=()
    missing=$(missing_packages "$@" | tr '\n' ' ')
    [ -n "${missing// /}" ] || return 0
    if [ "$(id -u)" -ne 0 ]; then
        if ! sudo -n true 2>/dev/null; then
            say "Debian packages are missing. Run this one command, then come back:"
            missing=$( (missing_packages && missing_packages "$@") | sort -u | tr '\n' ' ')
            printf '  sudo apt-get update && sudo apt-get install -y --no-install-recommends %s\n' "$missing" >&2
            exit 2
        fi
        as_root=(sudo -n)
    fi
    say "installing Debian packages: $missing"
    [[ " $missing" != *" prometheus "* ]] || never_start_prometheus "${as_root[@]}"
    "${as_root[@]}" apt-get update -qq
    # shellcheck disable=SC2086 # a list of words on purpose
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing \
        >/dev/null
}

# Writes a step's output to a log and shows it only if the step fails.
quietly() {
    local log=$1
    shift
    "$@" >"$log" 2>&1 || { cat "$log" >&2; exit 1; }
}

# Runs a step only if the hash of its inputs differs from the hash of the last run.
unless_current() {
    local stamp=$1 inputs=$2
    shift 2
    local now
    now=$(printf '%s' "$inputs" | xargs cat | sha256sum | cut -d' ' -f1)
    [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$now" ] && return 0
    "$@"
    printf '%s' "$now" >"$stamp"
}

install_python() {
    say "installing the Python environment (.venv)"
    [ -x .venv/bin/python ] || python3 -m venv .venv
    .venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
    quietly .venv/install.log \
        .venv/bin/python -m pip install --disable-pip-version-check --no-deps --no-build-isolation -e .
}

# Debug information takes a third of a compiler's time. R adds this file's flags to its own.
compiler_flags=$PWD/r-services/compiler_flags.mk

# Builds in a temporary folder, so objects of an earlier or interrupted build are never used.
install_r_package() {
    local package=$1 build
    say "installing the R package $package (.r-library)"
    mkdir -p .r-library
    build=$(mktemp -d)
    cp -r "r-services/$package" r-services/numerics "$build/"
    rm -f "$build/$package"/src/*.o "$build/$package"/src/*.so
    quietly ".r-library/$package.log" env R_LIBS=.r-library MAKEFLAGS="-j$(nproc)" \
        R_MAKEVARS_USER="$compiler_flags" R CMD INSTALL --no-docs --library=.r-library "$build/$package"
    rm -rf "$build"
}

# A service needs a package if its code calls it.
needed_packages() { # a service, or nothing for all
    local package
    for package in fitservice sparseirt growthcurve; do
        if [ $# -eq 0 ] || grep -qs "\<$package::" "r-services/$1"/*.R; then printf '%s\n' "$package"; fi
    done
}

# Packages with C++ in them include the headers of r-services/numerics.
package_sources() {
    printf 'r-services/%s\n' "$1"
    if [ -d "r-services/$1/src" ]; then printf 'r-services/numerics\n'; fi
}

# Compiled code is slow to build, so only this function builds it.
install_r_packages() {
    local package files
    for package in $(needed_packages "$@"); do
        # shellcheck disable=SC2046 # a list of folders on purpose
        files=$(find $(package_sources "$package") -type f -not -path '*/tests/*' -not -name '*.md' -not -name '*.o' \
            -not -name '*.so' | sort)
        unless_current ".r-library/.installed-$package" "$(tr '\n' ' ' <<<"$files")" install_r_package "$package"
    done
}

compile_growth_models() {
    say "compiling the Stan programs of growth (.r-library/growth-models): a minute or two, once"
    quietly .r-library/growth-models.log env R_MAKEVARS_USER="$compiler_flags" \
        Rscript --vanilla r-services/brms/setup/compile_models.R r-services/brms .r-library "$(nproc)"
}

# Runs again if the programs differ, or the packages that write and compile them.
install_growth_models() {
    local programs="prototype growth_priors stan_programs stan_models setup/compile_models" writers
    writers=$(find /usr/lib/R/site-library/{brms,rstan,StanHeaders,Rcpp}/DESCRIPTION 2>/dev/null || true)
    # shellcheck disable=SC2086,SC2116 # lists of words on purpose
    unless_current .r-library/.installed-growth-models \
        "$(printf 'r-services/brms/%s.R ' $programs) $(echo $writers)" compile_growth_models
}

if [ "${1:-}" = r-packages ]; then
    shift
    install_r_packages "$@"
    if [ $# -eq 0 ] || [ -d "r-services/$1/setup" ]; then install_growth_models; fi
    exit 0
fi
if [ "${1:-}" = test-slow ]; then
    install_packages test-slow
    exit 0
fi
# The Python environment installs while Debian unpacks and compilers work.
install_packages warehouse-build
unless_current .venv/.installed "requirements.lock pyproject.toml" install_python &
python=$!
trap 'wait "$python" || true' EXIT
install_packages
install_r_packages
install_growth_models
wait "$python"
trap - EXIT
say "everything is installed"
