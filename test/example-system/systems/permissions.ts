import type { Permission } from '../../../src/kube/access.ts';
import { GROUP, PLURAL } from './spec.ts';

/** What the example's activities ask of the API server, besides what the general ones do. */
export const PERMISSIONS: readonly Permission[] = [
  { group: GROUP, resource: PLURAL, verbs: ['get', 'list', 'watch'] },
  { group: GROUP, resource: PLURAL, subresource: 'status', verbs: ['get', 'patch'] },
];
