import { z } from 'zod';
import { manifestSchema, type RefusalParams } from '../manifest.ts';
import {
  absolutePath,
  device,
  monitor,
  port,
  REFUSED,
  refusal,
  s3Config,
  settings,
  validations,
} from './fields.ts';

/**
 * What a user writes: `operator.curve.io/v1 CurveCluster` in the shape that curve-operator published, so that its
 * manifests parse unchanged. This one schema gives validation, types, CRD, OpenAPI and field documentation.
 * Ranges and shapes are here; whatever needs two fields or a sentence of its own is in rules.ts.
 */

/** Ids of the system and of its kind, as they stand in workflow ids and labels. */
export const SYSTEM = 'curve';
export const CLUSTER = 'cluster';

export const GROUP = 'operator.curve.io';
export const VERSION = 'v1';
export const KIND = 'CurveCluster';
export const PLURAL = 'curveclusters';
/** How people call one. */
export const TITLE = 'Curve cluster';

/** Enclosures of 102 and 108 disks exist, and a server may have two of them. */
const MOST_DISKS = 256;

export const specSchema = z.strictObject({
  curveVersion: z
    .strictObject({
      image: z
        .string()
        .min(1)
        .max(1024)
        .describe('Image of every Curve container, e.g. curve2operator/curvebs:monitor-v1.2.6.'),
      imagePullPolicy: z
        .enum(['IfNotPresent', 'Always', 'Never', ''])
        .default('IfNotPresent')
        .describe('When the nodes pull the image.'),
    })
    .describe('Which Curve to run.'),
  nodes: z
    .array(z.string().min(1).max(253))
    .max(99)
    .refine((names) => names.length !== 1, {
      error: REFUSED.standAlone.message,
      params: { next: REFUSED.standAlone.next } satisfies RefusalParams,
    })
    .meta({
      description:
        'Names of the three (or five, or seven) nodes that run etcd, mds and snapshotclone, one of each on every node.',
      ...validations(refusal(REFUSED.standAlone)),
    }),
  hostDataDir: absolutePath(
    'Folder on each node for data of etcd and mds and for the logs of every daemon, e.g. /curvebs.',
  ),
  etcd: z
    .strictObject({
      peerPort: port('Port on which etcd members talk to each other', 23800),
      clientPort: port('Port on which etcd answers mds and snapshotclone', 23790),
      config: settings('etcd.conf'),
    })
    .prefault({})
    .describe("The cluster's own etcd, three members."),
  mds: z
    .strictObject({
      port: port('Port on which the leading mds serves; followers keep it closed', 6700),
      dummyPort: port('Port on which every mds tells its state', 7700),
      config: settings('mds.conf'),
    })
    .prefault({})
    .describe('The metadata servers, one leader and two followers.'),
  storage: z
    .strictObject({
      useSelectedNodes: z
        .boolean()
        .default(false)
        .describe(
          'true: selectedNodes says which disks are used on which node, and nodes and devices are ignored.',
        ),
      nodes: z
        .array(z.string().min(1).max(253))
        .max(5000)
        .default([])
        .describe(
          'Names of the storage nodes, at least three. Their order decides the zones: zone1, zone2, zone3, zone1, …',
        ),
      port: port('Port of the first chunkserver of a node; the others take the following ones', 8200),
      copySets: z
        .int()
        .min(1)
        .max(100_000)
        .default(100)
        .describe('Copysets that each chunkserver adds to the pool.'),
      devices: z.array(device).max(MOST_DISKS).default([]).describe('The disks of every storage node.'),
      selectedNodes: z
        .array(
          z.strictObject({
            node: z.string().min(1).max(253).describe('Name of the storage node.'),
            devices: z.array(device).max(MOST_DISKS).describe('The disks of this node.'),
          }),
        )
        .max(5000)
        .default([])
        .describe('Disks per node; used when useSelectedNodes is true, and then alone.'),
    })
    .describe('Which disks become chunkservers.'),
  snapShotClone: z
    .strictObject({
      enable: z
        .boolean()
        .default(false)
        .describe('Run snapshotclone, which keeps snapshots of volumes on an S3 service.'),
      port: port('Port on which the active snapshotclone serves', 5555),
      dummyPort: port('Port on which every snapshotclone tells its state', 8800),
      proxyPort: port('Port of the proxy on every node, which finds the active snapshotclone', 8900),
      s3Config,
    })
    .prefault({})
    .describe('Snapshots and clones of volumes.'),
  monitor,
  cleanupConfirm: z
    .string()
    .optional()
    .describe('Stored and ignored: nothing is removed yet when the resource is deleted.'),
});

