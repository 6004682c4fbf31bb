import { z } from 'zod';
import type { RefusalParams } from '../manifest.ts';

/** The parts that the schema of spec.ts is made of: each field with its range and what it means. */

/** A refusal with a sentence, the same for HTTP (zod) and for kubectl (CEL in the CRD). */
interface Refusal {
  /** CEL over `self`; true means accepted. */
  readonly cel: string;
  readonly message: string;
  readonly next: string;
}

export const REFUSED = {
  inlineS3Key: {
    message:
      'S3 keys are not accepted in the manifest, where everybody who can read the resource would see them',
    next:
      'remove the value, put it into the field "ak" or "sk" of a Secret and name that Secret in ' +
      'spec.snapShotClone.s3Config.secretRef.name: kubectl -n <namespace> create secret generic curve-s3 ' +
      '--from-literal=ak=<access key> --from-literal=sk=<secret key>',
  },
  monitor: {
    cel: '!self',
    message: 'the monitoring stack is not deployed by Keelson yet',
    next: 'set spec.monitor.enable to false; Keelson itself serves metrics for Prometheus',
  },
  standAlone: {
    cel: 'size(self) != 1',
    message: 'stand-alone mode (one node) is not supported yet',
    next: 'name three different nodes',
  },
} as const;

export const refusal = (why: Refusal) => ({ rule: why.cel, message: `${why.message}: ${why.next}` });
export const validations = (...rules: readonly object[]) => ({ 'x-kubernetes-validations': rules });

export const port = (use: string, example: number) =>
  z
    .int()
    .min(1)
    .max(65535)
    .default(example)
    .describe(`${use}. Every node that runs it must have this port free.`);

export const absolutePath = (description: string) =>
  z.string().regex(/^\//, 'must be an absolute path, beginning with /').max(1024).describe(description);

export const settings = (file: string) =>
  z
    .record(z.string().min(1), z.union([z.string(), z.number(), z.boolean()]))
    .default({})
    .describe(
      `Lines of ${file} to set, by key, over what the image brings. Keys that Keelson computes itself (addresses, ports, ` +
        'paths, names, lists of members) are refused.',
    );

export const device = z
  .strictObject({
    name: z
      .string()
      .regex(/^\/dev\/./, 'must be the path of a device below /dev')
      .max(1024)
      .describe(
        'Path of the whole disk on the node, e.g. /dev/vdc or a link below /dev/disk/by-id. It must be empty.',
      ),
    mountPath: absolutePath(
      'Where the node mounts the disk, e.g. /data/chunkserver0. Not the root, not inside another mount path.',
    ),
    percentage: z
      .int()
      .min(1)
      .max(100)
      .default(80)
      .describe(
        'Share of the file system that is filled with chunks beforehand, in percent; 95 at most is sensible.',
      ),
  })
  .describe('One disk; it becomes one chunkserver.');

const s3Key = z
  .string()
  .refine((value) => value === '' || value === '<>', {
    error: REFUSED.inlineS3Key.message,
    params: { next: REFUSED.inlineS3Key.next } satisfies RefusalParams,
  })
  .default('')
  .meta({
    description: 'Must stay empty or "<>": keys are taken from the Secret that secretRef names.',
    // never repeated in an answer
    format: 'password',
  });

/** On the map that holds the key, not on the key: the API server's answer repeats what a rule stands on. */
const refusedKey = (field: 'ak' | 'sk') => ({
  ...refusal({
    ...REFUSED.inlineS3Key,
    cel: `!has(self.${field}) || self.${field} == '' || self.${field} == '<>'`,
  }),
  fieldPath: `.${field}`,
});

export const s3Config = z
  .strictObject({
    ak: s3Key,
    sk: s3Key,
    nosAddress: z
      .string()
      .max(1024)
      .default('')
      .describe('Address of the S3 service, e.g. http://10.0.0.5:9000.'),
    bucketName: z
      .string()
      .max(63)
      .default('')
      .describe('Bucket that keeps the snapshots; it is created when missing.'),
    secretRef: z
      .strictObject({
        name: z
          .string()
          .min(1)
          .max(253)
          .describe('Name of a Secret in the namespace of the cluster, with the fields ak and sk.'),
      })
      .optional()
      .describe('Where the S3 keys are. Beyond curve-operator.'),
  })
  .prefault({})
  .meta({
    description: 'The S3 service that keeps snapshots.',
    ...validations(refusedKey('ak'), refusedKey('sk')),
  });

const monitored = (fields: Record<string, z.ZodType>) =>
  z
    .strictObject({
      containerImage: z.string().optional(),
      listenPort: z.int().min(0).max(65535).optional(),
      ...fields,
    })
    .optional();

/** Accepted so that existing manifests parse; nothing of it is deployed. */
export const monitor = z
  .strictObject({
    enable: z
      .boolean()
      .refine((on) => !on, {
        error: REFUSED.monitor.message,
        params: { next: REFUSED.monitor.next } satisfies RefusalParams,
      })
      .default(false)
      .meta({
        description: 'Must be false: the monitoring stack is not deployed yet.',
        ...validations(refusal(REFUSED.monitor)),
      }),
    monitorHost: z.string().optional(),
    nodeExporter: monitored({}),
    prometheus: monitored({
      dataDir: z.string().optional(),
      retentionTime: z.string().optional(),
      retentionSize: z.string().optional(),
    }),
    grafana: monitored({
      dataDir: z.string().optional(),
      userName: z.string().optional(),
      passWord: z.string().optional(),
    }),
  })
  .prefault({})
  .describe('The monitoring stack of curve-operator. Accepted, not deployed.');
