# The reference app: IoT sensor analytics. Build context is the repository.
FROM node:24-bookworm-slim AS build
WORKDIR /app
# Manifests first: the layer of npm ci stays while only sources change.
COPY package.json package-lock.json ./
COPY libs/create-streams/package.json libs/create-streams/
COPY libs/streams/package.json libs/streams/
COPY libs/streams-cli/package.json libs/streams-cli/
COPY libs/streams-connect/package.json libs/streams-connect/
COPY libs/streams-embedded/package.json libs/streams-embedded/
COPY libs/streams-kafkajs/package.json libs/streams-kafkajs/
COPY libs/streams-nestjs/package.json libs/streams-nestjs/
COPY libs/streams-otel/package.json libs/streams-otel/
COPY libs/streams-redis/package.json libs/streams-redis/
COPY libs/streams-parquet/package.json libs/streams-parquet/
COPY libs/streams-postgres/package.json libs/streams-postgres/
COPY libs/streams-schema-registry/package.json libs/streams-schema-registry/
COPY libs/streams-schematics/package.json libs/streams-schematics/
COPY libs/streams-testing/package.json libs/streams-testing/
RUN npm ci --no-audit --no-fund
COPY tsconfig.base.json tsconfig.build.json ./
COPY libs libs
COPY src src
RUN npm run build
# What the service does not use goes (optional peers, and with them the test kit, would stay), and sources are not run.
RUN rm -rf libs/streams-testing libs/streams-cli libs/streams-parquet libs/streams-postgres libs/streams-schema-registry libs/streams-schematics libs/create-streams libs/*/src libs/*/test libs/*/test-types && \
  npm pkg delete devDependencies --workspaces --include-workspace-root && \
  npm prune --omit=dev --omit=peer --no-audit --no-fund
# Of what is left. The packages of Debian are those of the image too: it has the same base.
COPY scripts/image-bom.ts scripts/
RUN node scripts/image-bom.ts >sbom.cdx.json

FROM node:24-bookworm-slim
# A container has an address of its own: what may reach it is for its network to say.
ENV NODE_ENV=production BIND_ADDRESS=0.0.0.0
WORKDIR /app
COPY --from=build /app/package.json /app/sbom.cdx.json ./
COPY --from=build /app/node_modules node_modules
COPY --from=build /app/libs libs
COPY --from=build /app/dist dist
# The user "node", as a number: Kubernetes' runAsNonRoot trusts no name. Nothing is written, so the root may be read-only.
USER 1000:1000
EXPOSE 3000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=5s --timeout=3s --start-period=30s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT || 3000}/health/live`).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "--enable-source-maps", "dist/main.js"]
