import { z } from 'zod';
import { list } from './list.ts';

/** What the API answers about clusters: one schema each for validation, OpenAPI and the types of the CLI. */

const time = z.string().describe('ISO 8601, UTC');

const next = z
  .string()
  .optional()
  .describe('What a person does next, when something failed: one line, or one for each thing that failed');

const count = z
  .object({ done: z.number(), total: z.number() })
  .describe('How many of how many. What is counted is said in waitingFor');

export const condition = z
  .object({
    type: z.string(),
    status: z.enum(['True', 'False', 'Unknown']),
    reason: z.string(),
    message: z.string(),
    observedGeneration: z.number().optional(),
    lastTransitionTime: time.optional(),
  })
  .describe('A condition as Kubernetes means it');

export const ready = z
  .object({
    status: z
      .enum(['True', 'False', 'Unknown'])
      .describe(
        'Unknown: nobody has looked within the last 60 seconds, or nobody has looked at this generation',
      ),
    reason: z.string(),
    message: z.string(),
    observedAt: time.optional().describe('When the check began'),
    observedGeneration: z.number().optional(),
  })
  .describe('Whether the cluster serves, from its own answers');

export const work = z
  .object({
    what: z.string().describe('What is done, in words'),
    node: z.string().optional(),
    state: z.enum(['waiting', 'running', 'retrying']).describe('waiting: no worker has picked it up yet'),
    done: z.number().optional(),
    total: z.number().optional(),
    waitingFor: z.string().optional(),
    disks: list(z.object({ device: z.string(), done: z.number(), total: z.number() })).optional(),
    since: time.optional(),
    attempt: z.number(),
    lastError: z.string().optional().describe('How the attempt before this one ended'),
    next: next.describe('What a person does about lastError'),
  })
  .describe('One piece of work that goes on now');

export const phase = z
  .object({
    name: z.string().describe('As the system names it'),
    state: z.enum(['Pending', 'Running', 'Skipped', 'Done', 'Failed']),
    started: time.optional(),
    finished: time.optional(),
    nodes: count.describe('Nodes that are through; instances for phases that do not fan out'),
    blocked: list(z.string()).describe('Nodes that do not answer and hold this phase up'),
    progress: count.optional().describe('Sum over the work that goes on now'),
    percent: z.number().optional().describe('How much of the phase is done, 0 to 100; only while it runs'),
    waitingFor: list(z.string()).describe('What is waited for now, in words'),
    work: list(work).describe('What goes on now, what has errors first; at most 20'),
    message: z.string().optional(),
    lastError: z.string().optional(),
    next: next.describe('What a person does about lastError'),
  })
  .describe('One phase of the operation');

export const operation = z
  .object({
    id: z.string().describe('Workflow id in Temporal'),
    generation: z.number(),
    attempt: z.number().describe('1 for the first, one more for each retry'),
    state: z.enum(['Running', 'Succeeded', 'Failed', 'Superseded']),
    message: z.string(),
    next,
    started: time.optional(),
    finished: time.optional(),
  })
  .describe('One document being worked on');

export const links = z.object({
  self: z.string(),
  events: z.string(),
  retry: z.string(),
  temporalUi: z.string().optional().describe('The operation in the Temporal UI'),
});

export const clusterSummary = z.object({
  id: z.string().describe('<system>/<namespace>/<name>'),
  system: z.string().describe('Id of the storage system, e.g. curve'),
  kind: z.string().describe('Id of the kind within the system, e.g. cluster'),
  namespace: z.string(),
  name: z.string(),
  uid: z.string(),
  generation: z.number(),
  created: time.optional(),
  image: z.string().optional(),
  state: z
    .enum(['Pending', 'Refused', 'Running', 'Succeeded', 'Failed', 'Superseded'])
    .describe(
      'Pending: stored, not yet taken up. Refused: its manifest breaks rules, see the condition Accepted',
    ),
  phase: z.string().optional().describe('The phase that runs or failed'),
  message: z.string().optional(),
  next,
  ready,
});

export const clusterDetail = clusterSummary.extend({
  operation: operation.optional(),
  phases: list(phase),
  conditions: list(condition),
  stale: z
    .boolean()
    .describe('True: Temporal or its worker is away, and this is what the resource remembers'),
  staleReason: z.string().optional(),
  links,
});

export const clusterList = z.object({ items: list(clusterSummary) });

export const accepted = z.object({
  id: z.string().describe('<system>/<namespace>/<name>'),
  operation: z.string().describe('Workflow id; the same document again has the same one'),
  generation: z.number(),
  links,
  warnings: list(z.string()).describe(
    'What was accepted but has no effect, and what the API server warned of',
  ),
});

/** One entry of the record of an operation, as an event. */
export const transitionEvent = z.object({
  operation: z.string(),
  sequence: z.number(),
  time,
  phase: z.string(),
  state: z.string(),
  message: z.string(),
});

export type ConditionAnswer = z.infer<typeof condition>;
export type ReadyAnswer = z.infer<typeof ready>;
export type WorkAnswer = z.infer<typeof work>;
export type PhaseAnswer = z.infer<typeof phase>;
export type OperationAnswer = z.infer<typeof operation>;
export type LinksAnswer = z.infer<typeof links>;
export type ClusterSummary = z.infer<typeof clusterSummary>;
export type ClusterDetail = z.infer<typeof clusterDetail>;
export type AcceptedAnswer = z.infer<typeof accepted>;
export type TransitionEvent = z.infer<typeof transitionEvent>;
