import { lastWords, linesOf, signalOf } from './output.ts';
import type { ToolOutput } from '../../tool-output.ts';

/** Why a tool failed, for an ApplicationFailure: `type` is a stable code. */
export interface ToolFailure {
  readonly type: string;
  /** The same call may succeed later without anybody doing anything. */
  readonly retryable: boolean;
  readonly message: string;
  readonly next: string;
}

type Meaning = Omit<ToolFailure, 'message'> & { readonly meaning: string };

/** Exit codes of curvebs-tool: the low byte of MDS's negative status (docs/curve.md#exit-codes-of-the-pool-tool). */
const POOL_TOOL: Readonly<Record<number, Meaning>> = {
  253: {
    type: 'MdsNotReady',
    retryable: true,
    meaning: 'mds could not initialise',
    next: 'look at the log of the mds leader',
  },
  252: {
    type: 'MdsStorage',
    retryable: true,
    meaning: 'mds could not store the change in etcd',
    next: 'check that etcd is healthy',
  },
  251: {
    type: 'IdDuplicated',
    retryable: false,
    meaning: 'mds knows the id already',
    next: 'compare the map with curve_ops_tool server-list',
  },
  250: {
    type: 'ChunkserverNotFound',
    retryable: false,
    meaning: 'mds knows no such chunkserver',
    next: 'compare with curve_ops_tool chunkserver-list',
  },
  249: {
    type: 'ServerNotFound',
    retryable: false,
    meaning: 'mds knows no such server',
    next: 'create the physical pool first, with the whole map',
  },
  248: {
    type: 'ZoneNotFound',
    retryable: false,
    meaning: 'mds knows no such zone',
    next: 'create the physical pool first, with the whole map',
  },
  247: {
    type: 'PhysicalPoolNotFound',
    retryable: false,
    meaning: 'mds knows no such physical pool',
    next: 'create the physical pool first',
  },
  246: {
    type: 'LogicalPoolNotFound',
    retryable: false,
    meaning: 'mds knows no such logical pool',
    next: 'create the logical pool first',
  },
  245: {
    type: 'CopysetNotFound',
    retryable: false,
    meaning: 'mds knows no such copyset',
    next: 'look at the log of the mds leader',
  },
  244: {
    type: 'CopysetsImpossible',
    retryable: false,
    meaning: 'mds cannot place the copysets: too few chunkservers or zones are registered',
    next: 'curve_ops_tool chunkserver-list must show chunkservers in three zones',
  },
  243: {
    type: 'IdAllocation',
    retryable: true,
    meaning: 'mds could not get a new id from etcd',
    next: 'check that etcd is healthy',
  },
  242: {
    type: 'ServerInUse',
    retryable: false,
    meaning: 'the map lacks a server that still has chunkservers',
    next: 'put the node back into the spec: servers with data cannot be taken away yet',
  },
  240: {
    type: 'NameDuplicated',
    retryable: false,
    meaning: 'a pool, zone or server of this name exists elsewhere in mds',
    next: 'compare the map with curve_ops_tool server-list',
  },
  239: {
    type: 'CopysetCreationFailed',
    retryable: true,
    meaning: 'a chunkserver did not make its copysets; mds took the pool back',
    next: 'see that every chunkserver is online and answers on its port',
  },
  238: {
    type: 'NotRetired',
    retryable: false,
    meaning: 'the chunkserver is not retired',
    next: 'wait until mds has moved its data',
  },
  236: {
    type: 'PoolsetNotFound',
    retryable: false,
    meaning: 'mds knows no such pool set',
    next: 'use an image of release 1.2',
  },
  235: {
    type: 'PoolsetNotDeletable',
    retryable: false,
    meaning: 'the default pool set cannot be deleted',
    next: 'keep it in the map',
  },
  234: {
    type: 'ChunkSizeConflict',
    retryable: false,
    meaning: 'chunk or block size differ from what mds has stored',
    next: 'use the image that the cluster was made with',
  },
};

/** What went wrong when curvebs-tool ended; nothing when it did its work. */
export function poolToolFailure({ exitCode, output }: ToolOutput): ToolFailure | undefined {
  if (exitCode === 0) return undefined;
  const said = lastWords(output);
  const words = said === '' ? '' : `: ${said}`;
  const signal = signalOf(exitCode);
  if (signal !== undefined) return killed(signal, words);
  const known = POOL_TOOL[exitCode];
  if (known !== undefined) {
    const { meaning, ...rest } = known;
    return { ...rest, message: `curvebs-tool ended with ${exitCode}: ${meaning}${words}` };
  }
  return badMap(output) ?? noLeader(exitCode, words);
}

const killed = (signal: number, words: string): ToolFailure => ({
  type: 'ToolKilled',
  retryable: true,
  message: `curvebs-tool was killed by signal ${signal}${words}`,
  next: 'it is run again; look at the memory of the node if it happens again',
});

/** Complaints about the call itself, which another try would only repeat. */
const BAD_CALL =
  /cluster map|no avaliable mds address|Invalid sub mds ip:port|undefined op|must be (string|u?int)|status string is invalid/i;

function badMap(output: string): ToolFailure | undefined {
  const line = linesOf(output).find((candidate) => BAD_CALL.test(candidate));
  if (line === undefined) return undefined;
  return {
    type: 'ClusterMapRefused',
    retryable: false,
    message: `curvebs-tool refuses the cluster map: ${line}`,
    next: 'this is a defect of Keelson or of the image: compare topology.json with the log of the Job',
  };
}

const noLeader = (exitCode: number, words: string): ToolFailure => ({
  type: 'MdsUnreachable',
  retryable: true,
  message: `curvebs-tool reached no leading mds (exit ${exitCode})${words}`,
  next: 'look at the mds pods and whether one of them leads',
});

/** What curve_format said about its end, for messages: the disk itself tells whether it worked. */
export function formatWords({ exitCode, output }: ToolOutput): string {
  if (/disk free space not enough/.test(output)) {
    return 'less of the disk is free than the wanted percentage: use a smaller percentage or empty the disk';
  }
  const said = lastWords(output);
  const signal = signalOf(exitCode);
  const end = signal === undefined ? `ended with ${exitCode}` : `was killed by signal ${signal}`;
  return said === '' ? end : `${end}: ${said}`;
}
