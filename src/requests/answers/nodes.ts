import { z } from 'zod';
import { list } from './list.ts';

/** What the API answers about nodes, their disks, and plans. */

export const node = z.object({
  name: z.string(),
  ip: z.string().optional(),
  ready: z.boolean().describe('As Kubernetes says'),
  schedulable: z.boolean(),
  kernelVersion: z.string().optional(),
  worker: z
    .enum(['answering', 'silent', 'unknown'])
    .describe(
      'Whether the node worker asks for work. silent: not for more than a minute. unknown: Temporal is away',
    ),
  workerSeen: z.string().optional().describe('When the node worker last asked for work'),
});

export const nodeList = z.object({ items: list(node) });

const identity = z
  .discriminatedUnion('kind', [
    z.object({ kind: z.literal('wwn'), value: z.string(), sizeBytes: z.number() }),
    z.object({ kind: z.literal('serial'), value: z.string(), sizeBytes: z.number() }),
    z.object({
      kind: z.literal('boot'),
      bootId: z.string(),
      device: z.string(),
      diskSeq: z.number(),
      sizeBytes: z.number(),
      backingFile: z.string().optional(),
      backingOffset: z.number().optional(),
    }),
  ])
  .describe('How the disk is recognised again; boot is valid until the next boot only');

export const disk = z.object({
  path: z.string(),
  device: z.string(),
  sizeBytes: z.number(),
  type: z.string(),
  model: z.string().optional(),
  rotational: z.boolean().optional(),
  identity,
  findings: list(z.object({ kind: z.string(), detail: z.string() })).describe(
    'Why the disk cannot be used; empty when it can',
  ),
});

export const deviceList = z.object({ node: z.string(), disks: list(disk) });

export const plan = z.object({
  possible: z.boolean(),
  warnings: list(z.string()),
  problems: list(z.object({ path: z.string(), message: z.string(), next: z.string() })),
  nodes: list(
    z.object({
      node: z.string(),
      ip: z.string().optional(),
      zone: z.string().optional(),
      answered: z.boolean(),
      disks: list(
        z.object({
          device: z.string(),
          mountPath: z.string(),
          found: disk.optional(),
          action: z.enum(['format', 'keep', 'refuse', 'unknown']),
          why: z.string(),
          amounts: z
            .record(z.string(), z.number())
            .optional()
            .describe('What will be made on the disk, counted by its name, e.g. chunks'),
        }),
      ),
    }),
  ),
  instances: list(
    z.object({ role: z.string(), id: z.string(), node: z.string(), ports: z.record(z.string(), z.number()) }),
  ),
  details: z
    .record(z.string(), z.string())
    .describe('What else will be made, by name, e.g. a pool: in words'),
  objects: list(z.object({ kind: z.string(), name: z.string() })),
});

export type NodeAnswer = z.infer<typeof node>;
export type DeviceListAnswer = z.infer<typeof deviceList>;
export type PlanAnswer = z.infer<typeof plan>;
