# syntax=docker/dockerfile:1
# The pitboss command as an image: `docker run --rm pitboss demo`. compose.yaml runs the simulators beside a CLIENT.

FROM python:3.13.9-slim-bookworm AS wheel
WORKDIR /build
COPY pyproject.toml README.md LICENSE pitboss_pytest.py ./
COPY simulators simulators
COPY client_under_test client_under_test
COPY scenarios scenarios
COPY loadtests loadtests
RUN pip wheel --no-cache-dir --no-deps --wheel-dir /wheels .

FROM python:3.13.9-slim-bookworm
# Dependencies first and from their pins, so that a change of the code leaves their layer as it is.
COPY pyproject.toml constraints.txt /tmp/
RUN python -c "import tomllib; print(*tomllib.load(open('/tmp/pyproject.toml', 'rb'))['project']['dependencies'], sep='\n')" \
        > /tmp/dependencies.txt \
    && pip install --no-cache-dir -r /tmp/dependencies.txt -c /tmp/constraints.txt \
    && rm /tmp/pyproject.toml /tmp/constraints.txt /tmp/dependencies.txt
COPY --from=wheel /wheels /wheels
RUN pip install --no-cache-dir --no-deps /wheels/*.whl \
    && useradd --create-home --uid 10001 pitboss

USER 10001
WORKDIR /home/pitboss
ENV PYTHONUNBUFFERED=1
# Which port answers depends on the command: compose.yaml has a health check for each service.
HEALTHCHECK NONE
ENTRYPOINT ["pitboss"]
CMD ["--help"]
