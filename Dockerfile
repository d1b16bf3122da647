# One image for Airflow, the command line and the simulators. BASE_IMAGE is any Debian-like image with Python 3.11
# and venv, so that a machine without an outside registry can name its own.
ARG BASE_IMAGE=python:3.11.14-slim-bookworm

FROM ${BASE_IMAGE} AS packages
# where pip finds packages, for machines with an index of their own; every file is checked by its hash all the same
ARG PIP_INDEX_URL=
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
RUN python3 -m venv /opt/venv
COPY requirements.lock /tmp/requirements.lock
RUN /opt/venv/bin/pip install --require-hashes --no-deps -r /tmp/requirements.lock

FROM ${BASE_IMAGE}
ENV PATH=/opt/venv/bin:$PATH \
    LC_ALL=C.UTF-8 \
    PYTHONUNBUFFERED=1 \
    TIDU_HOME=/var/lib/tidu \
    AIRFLOW_HOME=/var/lib/tidu/airflow
RUN useradd --uid 1000 --create-home tidu && install --directory --owner tidu --group tidu /var/lib/tidu /var/lib/tidu/airflow
COPY --from=packages /opt/venv /opt/venv
COPY . /opt/tidu
# editable: code and project files (contracts, expectations, dbt models) stay side by side under /opt/tidu
RUN pip install --no-deps --no-build-isolation --no-index --editable /opt/tidu
WORKDIR /opt/tidu
USER tidu
CMD ["tidu", "--help"]
