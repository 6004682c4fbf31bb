/** What the daemons' own HTTP pages say. */

/** brpc's `/vars`: lines `name : value`, text in quotes. */
export function parseVars(body: string): Readonly<Record<string, string>> {
  return Object.fromEntries(
    body.split('\n').flatMap((line) => {
      const found = /^\s*([^\s:]+) : (.*?)\s*$/.exec(line);
      return found === null ? [] : [[found[1] ?? '', (found[2] ?? '').replace(/^"(.*)"$/, '$1')]];
    }),
  );
}

/** Paths on the dummy ports. */
export const STATUS_PAGE = {
  mds: '/vars/mds_status',
  snapshotclone: '/vars/snapshotcloneserver_status',
} as const;

export type ElectionState = 'leading' | 'following' | 'unknown';

/** `leader` and `active` say the same in two daemons; `follower` and `standby` too. */
export function electionState(role: keyof typeof STATUS_PAGE, body: string): ElectionState {
  const status = parseVars(body)[role === 'mds' ? 'mds_status' : 'snapshotcloneserver_status'];
  if (status === 'leader' || status === 'active') return 'leading';
  return status === 'follower' || status === 'standby' ? 'following' : 'unknown';
}

/** etcd's `/health`. */
export function isEtcdHealthy(body: string): boolean {
  const health = field(body, 'health');
  return health === 'true' || health === true;
}

/** etcd's `/v3/maintenance/status`: the leader's member id, nothing while there is none. Ids are text in its JSON. */
export function etcdLeader(body: string): string | undefined {
  const leader = field(body, 'leader');
  const id = typeof leader === 'string' || typeof leader === 'number' ? String(leader) : '0';
  return id === '0' || id === '' ? undefined : id;
}

function field(body: string, name: string): unknown {
  try {
    const parsed = JSON.parse(body) as unknown;
    return typeof parsed === 'object' && parsed !== null
      ? (parsed as Record<string, unknown>)[name]
      : undefined;
  } catch {
    return undefined;
  }
}
