import type { Permission } from '../../kube/access.ts';

/** Everything that the control activities ask of the API server, in any namespace. The chart grants exactly this. */
export const PERMISSIONS: readonly Permission[] = [
  { group: 'operator.curve.io', resource: 'curveclusters', verbs: ['get', 'list', 'watch'] },
  { group: 'operator.curve.io', resource: 'curveclusters', subresource: 'status', verbs: ['get', 'patch'] },
  { group: '', resource: 'nodes', verbs: ['get', 'list', 'watch'] },
  { group: '', resource: 'namespaces', verbs: ['get'] },
  { group: 'apps', resource: 'deployments', verbs: ['get', 'list', 'watch', 'create', 'patch'] },
  { group: 'batch', resource: 'jobs', verbs: ['get', 'list', 'watch', 'create', 'patch', 'delete'] },
  { group: '', resource: 'pods', verbs: ['get', 'list', 'watch'] },
  { group: '', resource: 'pods', subresource: 'log', verbs: ['get'] },
  // A WebSocket begins as a GET; newer servers ask for create as well.
  { group: '', resource: 'pods', subresource: 'exec', verbs: ['get', 'create'] },
  { group: '', resource: 'configmaps', verbs: ['get', 'list', 'create', 'patch'] },
  // Never listed: that would show every Secret of the cluster.
  { group: '', resource: 'secrets', verbs: ['get', 'create', 'patch'] },
  { group: 'events.k8s.io', resource: 'events', verbs: ['get', 'list', 'create', 'patch'] },
];
