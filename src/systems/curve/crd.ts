import { customResourceDefinition } from '../custom-resource.ts';
import { PHASES } from './phases.ts';
import { GROUP, KIND, PLURAL, specSchema, VERSION } from './spec.ts';

/** The CustomResourceDefinition of CurveCluster. */
export const curveClusterDefinition = () =>
  customResourceDefinition({
    group: GROUP,
    version: VERSION,
    kind: KIND,
    plural: PLURAL,
    singular: 'curvecluster',
    description: 'A CurveBS cluster: etcd, mds, chunkservers on disks of named nodes, and snapshotclone.',
    spec: specSchema,
    phases: PHASES,
    columns: [
      { name: 'HostDataDir', type: 'string', jsonPath: '.spec.hostDataDir', priority: 1 },
      { name: 'Version', type: 'string', jsonPath: '.spec.curveVersion.image', priority: 1 },
    ],
  });
