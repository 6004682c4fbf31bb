import { describe, expect, test } from 'vitest';
import type { NODES, PODS } from '../kube/resources.ts';
import { nodeMatters, podMatters, take } from './related-objects.ts';

type Pod = NonNullable<typeof PODS.shape>;
type Node = NonNullable<typeof NODES.shape>;

const pod = (name: string, ready: string, more: object = {}): Pod => ({
  metadata: { namespace: 'curve', name, uid: name, ...more },
  status: { phase: 'Running', conditions: [{ type: 'Ready', status: ready }] },
});

describe('what is known of pods', () => {
  const known = () => {
    const map: Parameters<typeof take<Pod>>[0] = new Map();
    take(map, { type: 'listed', objects: [pod('a', 'True'), pod('b', 'True')] }, podMatters);
    return map;
  };
  const names = (pods: readonly Pod[]) => pods.map((p) => p.metadata?.name);

  test('changes with a pod that stops being Ready, and not with what says nothing about it', () => {
    const map = known();
    expect(
      names(take(map, { type: 'set', object: pod('a', 'True', { resourceVersion: '9' }) }, podMatters)),
    ).toEqual([]);
    expect(names(take(map, { type: 'set', object: pod('a', 'False') }, podMatters))).toEqual(['a']);
    expect(names(take(map, { type: 'set', object: pod('a', 'False') }, podMatters))).toEqual([]);
    const leaving = pod('b', 'True', { deletionTimestamp: '2026-01-01T00:00:00Z' });
    expect(names(take(map, { type: 'set', object: leaving }, podMatters))).toEqual(['b']);
  });

  test('changes with what came and went while nobody watched', () => {
    const map = known();
    const objects = [pod('b', 'True'), pod('c', 'True')];
    expect(names(take(map, { type: 'listed', objects }, podMatters))).toEqual(['a', 'c']);
    expect(names(take(map, { type: 'deleted', object: pod('c', 'True') }, podMatters))).toEqual(['c']);
    expect([...map.keys()]).toEqual(['curve/b']);
  });
});

test('of a node only Ready counts, not that it says so again every few seconds', () => {
  const node = (status: string, heard: string): Node => ({
    metadata: { name: 'n', uid: 'u' },
    status: { conditions: [{ type: 'Ready', status, lastHeartbeatTime: heard }] },
  });
  expect(nodeMatters(node('True', '1'))).toBe(nodeMatters(node('True', '2')));
  expect(nodeMatters(node('Unknown', '2'))).not.toBe(nodeMatters(node('True', '2')));
});
