# The engine: docker build -f deployments/engine.Dockerfile -t multiplespawner/engine .
FROM swift:6.3-bookworm AS build
RUN apt-get update \
    && apt-get install -y --no-install-recommends libcurl4-openssl-dev libsqlite3-dev libssh2-1-dev libssl-dev pkg-config \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /source
COPY Package.swift ./
COPY Sources Sources
# Package.swift names the tests' folders.
COPY Tests Tests
# The small program beside the engine removes volumes on other nodes.
RUN swift build -c release --product multiplespawner --static-swift-stdlib \
    && swift build -c release --product multiplespawner-volume-remover --static-swift-stdlib \
    && cd "$(swift build -c release --show-bin-path)" \
    && install -D -t /install multiplespawner multiplespawner-volume-remover

FROM debian:bookworm-slim
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates libcurl4 libsqlite3-0 libssh2-1 libssl3 libstdc++6 openssh-client \
    && rm -rf /var/lib/apt/lists/*
COPY --from=build /install/ /usr/local/bin/
ENV MULTIPLE_SPAWNER_STATE_DIR=/var/lib/multiplespawner
VOLUME /var/lib/multiplespawner
# The command line asks over the socket in the state directory: it answers when the engine does.
HEALTHCHECK --interval=10s --timeout=5s --start-period=10s CMD ["multiplespawner", "sessions", "--format", "json"]
# SIGTERM ends the engine and keeps the users' servers.
ENTRYPOINT ["multiplespawner"]
CMD ["serve"]
