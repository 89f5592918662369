# The warehouse: dbt, `dreamseed` and the reports with Chromium. Built from the repository's root:
#   docker build --build-arg VERSION=0.1.0 --build-arg REVISION=$(git rev-parse HEAD) -t dreamseed-warehouse:0.1.0 .
# It runs with a read-only root file system; it writes to /tmp and DREAMSEED_HOME only:
#   docker run --read-only --tmpfs /tmp --tmpfs /var/lib/dreamseed:uid=10001 -e DATABASE_URL dreamseed-warehouse:0.1.0 status
ARG BASE=debian:bookworm-20261005-slim@sha256:7c7b2c966bc9ee8cedfeef67e0e279108992c77681fa595db4a9d65c06ccc587

FROM ${BASE} AS base
WORKDIR /opt/dreamseed
COPY scripts/apt_packages.sh scripts/
COPY r-services/apt-packages.txt r-services/
RUN packages=$(scripts/apt_packages.sh image warehouse) \
    && apt-get update -qq \
    && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $packages \
    && rm -rf /var/lib/apt/lists/* /var/cache/apt/*
RUN groupadd --gid 10001 dreamseed \
    && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /tmp --shell /usr/sbin/nologin dreamseed \
    && install -d -o 10001 -g 10001 /var/lib/dreamseed

FROM base AS build
RUN packages=$(scripts/apt_packages.sh warehouse-build) \
    && apt-get update -qq \
    && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $packages
COPY requirements-runtime.lock ./
RUN python3 -m venv .venv \
    && .venv/bin/pip install --quiet --no-cache-dir --require-hashes -r requirements-runtime.lock
COPY pyproject.toml README.md LICENSE dbt_project.yml profiles.yml ./
COPY dbt_project dbt_project
COPY orchestration orchestration
COPY python_models python_models
COPY reports reports
COPY simulated_school simulated_school
# Nothing can write byte code later, so it is compiled here.
RUN .venv/bin/pip install --quiet --no-deps --no-build-isolation -e . \
    && python3 -m compileall -q orchestration python_models reports simulated_school

FROM base
ARG VERSION=unversioned
ARG REVISION=unknown
LABEL org.opencontainers.image.title="dreamseed-warehouse" \
      org.opencontainers.image.description="Learning-analytics warehouse: dbt, dreamseed and weekly reports" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
COPY --from=build /opt/dreamseed /opt/dreamseed
# Chromium, fontconfig and everything else that asks for a home finds the only folder that is writable.
ENV PATH=/opt/dreamseed/.venv/bin:${PATH} \
    HOME=/tmp \
    LANG=C.UTF-8 \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    DREAMSEED_HOME=/var/lib/dreamseed
USER 10001:10001
# Of a job the exit code counts; of a container that stays, whether its database answers and its tables are this code's.
HEALTHCHECK --interval=5m --timeout=30s --start-period=1m --retries=3 CMD ["dreamseed", "status"]
# With -g dbt and Chromium get the signal too that ends `dreamseed`.
ENTRYPOINT ["tini", "-g", "--", "dreamseed"]
CMD ["--help"]
