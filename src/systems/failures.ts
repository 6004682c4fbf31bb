import { type FailureCatalogue, failuresOf } from './failure.ts';

/** What the work of every system can fail with. docs/errors/operations.md is made from these three catalogues. */

export const OPERATION_FAILURES = {
  OperationFailed: {
    meaning: 'An operation ended before the resource was as its manifest wants it. What was done stays.',
    retried: 'never',
    next: 'correct what the message names, then retry',
  },
  NodesFailed: {
    meaning: 'The work on one or more nodes failed; the message lists what each of them said.',
    retried: 'never',
    next: 'correct what each node says, then retry',
  },
  StaleManifest: {
    meaning:
      'A manifest arrived of a resource that was deleted, perhaps made again under the same name since.',
    retried: 'never',
    next: 'nothing: the manifest of the resource that lives now is handed over by the watch',
  },
  NothingToRetry: {
    meaning: 'A retry was asked for, and nothing was ever started for this resource.',
    retried: 'never',
    next: 'apply the manifest',
  },
  BatchWithoutOperation: {
    meaning: 'A workflow that works on nodes was started by hand. It runs only as a child of an operation.',
    retried: 'never',
    next: 'apply the manifest, which starts the operation with all that belongs to it',
  },
  ClusterIdUnreadable: {
    meaning: 'The ConfigMap that keeps the id of the cluster holds no id of Keelson.',
    retried: 'never',
    next: 'if nobody needs the ConfigMap, remove it; if it was changed by hand, put clusterId back as it was: the disks of the cluster carry it',
  },
  InvalidImageName: {
    meaning: 'The name of an image has a form that can never be pulled.',
    retried: 'never',
    next: 'correct the image in the spec and apply again',
  },
  ToolLost: {
    meaning: 'The pod of a tool was killed or lost before the tool ended.',
    retried: 'always',
    next: 'nothing, it is run again; if it happens again, see what ends pods on that node',
  },
} as const satisfies FailureCatalogue;

/** Answers of the API server: `Kube` and the reason, which is Kubernetes' own but for the last four. */
export const KUBE_FAILURES = {
  KubeForbidden: {
    meaning: "Keelson's service account may not do this in Kubernetes.",
    retried: 'never',
    next: "allow the verb on the resource for Keelson's service account (the chart's ClusterRole does), then retry",
  },
  KubeInvalid: {
    meaning: 'The API server, or an admission policy, refuses what an object says.',
    retried: 'never',
    next: 'correct the field that the message names, or the policy that refuses it, then retry',
  },
  KubeBadRequest: {
    meaning: 'The API server, or an admission webhook, cannot read the request.',
    retried: 'never',
    next: 'see that the versions of Keelson, its definitions and Kubernetes fit together, then retry',
  },
  KubeNotFound: {
    meaning: 'An object or its namespace is not there, or its kind is not installed.',
    retried: 'always',
    next: 'if it lasts, see who removes the object, and that the definitions of the chart are installed',
  },
  KubeAlreadyExists: {
    meaning: 'Somebody else created the object at the same moment.',
    retried: 'always',
    next: 'if it lasts, see who creates objects of this name',
  },
  KubeConflict: {
    meaning: 'Somebody else changed the object at the same moment, or owns fields of it.',
    retried: 'always',
    next: 'if it lasts, see in managedFields of the object who changes it',
  },
  KubeTooManyRequests: {
    meaning: 'The API server has too much to do and asks for a pause.',
    retried: 'always',
    next: 'nothing; if it lasts, see what loads the API server',
  },
  KubeInternalError: {
    meaning: 'The API server, or an admission webhook, failed by itself.',
    retried: 'always',
    next: 'if it lasts, see the log of the API server and whether every admission webhook runs',
  },
  KubeNameTaken: {
    meaning: 'An object of the name that is needed exists and belongs to somebody else. It was not changed.',
    retried: 'never',
    next: 'look at the object; remove it or choose another cluster name or namespace, then retry',
  },
  KubeUnreachable: {
    meaning: 'The API server cannot be reached.',
    retried: 'always',
    next: 'see that the API server runs and that pods reach it',
  },
  KubeNoAnswer: {
    meaning: 'The API server did not answer in time.',
    retried: 'always',
    next: 'see that the API server runs and what loads it',
  },
  KubeKilled: {
    meaning: 'A command in a container was killed, perhaps with its container.',
    retried: 'always',
    next: 'nothing, it is asked again; if it lasts, see why the container ends',
  },
  KubeOther: {
    meaning:
      'Another error answer of the API server, or of a proxy before it. Its status and reason stand in the message.',
    retried: 'depends',
    next: 'act on what the message says, then retry',
  },
} as const satisfies FailureCatalogue;

export const NODE_FAILURES = {
  DiskRefused: {
    meaning: 'A disk holds something, is in use, or cannot be used. Nothing was written to it.',
    retried: 'never',
    next: 'name another disk, or free this one yourself and retry',
  },
  IdentityChanged: {
    meaning: 'The disk at this path is not the one that was checked before. Nothing was written to it.',
    retried: 'never',
    next: 'check which disk is at that path, then retry',
  },
  IdentityMissing: {
    meaning: 'The disk is empty now, and was formatted when it was checked. Nothing was written to it.',
    retried: 'never',
    next: 'find out what emptied it, then retry',
  },
  FilesystemNotClean: {
    meaning: 'The check of a file system that was just made found errors. The disk may be broken.',
    retried: 'never',
    next: 'look at the disk; erase it yourself with "wipefs --all <device>" if it is to be used again, then retry',
  },
  MountPathTaken: {
    meaning: 'Something else is mounted at a mount path, or the folder is not empty. A mount would hide it.',
    retried: 'never',
    next: 'empty it or choose another mountPath',
  },
  MountNotPropagated: {
    meaning: 'A mount of the node worker is not seen by the node itself.',
    retried: 'never',
    next: "give the node worker the host's / as a volume with mountPropagation Bidirectional, and make / a shared mount on the host",
  },
  FstabConflict: {
    meaning: "The node's /etc/fstab has another line for a mount path.",
    retried: 'never',
    next: 'remove that line or choose another mountPath',
  },
  HostDataDirTaken: {
    meaning: 'The data directory on a node belongs to another cluster, or holds data of nobody known.',
    retried: 'never',
    next: 'choose another hostDataDir, or remove the folder yourself if nobody needs it',
  },
  DiskNotMounted: {
    meaning: "The cluster's own file system is not mounted where it has to be.",
    retried: 'never',
    next: 'retry: formatting mounts it again',
  },
  ToolMissing: {
    meaning: "A program is not in the node worker's image.",
    retried: 'never',
    next: "use the node worker's image of this release",
  },
  ToolFailed: {
    meaning: 'A program on a node failed, was killed or did not end in time. The message quotes it.',
    retried: 'always',
    next: 'if it lasts, look at the disk and at the log of the kernel on that node',
  },
} as const satisfies FailureCatalogue;

export const operationFailure = failuresOf(OPERATION_FAILURES);
export const kubeFailure = failuresOf(KUBE_FAILURES);
export const nodeFailure = failuresOf(NODE_FAILURES);

export type KubeFailureType = keyof typeof KUBE_FAILURES;
