import { expect, test } from 'vitest';
import { lostTool } from './tool-job.ts';

test('a tool whose pod was lost is run again, and says what became of it', () => {
  const run = {
    job: {},
    attempt: 1,
    state: 'failed',
    exitCode: undefined,
    pod: { metadata: { name: 'my-tools-1-x' } },
    reason: 'Evicted: low on memory',
  } as const;
  expect(lostTool('create physical pool pool1', run)).toMatchObject({
    type: 'ToolLost',
    nonRetryable: false,
    message:
      'cannot create physical pool pool1: pod my-tools-1-x did not reach its end: Evicted: low on memory',
    details: [{ next: expect.stringContaining('it is run again') as string }],
  });
});
