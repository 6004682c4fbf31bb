import { readdirSync, readFileSync } from 'node:fs';
import { Worker } from '@temporalio/worker';
import { expect, test } from 'vitest';
import about from '../../package.json' with { type: 'json' };
import { BEHAVIOURS } from '../../src/workflows/behaviours.ts';
import { versionedBundle } from '../support/temporal.ts';

const HISTORIES = new URL('histories/', import.meta.url);

interface Recording {
  /** It matters: operations derive their children's from it. */
  readonly workflowId: string;
  readonly events: readonly {
    readonly workflowExecutionStartedEventAttributes?: { readonly workflowType: { readonly name: string } };
  }[];
}

const read = (file: string): Recording =>
  JSON.parse(readFileSync(new URL(file, HISTORIES), 'utf8')) as Recording;

const files = readdirSync(HISTORIES, { recursive: true, encoding: 'utf8' }).filter((file) =>
  file.endsWith('.json'),
);

/** What to do about one that no longer replays: README.md. */
test.each(files)('%s replays on the workflows of today', async (file) => {
  const { workflowId, ...history } = read(file);
  const replay = Worker.runReplayHistory({ workflowBundle: await versionedBundle() }, history, workflowId);
  await expect(replay).resolves.toBeUndefined();
});

test('every workflow of this release is recorded', () => {
  const types = files
    .filter((file) => file.startsWith(`${about.version}/`))
    .map((file) => read(file).events[0]?.workflowExecutionStartedEventAttributes?.workflowType.name ?? '');
  expect([...new Set(types)].sort()).toEqual(Object.keys(BEHAVIOURS).sort());
});
