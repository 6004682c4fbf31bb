import { expect, test } from 'vitest';
import * as workflows from './versioned.ts';

const behaviourOf = (workflow: object): unknown =>
  (Reflect.get(workflow, 'workflowDefinitionOptions') as { versioningBehavior?: unknown } | undefined)
    ?.versioningBehavior;

test.each(Object.entries(workflows))('%s says what becomes of it in an upgrade', (_, workflow) => {
  expect(['PINNED', 'AUTO_UPGRADE']).toContain(behaviourOf(workflow));
});

test('what an operation is made of stays with one build, and what lives long goes on', () => {
  const { curveOperation, curveNodeBatch, curveCluster } = workflows;
  expect([curveOperation, curveNodeBatch].map(behaviourOf)).toEqual(['PINNED', 'PINNED']);
  expect(behaviourOf(curveCluster)).toBe('AUTO_UPGRADE');
});
