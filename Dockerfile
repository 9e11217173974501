# `vouch serve` in a container: mount the configuration, its key files and a data folder.
#   docker build -t vouch .
#   docker run -p 8787:8787 -v "$PWD/vouch.yaml:/etc/vouch/vouch.yaml:ro" -v "$PWD/keys:/etc/vouch/keys:ro" -v vouch-data:/var/lib/vouch vouch
# Inside, listen on 0.0.0.0 (listen.host) and set dataFolder to /var/lib/vouch.
FROM node:26-bookworm-slim AS install
WORKDIR /opt/vouch
COPY package.json package-lock.json .npmrc ./
# The image has Node: the copies that npm would bring for machines without it stay out.
RUN npm install --omit=dev --omit=optional --no-audit --no-fund

FROM node:26-bookworm-slim
WORKDIR /opt/vouch
COPY --from=install /opt/vouch/node_modules node_modules
COPY package.json ./
COPY src src
COPY models models
COPY web/dist web/dist
RUN mkdir -p /var/lib/vouch node_modules/.cache/vouch && chown node:node /var/lib/vouch node_modules/.cache/vouch
USER node
# What the commands compile is kept in the image, so that a start takes half the time. Node keeps it for each user apart.
RUN node src/main.ts --help > /dev/null
EXPOSE 8787
HEALTHCHECK --interval=10s --timeout=3s CMD ["node", "-e", "fetch('http://127.0.0.1:8787/health/ready').then(r => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "--max-semi-space-size=64", "src/main.ts"]
CMD ["serve", "--config", "/etc/vouch/vouch.yaml"]
