import { readFile } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { execa } from 'execa';
import { beforeEach, expect, test } from 'vitest';
import { z } from 'zod';
import { controlUnit, groupMembers } from '../../sandbox/machine/cgroups.ts';
import { readListeners, socketsOf } from '../../sandbox/machine/listeners.mjs';
import { diskLetters, nodeNames } from '../../sandbox/settings.ts';
import { eventually } from '../support/eventually.ts';
import { Sandbox, type SandboxNode } from '../support/sandbox.ts';

// The sandbox itself: what other tests and people take for granted about it.

const VICTIM: SandboxNode = 'node3';

/** A test that failed half way leaves no node behind that is off or cut off. */
beforeEach(({ onTestFailed }) => {
  onTestFailed(async () => {
    const box = await Sandbox.open();
    await box.run('node', 'join', VICTIM);
    await box.run('node', 'start', VICTIM);
  });
});

const statusSchema = z.object({
  running: z.literal(true),
  temporal: z.object({ address: z.string().regex(/:\d+$/), ui: z.url() }),
  api: z.object({ url: z.url(), token: z.string().min(16) }),
  kubeconfig: z.string().startsWith('/'),
  nodes: z
    .array(z.object({ name: z.enum(nodeNames), address: z.ipv4(), ready: z.literal(true), pid: z.int() }))
    .length(nodeNames.length),
  clusters: z.array(z.unknown()),
});

test('status says everything that a program needs, and all of it answers', async () => {
  const { status } = await Sandbox.open();
  statusSchema.parse(status);
  const answers = await Promise.all(
    [`${status.api.url}/healthz`, status.temporal.ui, `${status.s3.endpoint}/health`].map((url) =>
      fetch(url),
    ),
  );
  expect(answers.map((answer) => answer.status)).toEqual([200, 200, 200]);
});

test("nothing of the sandbox listens on the machine's other networks", async () => {
  const sockets = (await Promise.all((await groupMembers(controlUnit)).map(socketsOf))).flat();
  const ours = (await readListeners()).filter(({ inode }) => sockets.includes(inode));
  expect(ours.length).toBeGreaterThan(8);
  expect(ours.filter(({ address }) => address === '*')).toEqual([]);
});

test('a power cut and a reboot: another boot, the same disks under the same names, the API all the while', async () => {
  const box = await Sandbox.open();
  const before = { boot: await bootId(box), disks: await disks(box), pid: box.pid(VICTIM) };
  const caller = callApi(box);

  await box.run('node', 'stop', VICTIM);
  expect(box.status.nodes.find(({ name }) => name === VICTIM)).toMatchObject({ ready: false, pid: null });
  // Kubernetes has to notice by itself, as with a real machine; only then has the API lived through all of it.
  await eventually(
    'Kubernetes notices the loss',
    () => readiness(box),
    (ready) => ready === 'Unknown',
    60_000,
  );
  await box.run('node', 'start', VICTIM);

  expect(await bootId(box)).not.toBe(before.boot);
  expect(await disks(box)).toEqual(before.disks);
  expect(box.pid(VICTIM)).not.toBe(before.pid);
  const calls = await caller.end();
  // Only the call that the dying node was answering.
  expect(calls.failed.slice(1)).toEqual([]);
  expect(calls.answered).toBeGreaterThan(50);
});

test('a cut network: the node is lost though its power is on, and comes back in the same boot', async () => {
  const box = await Sandbox.open();
  const boot = await bootId(box);
  await box.run('node', 'cut', VICTIM);
  await eventually(
    'Kubernetes notices the cut',
    () => readiness(box),
    (ready) => ready === 'Unknown',
    60_000,
  );
  expect(box.pid(VICTIM)).toBeGreaterThan(1);
  await box.run('node', 'join', VICTIM);
  await eventually(
    'the node is back',
    () => readiness(box),
    (ready) => ready === 'True',
    60_000,
  );
  expect(await bootId(box)).toBe(boot);
});

test('what does not exist is refused in words', async () => {
  const node = await execa(process.execPath, ['sandbox/start.mjs', 'node', 'stop', 'node9'], {
    reject: false,
  });
  expect(node.exitCode).toBe(1);
  expect(node.stderr).toContain('there is no node "node9"\n→ nodes are node1, node2, node3');
});

interface SeenNode {
  readonly status: {
    readonly nodeInfo: { readonly bootID: string };
    readonly conditions: readonly { readonly type: string; readonly status: string }[];
  };
}

async function see(box: Sandbox): Promise<SeenNode> {
  return JSON.parse(await box.kubectl(['get', 'node', VICTIM, '-o', 'json'])) as SeenNode;
}

async function bootId(box: Sandbox): Promise<string> {
  return (await see(box)).status.nodeInfo.bootID;
}

async function readiness(box: Sandbox): Promise<string | undefined> {
  return (await see(box)).status.conditions.find(({ type }) => type === 'Ready')?.status;
}

/** Which file is behind each disk name, as seen from inside the node. */
async function disks(box: Sandbox): Promise<string[]> {
  return Promise.all(
    diskLetters.map(async (letter) => {
      const inside = ['--target', String(box.pid(VICTIM)), '--mount'];
      const { stdout } = await execa('nsenter', [...inside, 'readlink', '-f', `/dev/vd${letter}`]);
      const file = await readFile(`/sys/block/${stdout.replace('/dev/', '')}/loop/backing_file`, 'utf8');
      return `vd${letter} ${file.trim()}`;
    }),
  );
}

/** Calls the API through its one address, several times a second, until it is told to end. */
function callApi(box: Sandbox): { end: () => Promise<{ answered: number; failed: string[] }> } {
  const { url, token } = box.status.api;
  const ending = new AbortController();
  const failed: string[] = [];
  let answered = 0;
  const calling = (async () => {
    while (!ending.signal.aborted) {
      try {
        const headers = { authorization: `Bearer ${token}`, connection: 'close' };
        const response = await fetch(`${url}/v1/clusters`, { headers, signal: AbortSignal.timeout(15_000) });
        if (response.ok) answered++;
        else failed.push(`${response.status} ${await response.text()}`);
      } catch (error) {
        failed.push(String(error));
      }
      await pause(100);
    }
  })();
  return {
    end: async () => {
      ending.abort();
      await calling;
      return { answered, failed };
    },
  };
}
