import { normalise, specSchema, type CurveClusterSpec } from '../../src/systems/curve/spec.ts';
import { PERCENTAGE } from './world.ts';

/** A spec for tests of workflows: one disk on each storage node, control plane on the first three. */
export function curveSpec(storageNodes: readonly string[], change: object = {}): CurveClusterSpec {
  return normalise(
    specSchema.parse({
      curveVersion: { image: 'curve2operator/curvebs:monitor-v1.2.6', imagePullPolicy: 'Never' },
      nodes: storageNodes.slice(0, 3),
      hostDataDir: '/curvebs',
      storage: {
        nodes: [...storageNodes],
        port: 8200,
        copySets: 100,
        devices: [{ name: '/dev/vdc', mountPath: '/data/chunkserver0', percentage: PERCENTAGE }],
      },
      ...change,
    }),
  );
}
