import { type FailureCatalogue, failuresOf } from '../failure.ts';

const AS_MDS_HAS_IT =
  'bring spec.storage back to what mds has, or change that yourself with curvebs-tool, and apply again';
const WHOLE_MAP = 'create the physical pool first, with the whole map';
const LOG_OF_LEADER = 'look at the log of the mds leader';
const ETCD_HEALTHY = 'check that etcd is healthy';

/**
 * What the work on CurveBS can fail with, besides what every system can. docs/errors/curve.md is made from this and
 * {@link POOL_TOOL_FAILURES}.
 */
export const OWN_FAILURES = {
  SpecRefused: {
    meaning:
      'The manifest does not fit what is in Kubernetes now: nodes, names, Secrets, daemons that run already.',
    retried: 'never',
    next: 'correct the fields that are named and apply again',
  },
  NodeRefused: {
    meaning: 'A port, a folder or a disk of a node is taken. Nothing was written there.',
    retried: 'never',
    next: 'free what is taken or name something else, then retry',
  },
  DiskNotReady: {
    meaning: 'A disk is not as formatting should have left it.',
    retried: 'never',
    next: 'look at the disk with "keelson devices <node>", then retry',
  },
  PoolRefused: {
    meaning: 'The chunk file pool of a disk cannot be made, or is not touched because it was in use.',
    retried: 'never',
    next: 'act on what is said about the disk, then retry',
  },
  PoolInUse: {
    meaning:
      'A chunk file pool is in use or being written, so it is not emptied. Tried again only while it is being written.',
    retried: 'depends',
    next: 'nothing: a pool in use is left as it is; look at the disk if there should be no chunkserver on it',
  },
  TemplatesUnusable: {
    meaning:
      'The configuration templates in the image are missing, or need values that Keelson does not know.',
    retried: 'never',
    next: 'name a CurveBS image of release 1.2 in spec.curveVersion.image',
  },
  TemplatesMissing: {
    meaning: "The ConfigMap with the image's templates was there and has been removed.",
    retried: 'never',
    next: 'retry the operation, which reads them again',
  },
  S3SecretUnusable: {
    meaning: 'The Secret with the keys for S3 does not exist or lacks one of them.',
    retried: 'never',
    next: 'kubectl -n <namespace> create secret generic <secret> --from-literal=ak=… --from-literal=sk=…, then retry',
  },
  MdsNotAnswering: {
    meaning: 'No leading mds answered curve_ops_tool. It is asked again until one does.',
    retried: 'always',
    next: 'if it lasts, look at the mds pods and their log',
  },
  CurveToolAnswer: {
    meaning: 'curve_ops_tool answered something that makes no sense. It is asked again.',
    retried: 'always',
    next: 'if it lasts, run the command of the message in an mds pod, and use an image of release 1.2',
  },
  PhysicalPoolRefused: {
    meaning:
      'The physical pool of the spec would take servers out of mds that are in use. Nothing was changed.',
    retried: 'never',
    next: AS_MDS_HAS_IT,
  },
  PhysicalPoolWrong: {
    meaning: 'curvebs-tool said that it made the physical pool, and mds has another one.',
    retried: 'never',
    next: 'see what "curve_ops_tool server-list" in an mds pod says, then retry',
  },
  LogicalPoolRefused: {
    meaning: 'mds has a logical pool that the spec does not describe. Nothing was changed.',
    retried: 'never',
    next: AS_MDS_HAS_IT,
  },
  LogicalPoolWrong: {
    meaning: 'curvebs-tool said that it made the logical pool, and mds has another one.',
    retried: 'never',
    next: 'see what "curve_ops_tool logical-pool-list" in an mds pod says, then retry',
  },
} as const satisfies FailureCatalogue;

/** How curvebs-tool can end: mostly the status with which mds answered it. */
export const POOL_TOOL_FAILURES = {
  MdsNotReady: { meaning: 'mds could not initialise.', retried: 'always', next: LOG_OF_LEADER },
  MdsStorage: { meaning: 'mds could not store the change in etcd.', retried: 'always', next: ETCD_HEALTHY },
  IdDuplicated: {
    meaning: 'mds knows the id already.',
    retried: 'never',
    next: 'compare the map with curve_ops_tool server-list',
  },
  ChunkserverNotFound: {
    meaning: 'mds knows no such chunkserver.',
    retried: 'never',
    next: 'compare with curve_ops_tool chunkserver-list',
  },
  ServerNotFound: { meaning: 'mds knows no such server.', retried: 'never', next: WHOLE_MAP },
  ZoneNotFound: { meaning: 'mds knows no such zone.', retried: 'never', next: WHOLE_MAP },
  PhysicalPoolNotFound: {
    meaning: 'mds knows no such physical pool.',
    retried: 'never',
    next: 'create the physical pool first',
  },
  LogicalPoolNotFound: {
    meaning: 'mds knows no such logical pool.',
    retried: 'never',
    next: 'create the logical pool first',
  },
  CopysetNotFound: { meaning: 'mds knows no such copyset.', retried: 'never', next: LOG_OF_LEADER },
  CopysetsImpossible: {
    meaning: 'mds cannot place the copysets: too few chunkservers or zones are registered.',
    retried: 'never',
    next: 'see that curve_ops_tool chunkserver-list shows chunkservers in three zones',
  },
  IdAllocation: { meaning: 'mds could not get a new id from etcd.', retried: 'always', next: ETCD_HEALTHY },
  ServerInUse: {
    meaning: 'mds has chunkservers on a server that the map lacks.',
    retried: 'never',
    next: 'put the node back into the spec: servers with data cannot be taken away yet',
  },
  NameDuplicated: {
    meaning: 'mds has a pool, zone or server of this name elsewhere.',
    retried: 'never',
    next: 'compare the map with curve_ops_tool server-list',
  },
  CopysetCreationFailed: {
    meaning: 'mds took the pool back, because a chunkserver did not make its copysets.',
    retried: 'always',
    next: 'see that every chunkserver is online and answers on its port',
  },
  NotRetired: {
    meaning: 'mds has not retired the chunkserver.',
    retried: 'never',
    next: 'wait until mds has moved its data',
  },
  PoolsetNotFound: {
    meaning: 'mds knows no such pool set.',
    retried: 'never',
    next: 'use an image of release 1.2',
  },
  PoolsetNotDeletable: {
    meaning: 'mds does not delete its default pool set.',
    retried: 'never',
    next: 'keep it in the map',
  },
  ChunkSizeConflict: {
    meaning: 'mds has stored another chunk or block size.',
    retried: 'never',
    next: 'use the image that the cluster was made with',
  },
  ToolKilled: {
    meaning: 'curvebs-tool was killed by a signal.',
    retried: 'always',
    next: 'nothing, it is run again; look at the memory of the node if it happens again',
  },
  ClusterMapRefused: {
    meaning: 'curvebs-tool refuses the cluster map before it asks mds.',
    retried: 'never',
    next: 'report it, since this is a defect of Keelson or of the image: compare topology.json with the log of the Job',
  },
  MdsUnreachable: {
    meaning: 'curvebs-tool reached no leading mds.',
    retried: 'always',
    next: 'look at the mds pods and whether one of them leads',
  },
} as const satisfies FailureCatalogue;

/** All of CurveBS. */
export const CURVE_FAILURES = { ...OWN_FAILURES, ...POOL_TOOL_FAILURES } as const;

export const curveFailure = failuresOf(CURVE_FAILURES);

export type PoolToolFailureType = keyof typeof POOL_TOOL_FAILURES;