export const clusterSchema = manifestSchema(`${GROUP}/${VERSION}`, KIND, specSchema);

/** The document as a user may write it. */
export type CurveClusterDocument = z.input<typeof clusterSchema>;
export type ParsedSpec = z.output<typeof specSchema>;

export type DeviceSpec = z.output<typeof device>;

/**
 * The spec that everything else works from: defaults filled in, paths tidy, settings as text, and without whatever is
 * not acted on (monitoring, cleanupConfirm, inline S3 keys), which therefore never enters a workflow history.
 */
export interface CurveClusterSpec {
  readonly curveVersion: {
    readonly image: string;
    readonly imagePullPolicy: 'IfNotPresent' | 'Always' | 'Never';
  };
  readonly nodes: readonly string[];
  readonly hostDataDir: string;
  readonly etcd: {
    readonly peerPort: number;
    readonly clientPort: number;
    readonly config: Readonly<Record<string, string>>;
  };
  readonly mds: {
    readonly port: number;
    readonly dummyPort: number;
    readonly config: Readonly<Record<string, string>>;
  };
  readonly storage: {
    readonly useSelectedNodes: boolean;
    readonly nodes: readonly string[];
    readonly port: number;
    readonly copySets: number;
    readonly devices: readonly Readonly<DeviceSpec>[];
    readonly selectedNodes: readonly {
      readonly node: string;
      readonly devices: readonly Readonly<DeviceSpec>[];
    }[];
  };
  readonly snapShotClone: {
    readonly enable: boolean;
    readonly port: number;
    readonly dummyPort: number;
    readonly proxyPort: number;
    readonly s3Config: {
      readonly nosAddress: string;
      readonly bucketName: string;
      readonly secretRef?: { readonly name: string };
    };
  };
}

const tidyPath = (path: string): string => path.replace(/\/{2,}/g, '/').replace(/(.)\/$/, '$1');

const asText = (config: Record<string, string | number | boolean>): Record<string, string> =>
  Object.fromEntries(Object.entries(config).map(([key, value]) => [key, String(value)]));

const tidyDevice = (d: DeviceSpec): DeviceSpec => ({
  ...d,
  name: tidyPath(d.name),
  mountPath: tidyPath(d.mountPath),
});

/** From what was parsed to what is worked from. */
export function normalise(parsed: ParsedSpec): CurveClusterSpec {
  const { curveVersion, nodes, hostDataDir, etcd, mds, storage, snapShotClone } = parsed;
  const { nosAddress, bucketName, secretRef } = snapShotClone.s3Config;
  return {
    curveVersion: {
      image: curveVersion.image,
      imagePullPolicy: curveVersion.imagePullPolicy || 'IfNotPresent',
    },
    nodes,
    hostDataDir: tidyPath(hostDataDir),
    etcd: { ...etcd, config: asText(etcd.config) },
    mds: { ...mds, config: asText(mds.config) },
    storage: {
      ...storage,
      devices: storage.devices.map(tidyDevice),
      selectedNodes: storage.selectedNodes.map((s) => ({ node: s.node, devices: s.devices.map(tidyDevice) })),
    },
    snapShotClone: {
      ...snapShotClone,
      s3Config: { nosAddress, bucketName, ...(secretRef ? { secretRef } : {}) },
    },
  };
}
