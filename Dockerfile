# The container image of Likeness.
#
#   docker build -t likeness .                                     CPU (the default; a small torch without CUDA)
#   docker build -t likeness:cuda --build-arg DEVICE=cuda .        NVIDIA GPU; run with --gpus all
#   docker run --read-only --cap-drop ALL --security-opt no-new-privileges -p 8000:8000 likeness
#   docker run --read-only --cap-drop ALL --security-opt no-new-privileges --env-file jobs.env likeness python -m app worker
#
# Every installed package is checked against the hashes in requirements*.lock; for torch and torchvision of the CPU image
# this needs a requirements-cpu.lock (make lock-cpu). The base images are named by their whole version, but a tag can still
# be moved to another image: Renovate (renovate.json) adds the digests of these two lines and keeps them up to date.
# Until then, or for other images: --build-arg BASE=python:…@sha256:… and NODE=node:…@sha256:…
ARG BASE=python:3.12.15-slim-bookworm
ARG NODE=node:22.23.3-bookworm-slim

# The browser app. Only the files that the build writes get into the image, not Node or its packages.
FROM ${NODE} AS web
ARG NPM_REGISTRY=https://registry.npmjs.org/
ENV NEXT_TELEMETRY_DISABLED=1
WORKDIR /web
COPY web/package.json web/package-lock.json web/.npmrc ./
# The packages are checked against the hashes in package-lock.json, and their install scripts do not run.
RUN npm ci --ignore-scripts --registry "$NPM_REGISTRY"
COPY web .
RUN npm run build && chmod -R a+rX out

FROM ${BASE} AS build
ARG DEVICE=cpu
ARG TORCH_CPU_INDEX=https://download.pytorch.org/whl/cpu
ARG PYPI_INDEX=https://pypi.org/simple
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
# The base image's pip fills this environment, which gets no pip of its own into the final image.
RUN python -m venv --without-pip /opt/venv
WORKDIR /tmp/locks
COPY requirements*.lock ./
# For a CPU, torch is installed first and from its own index, because PyPI's build needs 5 GB of CUDA libraries. The
# pinned versions are the same, so the last step finds torch installed. Only wheels: building a package would download
# build tools that are in no lock file.
RUN set -eu; \
    install() { pip --python /opt/venv/bin/python install --only-binary :all: "$@"; }; \
    case "$DEVICE" in \
      cpu) if [ -f requirements-cpu.lock ]; then \
             install --require-hashes --no-deps --requirement requirements-cpu.lock --index-url "$TORCH_CPU_INDEX"; \
           else \
             sed -nE 's/^((torch|torchvision)==[^\\]*).*/\1/p' requirements.lock > torch.txt; \
             install --no-deps --requirement torch.txt --index-url "$TORCH_CPU_INDEX"; \
           fi; \
           set -- ;; \
      cuda) set -- --requirement requirements-cuda.lock ;; \
      *) echo "DEVICE must be cpu or cuda, not $DEVICE" >&2; exit 1 ;; \
    esac; \
    install --require-hashes --requirement requirements.lock "$@" --index-url "$PYPI_INDEX"
WORKDIR /srv/likeness
COPY LICENSE NOTICE ./
COPY app app
COPY client/likeness_client client/likeness_client
COPY jobs jobs
COPY pipeline pipeline
COPY metrics metrics
# The unprivileged user must be able to read the files, whatever umask the source tree has.
RUN chmod -R a+rX .
# Bytecode is compiled here because the container may be read-only.
RUN /opt/venv/bin/python -m compileall -q app client jobs pipeline metrics

FROM ${BASE}
LABEL org.opencontainers.image.title="Likeness" \
      org.opencontainers.image.description="Restores faces in photos and shows, with numbers, that it is still the same person." \
      org.opencontainers.image.version="0.1.0" \
      org.opencontainers.image.licenses="Apache-2.0"
RUN useradd --system --uid 10001 --home-dir /nonexistent --no-create-home likeness
COPY --from=build /opt/venv /opt/venv
COPY --from=build /srv/likeness /srv/likeness
COPY --from=web /web/out /srv/likeness/web/out
WORKDIR /srv/likeness
# LIKENESS_HOSTS: other containers reach this one as http://likeness:8000. localhost and IP addresses need no entry;
# people who open another name need one: -e LIKENESS_HOSTS=likeness,photos.example.org
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    LIKENESS_HOST=0.0.0.0 \
    LIKENESS_PORT=8000 \
    LIKENESS_HOSTS=likeness \
    LIKENESS_WEIGHTS_DIR=/weights
# A new volume that is mounted here gets this owner, so that `models pull` can write into it.
RUN install -d -o 10001 -g 10001 /weights
USER 10001:10001
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=15s --timeout=5s --start-period=300s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request as r; r.urlopen(f'http://127.0.0.1:{os.environ.get(\"LIKENESS_PORT\") or 8000}/api/v1/health/ready', timeout=4)"]
CMD ["python", "-m", "app", "serve"]
