import { z } from 'zod';
import type { PhaseDefinition } from './phases.ts';

/** A node of an OpenAPI schema, as far as it is looked into here. */
interface Schema {
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly additionalProperties?: Schema | boolean;
  readonly anyOf?: unknown;
  readonly maximum?: number;
  readonly pattern?: string;
  readonly [keyword: string]: unknown;
}

/** What is different from kind to kind. */
export interface CustomResource {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly plural: string;
  readonly singular: string;
  /** What one is: a sentence. */
  readonly description: string;
  /** The schema that validates manifests. */
  readonly spec: z.ZodType;
  readonly phases: readonly PhaseDefinition[];
  /** Shown by `kubectl get -o wide`. */
  readonly columns: readonly PrinterColumn[];
}

/** A column of `kubectl get`, as a CustomResourceDefinition writes it. */
interface PrinterColumn {
  readonly name: string;
  readonly type: string;
  readonly jsonPath: string;
  readonly description?: string;
  readonly priority?: number;
}

/**
 * The CustomResourceDefinition of a kind, made from the same schema that validates HTTP requests. It accepts by
 * structure what the schema accepts; refusals with a sentence of their own travel as CEL rules.
 */
export function customResourceDefinition(of: CustomResource) {
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: {
      name: `${of.plural}.${of.group}`,
      // Uninstalling the chart must not delete every cluster's resource.
      annotations: { 'helm.sh/resource-policy': 'keep' },
    },
    spec: {
      group: of.group,
      names: { kind: of.kind, listKind: `${of.kind}List`, plural: of.plural, singular: of.singular },
      scope: 'Namespaced',
      versions: [
        {
          name: of.version,
          served: true,
          storage: true,
          subresources: { status: {} },
          additionalPrinterColumns: [...STATE_COLUMNS, ...of.columns, AGE_COLUMN],
          schema: {
            openAPIV3Schema: {
              type: 'object',
              description: of.description,
              required: ['spec'],
              properties: {
                apiVersion: { type: 'string' },
                kind: { type: 'string' },
                metadata: { type: 'object' },
                spec: structural(z.toJSONSchema(of.spec, { target: 'openapi-3.0', io: 'input' }) as Schema),
                status: statusOf(of.phases),
              },
            },
          },
        },
      ],
    },
  };
}

const condition = (type: string, field: string) => `.status.conditions[?(@.type=="${type}")].${field}`;

const STATE_COLUMNS: readonly PrinterColumn[] = [
  {
    name: 'Phase',
    type: 'string',
    jsonPath: '.status.phase',
    description: 'How the newest operation stands.',
  },
  {
    name: 'Ready',
    type: 'string',
    jsonPath: condition('Ready', 'status'),
    description: 'Everything was healthy when it was last checked.',
  },
  { name: 'Message', type: 'string', jsonPath: '.status.message' },
];
const AGE_COLUMN: PrinterColumn = { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' };

const text = (description: string): Schema => ({ type: 'string', description });
const time = (description: string): Schema => ({
  type: 'string',
  format: 'date-time',
  description,
});
const count = (description: string): Schema => ({ type: 'integer', format: 'int64', description });

/** Written for people by the general control activities, never read back to decide. */
const statusOf = (phases: readonly PhaseDefinition[]): Schema => ({
  type: 'object',
  description: 'What is going on, for people. Written by Keelson; nothing is decided from it.',
  properties: {
    phase: text('How the newest operation stands: Running, Succeeded, Failed or Superseded.'),
    message: text('The same in a sentence.'),
    operation: {
      type: 'object',
      description: 'The newest operation.',
      properties: {
        id: text('Its workflow id.'),
        generation: count('Generation of the spec that it works on.'),
        attempt: count('1, and one more for every retry.'),
        state: text('Running, Succeeded, Failed or Superseded.'),
        message: text('How it stands, in a sentence.'),
        next: text('What to do next, when it failed.'),
      },
    },
    observedAt: time('When Ready was last checked.'),
    phases: {
      type: 'array',
      description: `The phases in order: ${phases.map(({ name }) => name).join(', ')}.`,
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['name'],
      items: {
        type: 'object',
        required: ['name', 'state'],
        properties: {
          name: text('Name of the phase.'),
          state: text('Pending, Running, Skipped, Done or Failed.'),
          started: time('When it began.'),
          finished: time('When it ended.'),
          nodes: {
            type: 'object',
            description: 'How many nodes or instances are through.',
            properties: { done: count('Through.'), total: count('In all.') },
          },
          blocked: {
            type: 'array',
            items: { type: 'string' },
            description: 'Nodes that do not answer and hold it up.',
          },
          message: text('What was done or found.'),
          lastError: text('Why it failed.'),
          next: text('What to do next, when it failed.'),
        },
      },
    },
    conditions: {
      type: 'array',
      description: 'Standard conditions; Ready is the one to wait for.',
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['type'],
      items: {
        type: 'object',
        required: ['type', 'status', 'lastTransitionTime', 'reason', 'message'],
        properties: {
          type: text('Which condition.'),
          status: { type: 'string', enum: ['True', 'False', 'Unknown'] },
          observedGeneration: count('Generation of the spec that it was judged for.'),
          lastTransitionTime: time('When status last changed.'),
          reason: text('One word.'),
          message: text('A sentence.'),
        },
      },
    },
  },
});

/**
 * What zod's JSON schema has and a structural schema must not: closed objects (the API server prunes and kubectl
 * refuses by itself), alternatives with types inside, the largest safe integer as a limit, and patterns with `\/`.
 */
function structural(schema: Schema): Schema {
  const { additionalProperties, anyOf, properties, items, maximum, ...rest } = schema;
  if (anyOf !== undefined) return { 'x-kubernetes-preserve-unknown-fields': true };
  return {
    ...rest,
    ...(schema.pattern === undefined ? {} : { pattern: schema.pattern.replaceAll('\\/', '/') }),
    ...(maximum === undefined || maximum === Number.MAX_SAFE_INTEGER ? {} : { maximum }),
    ...(properties === undefined ? {} : { properties: mapValues(properties, structural) }),
    ...(items === undefined ? {} : { items: undefaulted(structural(items)) }),
    ...(typeof additionalProperties === 'object'
      ? { additionalProperties: structural(additionalProperties) }
      : {}),
  };
}

/**
 * Lists are compared whole when two managers apply them. A default that the API server filled into an item would make
 * the same manifest conflict with itself, once applied with kubectl and once posted; Keelson fills it in by itself.
 */
function undefaulted(schema: Schema): Schema {
  const { default: _filledInByUs, properties, items, ...rest } = schema;
  return {
    ...rest,
    ...(properties === undefined ? {} : { properties: mapValues(properties, undefaulted) }),
    ...(items === undefined ? {} : { items: undefaulted(items) }),
  };
}

const mapValues = <T>(fields: Readonly<Record<string, T>>, change: (value: T) => T): Record<string, T> =>
  Object.fromEntries(Object.entries(fields).map(([key, value]) => [key, change(value)]));
