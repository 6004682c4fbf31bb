import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import { nodeOfQueue } from '../../src/workflows/queues.ts';
import type { Failpoint } from '../../src/workers/failpoints.ts';

/** A place in the product where a fault lands. What is left out matches everything. */
export interface Place {
  readonly activity: string;
  readonly when: 'before' | 'after';
  /** Node activities, and steps of the control worker for one node. */
  readonly node?: string;
  /** Only this attempt. */
  readonly attempt?: number;
  /** Only executions whose id begins so. */
  readonly workflow?: string;
  /** 2: the second time that the place is reached; 1 when left out. */
  readonly nth?: number;
}

/** A worker that stands at a failpoint. */
export interface Arrival {
  readonly point: Failpoint;
  /** Where the request came from: the address of the pod, or of the node for pods on the host's network. */
  readonly address: string;
  /** Lets the worker go on. */
  readonly release: () => void;
  /** Resolves when the worker's connection ended: it was killed, or released. */
  readonly gone: Promise<void>;
  readonly isGone: () => boolean;
  /** When the connection ended, in milliseconds. */
  readonly goneAt: () => number;
  readonly wasReleased: () => boolean;
}

export interface Fault {
  readonly name: string;
  /** Resolves when the place was reached; fails when for `withinMs` no place was reached at all. */
  readonly reached: (withinMs: number) => Promise<Arrival>;
}

interface Expected extends Fault {
  readonly place: Place;
  seen: number;
  arrived: Arrival | undefined;
  arrive: (arrival: Arrival) => void;
}

/** What a dying worker had sent may be read a little after its end. */
const STILL_UNDER_WAY_MS = 1_000;

type Hook = (point: Failpoint) => Promise<void>;

/**
 * Where the product's failpoints are told (src/workers/failpoints.ts). Whoever is not expected goes on at once. Each
 * expected place holds once; a test that ends before it was reached fails by {@link allReached}.
 */
export class FailpointServer {
  readonly url: string;
  readonly #server: Server;
  readonly #expected: Expected[] = [];
  readonly #hooks: { readonly place: Place; readonly hook: Hook }[] = [];
  readonly #failures: unknown[] = [];
  #lastReached = 0;
  /** When each worker was heard last. */
  readonly #lastHeard = new Map<string, number>();
  /** Every point that was told, in order. */
  readonly passed: Failpoint[] = [];

  private constructor(server: Server, address: string) {
    this.#server = server;
    this.url = `http://${address}:${(server.address() as AddressInfo).port}/`;
  }

