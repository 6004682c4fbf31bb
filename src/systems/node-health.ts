import type { StepCheck } from './readiness.ts';

/** What a health check knows of one node of its cluster, as the node watch told it. */
export interface NodeHealth {
  readonly node: string;
  /** Undefined: nobody has told yet. */
  readonly answered?: boolean;
  /** ISO time since which it answers, or does not. */
  readonly since?: string;
  /** UUIDs of our file systems that are mounted where they belong; absent until the node has told. */
  readonly inPlace?: readonly string[];
  /** Where something else is mounted, or nothing. */
  readonly astray?: readonly {
    readonly mountPath: string;
    readonly fsUuid: string;
    readonly found?: string;
  }[];
  /** Why the node cannot tell its mounts, although it answers. */
  readonly trouble?: string;
}

/** A file system that a cluster needs on a node. */
export interface ExpectedMount {
  readonly node: string;
  readonly mountPath: string;
  readonly fsUuid: string;
}

/**
 * Every disk is mounted where it belongs, as far as its node has ever told: whether a node answers is a condition of its
 * own, since storage serves without its node worker.
 */
export function mountChecks(
  expected: readonly ExpectedMount[],
  nodes: readonly NodeHealth[],
): readonly StepCheck[] {
  const known = new Map(nodes.map((health) => [health.node, health]));
  return expected.flatMap(({ node, mountPath, fsUuid }): StepCheck[] => {
    const { inPlace, astray = [] } = known.get(node) ?? {};
    if (inPlace === undefined) return [];
    if (inPlace.includes(fsUuid))
      return [{ reason: 'DiskNotMounted', holds: true, detail: `${node}: ${mountPath} is mounted` }];
    const line = astray.find((other) => other.fsUuid === fsUuid);
    const found = line ? `found ${line.found ?? 'nothing mounted'}` : 'but no line of /etc/fstab names it';
    const detail = `${node}: ${mountPath} should hold file system ${fsUuid}, ${found}`;
    return [{ reason: 'DiskNotMounted', holds: false, detail }];
  });
}

/** The condition NodesAnswering. */
export interface NodesVerdict {
  /** Undefined: no node is known to be silent, but not all have been asked. */
  readonly answering?: boolean;
  readonly reason: string;
  readonly message: string;
}

/** Names in one message; a person reads the first ones. */
const MOST_NAMES = 20;

/** Whether the worker of every node answers. */
export function judgeNodes(nodes: readonly NodeHealth[]): NodesVerdict {
  const silent = nodes.filter(({ answered }) => answered === false);
  if (silent.length > 0) {
    const message = listed(silent.map(({ node, since = '' }) => `${node} does not answer since ${since}`));
    return { answering: false, reason: 'NodeNotAnswering', message };
  }
  const troubled = nodes.filter(({ trouble }) => trouble !== undefined);
  if (troubled.length > 0) {
    const message = listed(
      troubled.map(({ node, trouble = '' }) => `${node} cannot tell its disks: ${trouble}`),
    );
    return { answering: false, reason: 'NodeInTrouble', message };
  }
  const unknown = nodes.filter(({ answered }) => answered === undefined);
  if (unknown.length > 0) {
    const message = listed(unknown.map(({ node }) => `${node} has not been asked yet`));
    return { reason: 'NotAskedYet', message };
  }
  return { answering: true, reason: 'AllNodesAnswer', message: `all ${nodes.length} nodes answer` };
}

function listed(sentences: readonly string[]): string {
  const rest = sentences.length - MOST_NAMES;
  return [...sentences.slice(0, MOST_NAMES), ...(rest > 0 ? [`and ${rest} more`] : [])].join('; ');
}
