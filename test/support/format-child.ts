import type { DiskIdentity } from '../../src/disks/facts.ts';
import type { FilesystemGoal } from '../../src/disks/stage.ts';
import type { Host } from '../../src/node/host.ts';
import { format } from './format.ts';

// Formats one disk as told by its argument: a process for tests that kill it.
const { host, goal, identity } = JSON.parse(process.argv[2] ?? '') as {
  host: Host;
  goal: FilesystemGoal;
  identity: DiskIdentity;
};
await format(host, goal, { identity });
