# One image for every role; settings come from the environment (README.md).
FROM python:3.13-slim AS build
WORKDIR /build
RUN python -m venv /opt/guiche
ENV PATH=/opt/guiche/bin:$PATH PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
# The lock first: this layer is made again only when a dependency changes.
COPY requirements.lock ./
RUN pip install --require-hashes -r requirements.lock
COPY pyproject.toml README.md ./
COPY core ./core
COPY gateway ./gateway
COPY webhooks ./webhooks
RUN pip install --no-build-isolation --no-deps .

FROM python:3.13-slim
RUN useradd --system --uid 10001 --home-dir /var/lib/guiche --create-home guiche \
    && install -d -o guiche /var/lib/guiche-blobs
COPY --from=build /opt/guiche /opt/guiche
ENV PATH=/opt/guiche/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    GUICHE_DATA_DIR=/var/lib/guiche \
    GUICHE_SMTP_LISTEN=0.0.0.0:8025 \
    GUICHE_HTTP_LISTEN=0.0.0.0:8080 \
    GUICHE_LOG_FORMAT=json
USER guiche
WORKDIR /var/lib/guiche
VOLUME /var/lib/guiche
EXPOSE 8025 8080
# A process without the role http listens on no port for this: switch the check off for it.
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s CMD ["python", "-c", \
    "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8080/healthz', timeout=4)"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["guiche"]
CMD ["serve"]
