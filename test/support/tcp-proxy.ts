import { type AddressInfo, type Socket, connect, createServer } from 'node:net';

/** A TCP relay on loopback whose connections a test can cut, to stand for a network that fails. */
export interface TcpProxy {
  readonly port: number;
  /** How many connections were opened through it so far. */
  readonly opened: () => number;
  /** Resets every open connection. */
  readonly reset: () => void;
  /** Refuses new connections and resets the open ones, as a server that is down. */
  readonly down: () => Promise<void>;
  /** Listens again on the same port. */
  readonly up: () => Promise<void>;
  /** From now on nothing goes through, and nobody is told: a link that is cut. */
  readonly freeze: () => void;
  readonly thaw: () => void;
  readonly end: () => Promise<void>;
}

export async function tcpProxy(target: { readonly host: string; readonly port: number }): Promise<TcpProxy> {
  const pairs = new Set<readonly [Socket, Socket]>();
  let [opened, frozen, port] = [0, false, 0];
  const server = createServer((near) => {
    opened += 1;
    const far = connect(target.port, target.host);
    const pair = [near, far] as const;
    pairs.add(pair);
    const close = (): void => {
      pairs.delete(pair);
      near.destroy();
      far.destroy();
    };
    for (const [from, to] of [pair, [far, near] as const]) {
      from.on('data', (data) => frozen || to.write(data));
      from.on('error', close);
      from.on('close', close);
    }
  });
  const reset = (): void => {
    for (const [near, far] of pairs) {
      near.resetAndDestroy();
      far.destroy();
    }
    pairs.clear();
  };
  const up = (): Promise<void> =>
    new Promise((resolve, reject) => {
      server.once('error', reject).listen(port, '127.0.0.1', () => {
        port = (server.address() as AddressInfo).port;
        resolve();
      });
    });
  const down = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve());
      reset();
    });
  await up();
  return {
    get port() {
      return port;
    },
    opened: () => opened,
    reset,
    down,
    up,
    freeze: () => (frozen = true),
    thaw: () => (frozen = false),
    end: down,
  };
}
