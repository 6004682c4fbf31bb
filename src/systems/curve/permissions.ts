import type { Permission } from '../../kube/access.ts';
import { GROUP, PLURAL } from './spec.ts';

/** What Curve's activities ask of the API server, in any namespace. The chart grants exactly this. */
export const PERMISSIONS: readonly Permission[] = [
  { group: GROUP, resource: PLURAL, verbs: ['get', 'list', 'watch'] },
  { group: GROUP, resource: PLURAL, subresource: 'status', verbs: ['get', 'patch'] },
  { group: 'batch', resource: 'jobs', verbs: ['get', 'list', 'watch', 'create', 'patch', 'delete'] },
  { group: '', resource: 'pods', subresource: 'log', verbs: ['get'] },
  // A WebSocket begins as a GET; newer servers ask for create as well.
  { group: '', resource: 'pods', subresource: 'exec', verbs: ['get', 'create'] },
  // Never listed: that would show every Secret of the cluster.
  { group: '', resource: 'secrets', verbs: ['get', 'create', 'patch'] },
];
