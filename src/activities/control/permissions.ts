import type { Permission } from '../../kube/access.ts';
import type { SystemRegistry } from '../../systems/system.ts';

/**
 * What the general control activities ask of the API server, in any namespace, for every system. The chart grants this
 * and what each system needs besides.
 */
const PERMISSIONS: readonly Permission[] = [
  { group: '', resource: 'nodes', verbs: ['get', 'list', 'watch'] },
  { group: '', resource: 'namespaces', verbs: ['get'] },
  { group: 'apps', resource: 'deployments', verbs: ['get', 'list', 'watch', 'create', 'patch'] },
  { group: '', resource: 'pods', verbs: ['get', 'list', 'watch'] },
  { group: '', resource: 'configmaps', verbs: ['get', 'list', 'create', 'patch'] },
  { group: 'events.k8s.io', resource: 'events', verbs: ['get', 'list', 'create', 'patch'] },
];

/** Everything that a control worker with these systems needs. */
export const permissionsOf = ({ systems }: SystemRegistry): readonly Permission[] => [
  ...PERMISSIONS,
  ...systems.flatMap((system) => system.permissions),
];
