# syntax=docker/dockerfile:1
FROM rust:1.95-slim-bookworm AS build
RUN apt-get update && apt-get install --yes --no-install-recommends build-essential cmake pkg-config \
 && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY . .
RUN cargo build --locked --profile dist --package api --bin academy

FROM debian:bookworm-slim
RUN useradd --system --uid 10001 --create-home --home-dir /var/lib/academy academy
COPY --from=build /src/target/dist/academy /usr/local/bin/academy
USER academy
WORKDIR /var/lib/academy
ENV ACADEMY_LISTEN=0.0.0.0:8080 ACADEMY_LOG_FORMAT=json
EXPOSE 8080
ENTRYPOINT ["academy"]
CMD ["serve"]
