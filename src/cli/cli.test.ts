import { glob, readFile } from 'node:fs/promises';
import { type Server, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { type Document, parseAllDocuments } from 'yaml';
import type { ClusterDetail } from '../requests/answers/clusters.ts';
import { complete } from './commands/completion.ts';
import { readConfig } from './config.ts';
import { timeoutOf } from './context.ts';
import { dataDisplay } from './display.ts';
import { EXIT } from './exit-codes.ts';
import type { Heard } from './follow.ts';
import { outcomeOf } from './outcome.ts';
import { createProgram } from './program.ts';
import { type ServerEvent, readEvents } from './sse.ts';
import type { Terminal } from './terminal.ts';

/** `keelson <command>` in a sentence, with the flags right behind it. */
const COMMAND = /\bkeelson ([a-z]+)((?: --?[\w-]+)*)/g;

const silent: Terminal = {
  out: () => undefined,
  err: () => undefined,
  live: false,
  size: () => ({ columns: 80, rows: 24 }),
  env: {},
  now: () => new Date(0),
};

describe('the end of waiting', () => {
  const seen = (state: ClusterDetail['state'], ready: 'True' | 'False' | 'Unknown') =>
    outcomeOf({
      namespace: 'curve',
      name: 'my',
      state,
      message: 'why',
      ready: { status: ready },
      operation: state === 'Pending' || state === 'Refused' ? undefined : { state, message: 'why' },
    } as ClusterDetail)?.exitCode;

  test.each([
    ['Ready after its operation succeeded', 'Succeeded', 'True', EXIT.ok],
    ['known to be Ready by an operation that Temporal has forgotten', 'Pending', 'True', EXIT.ok],
    ['failed', 'Failed', 'False', EXIT.failed],
    ['failed, although what was there before is Ready', 'Failed', 'True', EXIT.failed],
    ['refused', 'Refused', 'Unknown', EXIT.refused],
    ['done but not yet Ready', 'Succeeded', 'False', undefined],
    ['done but not yet looked at', 'Succeeded', 'Unknown', undefined],
    ['at work while what was there before is Ready', 'Running', 'True', undefined],
    ['superseded by an operation that follows', 'Superseded', 'True', undefined],
  ] as const)('for a cluster that is %s', (_what, state, ready, exitCode) => {
    expect(seen(state, ready)).toBe(exitCode);
  });
});

describe('configuration', () => {
  test('takes flags before the environment, and drops slashes at the end', () => {
    const env = { KEELSON_SERVER: 'http://other:1', KEELSON_TOKEN: 'from-env' };
    expect(readConfig({ server: 'https://here:2/', token: 'flag' }, env)).toEqual({
      server: 'https://here:2',
      token: 'flag',
    });
    expect(readConfig({}, env)).toEqual({ server: 'http://other:1', token: 'from-env' });
    expect(readConfig({}, {})).toEqual({ server: 'http://127.0.0.1:8080', token: undefined });
  });

  test.each(['nonsense', 'ftp://x'])('refuses the address %s', (server) => {
    expect(() => readConfig({ server }, {})).toThrow(/is no address/);
  });

  test('says which token file cannot be read', () => {
    expect(() => readConfig({ tokenFile: '/nonexistent/token' }, {})).toThrow(
      /cannot read the token file \/nonexistent/,
    );
  });
});

test.each([
  ['30m', 1_800_000],
  ['0', 0],
  ['596h', 2_145_600_000],
])('--timeout %s is %i ms', (text, milliseconds) => {
  expect(timeoutOf(text)).toBe(milliseconds);
});

test('a --timeout that no timer can hold is refused: it would be over at once', () => {
  expect(() => timeoutOf('600h')).toThrow(/at most 596h/);
});

describe('a connection that is cut', () => {
  /** Says that more is to come, and goes. */
  const cutAfter = async (status: number, type: string, body: string): Promise<Server> => {
    const cut = createServer((_request, response) => {
      response.writeHead(status, { 'content-type': type, 'content-length': body.length + 100 });
      response.write(body, () => response.destroy());
    });
    await new Promise<void>((resolve) => cut.listen(0, '127.0.0.1', resolve));
    return cut;
  };

  test.each([
    ['an answer', ['get'], 200, 'application/json', '{"items": ['],
    ['a refusal', ['get'], 404, 'application/problem+json', '{"code": '],
    ['the first event', ['watch', 'my', '-n', 'curve'], 200, 'text/event-stream', 'event: clu'],
  ])('in the middle of %s ends with 4 and says so', async (_of, argv, status, type, body) => {
    const server = await cutAfter(status, type, body);
    const { port } = server.address() as AddressInfo;
    const args = [...argv, '--server', `http://127.0.0.1:${port}`];
    const run = createProgram(silent, '1').parseAsync(args, { from: 'user' });
    await expect(run).rejects.toMatchObject({
      name: 'CliError',
      exitCode: EXIT.unreachable,
      message: expect.stringContaining('does not answer'),
    });
    server.close();
  });
});

describe('-o of what is followed', () => {
  const heard: Heard = { kind: 'gone', message: 'it was deleted' };
  const written = (format: 'json' | 'yaml'): string => {
    const lines: string[] = [];
    const display = dataDisplay({ ...silent, out: (text) => void lines.push(text) }, format);
    display.show(heard);
    display.show(heard);
    return lines.join('\n');
  };

  test('json is one line an event', () => {
    for (const line of written('json').split('\n')) expect(JSON.parse(line)).toMatchObject({ event: 'gone' });
  });

  test('yaml is one document an event', () => {
    const documents = parseAllDocuments(written('yaml')) as Document[];
    expect(documents.map((d) => d.toJS() as unknown)).toMatchObject([{ event: 'gone' }, { event: 'gone' }]);
  });
});

describe('completion', () => {
  const program = createProgram(silent, '1');
  const names = async (what: string): Promise<readonly string[]> =>
    what === 'nodes' ? ['node1', 'node2'] : ['my', 'mine'];

  test.each([
    ['commands', ['w'], ['watch']],
    ['names of clusters', ['watch', 'm'], ['mine', 'my']],
    ['names of nodes after flags', ['-o', 'json', 'devices', ''], ['node1', 'node2']],
    ['flags of a command and those of all', ['get', '--n'], ['--namespace']],
    ['values of a flag', ['get', '-o', 'y'], ['yaml']],
    ['shells', ['completion', ''], ['bash', 'fish', 'zsh']],
    ['nothing where a file is wanted', ['apply', '-f', ''], []],
  ])('offers %s', async (_what, words, expected) => {
    expect(await complete(program, words, names)).toEqual(expected);
  });
});

test('what the API tells people to type is a command that there is', async () => {
  const program = createProgram(silent, '1');
  const told: string[] = [];
  for await (const file of glob(fileURLToPath(new URL('../{api,requests}/**/*.ts', import.meta.url)))) {
    for (const [typed, name, flags = ''] of (await readFile(file, 'utf8')).matchAll(COMMAND)) {
      told.push(typed);
      const command = program.commands.find((c) => c.name() === name);
      const known = [...program.options, ...(command?.options ?? [])].flatMap((o) => [o.short, o.long]);
      expect.soft(command, typed).toBeDefined();
      expect.soft(known, typed).toEqual(expect.arrayContaining(flags.split(' ').filter(Boolean)));
    }
  }
  expect(told).toContain('keelson get');
});

test('an event stream is read across any cut between its chunks', async () => {
  const text =
    ': hello\n\nid: op/1\nevent: transition\ndata: {"a":1}\n\nevent: cluster\r\ndata: one\r\ndata: two\r\n\r\n';
  for (let size = 1; size < text.length; size += 7) {
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        for (let i = 0; i < text.length; i += size) controller.enqueue(Buffer.from(text.slice(i, i + size)));
        controller.close();
      },
    });
    const events: ServerEvent[] = [];
    for await (const event of readEvents(body, () => undefined)) events.push(event);
    expect(events).toEqual([
      { event: 'transition', id: 'op/1', data: '{"a":1}' },
      { event: 'cluster', data: 'one\ntwo' },
    ]);
  }
});