  /** @param address of this machine as the sandbox's pods reach it */
  static async start(address: string): Promise<FailpointServer> {
    const server = createServer({ requestTimeout: 0, keepAliveTimeout: 1 });
    const listening = once(server, 'listening');
    server.listen(0, address);
    await listening;
    const hold = new FailpointServer(server, address);
    server.on('request', (request, response) => {
      hold.#answer(request, response).catch((error: unknown) => {
        hold.#failures.push(error);
        response.destroy();
      });
    });
    return hold;
  }

  expect(place: Place): Fault {
    const { promise, resolve } = Promise.withResolvers<Arrival>();
    const name = nameOf(place);
    const expected: Expected = {
      place,
      name,
      seen: 0,
      arrived: undefined,
      arrive: (arrival) => {
        expected.arrived = arrival;
        this.#lastReached = Date.now();
        resolve(arrival);
      },
      reached: (withinMs) => {
        const asked = Date.now();
        const idle = (): number => Date.now() - Math.max(asked, this.#lastReached);
        return unlessIdle(promise, withinMs, idle, () => this.#missing(name));
      },
    };
    this.#expected.push(expected);
    return expected;
  }

  /** Does something each time that a place is passed, before whoever stands there goes on. */
  passing(place: Place, hook: Hook): void {
    this.#hooks.push({ place, hook });
  }

  /**
   * Fails when an expected place was never reached, when a worker outlived the end of its connection there (then no fault
   * has landed: the activity ran into a time limit), or when a hook failed.
   */
  allReached(): void {
    const missed = this.#expected.filter((e) => e.arrived === undefined).map((e) => e.name);
    if (missed.length > 0) throw new Error(`failpoints that were not reached: ${missed.join('; ')}`);
    const outlived = this.#expected.filter(
      ({ arrived }) =>
        arrived?.isGone() === true &&
        !arrived.wasReleased() &&
        this.#heardAfter(arrived.goneAt(), arrived.point.worker),
    );
    if (outlived.length > 0) {
      const names = outlived.map((e) => e.name).join('; ');
      throw new Error(`failpoints at which nobody died, though the connection ended: ${names}`);
    }
    if (this.#failures.length > 0) throw new AggregateError(this.#failures, 'at a failpoint of this test');
  }

  async end(): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    for (const expected of this.#expected) expected.arrived?.release();
    this.#server.closeAllConnections();
    await closed;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const point = JSON.parse(Buffer.concat(chunks).toString('utf8')) as Failpoint;
    this.passed.push(point);
    this.#lastHeard.set(point.worker, Date.now());
    let goneAt: number | undefined;
    let released = false;
    // Before any hook: a worker may be killed while one runs.
    const gone = new Promise<void>((resolve) => {
      response.once('close', () => {
        goneAt = Date.now();
        resolve();
      });
    });
    for (const { place, hook } of this.#hooks) if (matches(place, point)) await hook(point);
    const expected = this.#due(point);
    if (expected === undefined) {
      response.end();
      return;
    }
    expected.arrive({
      point,
      address: (request.socket.remoteAddress ?? '').replace(/^::ffff:/, ''),
      release: () => {
        released = true;
        response.end();
      },
      gone,
      isGone: () => goneAt !== undefined,
      goneAt: () => goneAt ?? Infinity,
      wasReleased: () => released,
    });
  }

  #heardAfter(moment: number, worker: string): boolean {
    return (this.#lastHeard.get(worker) ?? 0) > moment + STILL_UNDER_WAY_MS;
  }

  #due(point: Failpoint): Expected | undefined {
    const open = this.#expected.filter((e) => e.arrived === undefined && matches(e.place, point));
    // All of them have seen it, whichever it is for: else the second of two places would wait for a third arrival.
    for (const expected of open) expected.seen++;
    return open.find(({ seen, place }) => seen >= (place.nth ?? 1));
  }

  #missing(name: string): string {
    const last = this.passed
      .slice(-12)
      .map((p) => `  ${p.when} ${p.activity} on ${p.taskQueue}, attempt ${p.attempt}`);
    return `the failpoint "${name}" was not reached; the last that were passed:\n${last.join('\n')}`;
  }
}

const nameOf = ({ activity, when, node, attempt, nth }: Place): string =>
  [
    `${when} ${activity}`,
    ...(node === undefined ? [] : [`on ${node}`]),
    ...(attempt === undefined ? [] : [`attempt ${attempt}`]),
    ...(nth === undefined ? [] : [`time ${nth}`]),
  ].join(', ');

function matches(place: Place, point: Failpoint): boolean {
  return (
    place.activity === point.activity &&
    place.when === point.when &&
    (place.attempt === undefined || place.attempt === point.attempt) &&
    (place.workflow === undefined || point.workflowId.includes(place.workflow)) &&
    (place.node === undefined || nodesOf(point).includes(place.node))
  );
}

/** The nodes that a step is for: its queue says it, or, on the queues of the control worker, the step's own input. */
function nodesOf({ taskQueue, input }: Pick<Failpoint, 'taskQueue' | 'input'>): readonly string[] {
  const own = nodeOfQueue(taskQueue);
  if (own !== undefined) return [own];
  const listed = /"nodes?":\[?\{"node":.*/s.exec(input)?.[0] ?? '';
  return [...listed.matchAll(/\{"node":"([^"]+)"/g)].flatMap(([, node]) => node ?? []);
}

async function unlessIdle<T>(
  promise: Promise<T>,
  ms: number,
  idle: () => number,
  why: () => string,
): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const check = (): void => {
    const left = ms - idle();
    if (left > 0) timer = setTimeout(check, left);
    else reject(new Error(`within ${ms / 1_000} s: ${why()}`));
  };
  let timer = setTimeout(check, ms);
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
