import { createServer } from 'node:http';
import { type AddressInfo, type Server as NetServer, createServer as createTcpServer } from 'node:net';
import { collectDefaultMetrics, register } from 'prom-client';

export interface HealthServer {
  readonly port: number;
  readonly close: () => Promise<void>;
}

export interface Health {
  readonly host: string;
  readonly port: number;
  /** True while the process takes work. */
  readonly isReady: () => boolean;
  /** Where Temporal's core serves its metrics on loopback; they are shown together with our own. */
  readonly temporalMetricsPort: number;
}

/**
 * Serves /healthz (the process turns), /readyz (it takes work) and /metrics. /healthz does not ask Temporal: when that
 * is away, restarting every worker would not bring it back.
 */
export async function serveHealth(health: Health): Promise<HealthServer> {
  collectDefaultMetrics();
  const server = createServer((request, response) => {
    const reply = (status: number, body: string, type = 'text/plain'): void => {
      response.writeHead(status, { 'Content-Type': type }).end(body);
    };
    if (request.url === '/healthz') reply(200, 'ok\n');
    else if (request.url === '/readyz')
      reply(health.isReady() ? 200 : 503, health.isReady() ? 'ok\n' : 'not ready\n');
    else if (request.url === '/metrics') {
      metrics(health.temporalMetricsPort).then(
        (text) => reply(200, text, register.contentType),
        (error: unknown) => reply(500, `${String(error)}\n`),
      );
    } else reply(404, 'see /healthz, /readyz and /metrics\n');
  });
  const port = await listening(server, health);
  return { port, close: () => closed(server) };
}

/** A free port on loopback, for the core's metrics: it cannot choose one and tell. */
export async function freePort(): Promise<number> {
  const server = createTcpServer();
  const port = await listening(server, { host: '127.0.0.1', port: 0 });
  await closed(server);
  return port;
}

async function metrics(corePort: number): Promise<string> {
  const core = await fetch(`http://127.0.0.1:${corePort}/metrics`);
  return `${await register.metrics()}\n${await core.text()}`;
}

function listening(server: NetServer, at: { host: string; port: number }): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(at.port, at.host, () => resolve((server.address() as AddressInfo).port));
  });
}

const closed = (server: { close: (done: () => void) => unknown }): Promise<void> =>
  new Promise((resolve) => {
    server.close(() => resolve());
  });
