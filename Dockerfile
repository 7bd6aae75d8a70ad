# Portevoix in a container: no root, nothing written but /data and /tmp, so that the root file system may be
# read-only. The first stage builds, the second holds what serves and no tool that builds.
ARG PYTHON=3.11

FROM python:${PYTHON}-slim-bookworm AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PYTHONDONTWRITEBYTECODE=1
WORKDIR /src
# What builds, then what serves, each with the hash that the lock names; a change of ours fetches neither again.
COPY deploy/build.txt deploy/build.txt
RUN pip install --require-hashes --requirement deploy/build.txt
COPY pyproject.toml uv.lock hatch_build.py README.md LICENSE ./
RUN uv export --frozen --no-dev --all-extras --no-emit-project --output-file requirements.txt --quiet \
 && python -m venv /opt/portevoix \
 && /opt/portevoix/bin/pip install --require-hashes --no-deps --requirement requirements.txt
COPY portal portal
COPY templates templates
COPY translations translations
COPY migrations migrations
COPY docs/guides docs/guides
RUN python -m hatchling build --target wheel \
 && /opt/portevoix/bin/pip install --no-deps dist/*.whl

FROM python:${PYTHON}-slim-bookworm
# The client of PostgreSQL makes and reads backups; the fonts write every shipped language on printed sheets.
# Of whatever version Debian's stable release has now: its security repairs must come.
# hadolint ignore=DL3008
RUN apt-get update \
 && apt-get install --yes --no-install-recommends postgresql-client fonts-noto-core \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --system --uid 10001 --home-dir /data --shell /usr/sbin/nologin portevoix \
 && install --directory --owner=portevoix --group=portevoix --mode=0700 /data /backups
COPY --from=build /opt/portevoix /opt/portevoix
ENV PATH=/opt/portevoix/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PORTAL_DATA=/data
USER 10001
WORKDIR /data
VOLUME ["/data"]
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s \
  CMD ["python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:8000/readyz', timeout=4)"]
ENTRYPOINT ["portal"]
CMD ["serve", "--host", "0.0.0.0"]
