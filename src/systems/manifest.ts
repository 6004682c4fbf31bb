import { z } from 'zod';
import { nearest } from './nearest.ts';
import type { Reading } from './system.ts';
import { fieldPath, type Violation, type Warning } from './violation.ts';

/** How manifests of one kind are read. */
export interface ManifestRules<Parsed, Spec> {
  /** Shape, ranges, defaults and what each field means; see {@link manifestSchema}. */
  readonly schema: z.ZodType<{
    readonly metadata: { readonly namespace: string; readonly name: string };
    readonly spec: Parsed;
  }>;
  /** From what was parsed to what is worked from. */
  readonly normalise: (parsed: Parsed) => Spec;
  /** Everything that speaks against a spec and can be seen in it alone. */
  readonly check: (spec: Spec) => readonly Violation[];
  /** What is accepted but a person should know. */
  readonly warn: (spec: Spec, parsed: Parsed) => readonly Warning[];
}

/** zod's `params` of a value that a schema refuses with a sentence of its own. */
export interface RefusalParams {
  readonly next: string;
}

/** The whole manifest. Fields of metadata and status that Kubernetes adds are accepted and not looked at. */
export const manifestSchema = <ApiVersion extends string, Kind extends string, Spec extends z.ZodType>(
  apiVersion: ApiVersion,
  kind: Kind,
  spec: Spec,
) =>
  z.strictObject({
    apiVersion: z.literal(apiVersion),
    kind: z.literal(kind),
    metadata: z.looseObject({
      name: z
        .string()
        .max(253)
        .regex(
          /^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/,
          'must consist of lower case letters, digits, "-" and ".", as Kubernetes names do',
        ),
      namespace: z.string().min(1).max(63).default('default'),
    }),
    spec,
    status: z.unknown().optional(),
  });

/**
 * Reads a manifest (parsed YAML or JSON) and says everything that speaks against it at once: shape, ranges, unknown
 * fields and all rules. Nothing outside the manifest is looked at.
 */
export function readManifest<Parsed, Spec>(
  rules: ManifestRules<Parsed, Spec>,
  manifest: unknown,
): Reading<Spec> {
  const tidy = withoutNulls(manifest);
  const parsed = rules.schema.safeParse(tidy, { reportInput: true });
  if (!parsed.success) {
    const { issues } = parsed.error;
    const described = z.toJSONSchema(rules.schema, { io: 'input', unrepresentable: 'any' }) as Described;
    const violations = issues.flatMap((issue) => violationsOf(described, issue));
    return { ok: false, violations: [...violations, ...rulesBeside(rules, tidy, issues)] };
  }
  const { metadata, spec } = parsed.data;
  const normal = rules.normalise(spec);
  const violations = rules.check(normal);
  if (violations.length > 0) return { ok: false, violations };
  const { namespace, name } = metadata;
  return { ok: true, namespace, name, spec: normal, warnings: rules.warn(normal, spec) };
}

/** The API server takes null for "not set"; a YAML line such as `config:` means it too. */
function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (!isObject(value)) return value;
  const kept = Object.entries(value).filter(([, inner]) => inner !== null);
  return Object.fromEntries(kept.map(([key, inner]) => [key, withoutNulls(inner)]));
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null;

/**
 * The rules need a whole spec. Where the shape is wrong only in places, the rest is checked with those places left out,
 * so that a person does not meet the next mistake only after correcting the first.
 */
function rulesBeside<Parsed, Spec>(
  { schema, normalise, check }: ManifestRules<Parsed, Spec>,
  manifest: unknown,
  issues: readonly z.core.$ZodIssue[],
): readonly Violation[] {
  const wrong = issues.flatMap((issue) =>
    issue.code === 'unrecognized_keys' ? issue.keys.map((key) => [...issue.path, key]) : [issue.path],
  );
  const parsed = schema.safeParse(leavingOut(manifest, wrong));
  if (!parsed.success) return [];
  const doubtful = (v: Violation) => wrong.some((path) => dependsOn(v.path, path));
  return check(normalise(parsed.data.spec)).filter((v) => !doubtful(v));
}

/** Is this field the one left out, what holds it, or shifted by it in its list? */
function dependsOn(field: string, leftOut: readonly PropertyKey[]): boolean {
  const holder = fieldPath(leftOut.slice(0, -1));
  if (field === holder || field === fieldPath(leftOut)) return true;
  return typeof leftOut.at(-1) === 'number' && field.startsWith(`${holder}[`);
}

/** The manifest without the values at these paths; a list is emptied, since some lists are required. */
function leavingOut(value: unknown, paths: readonly (readonly PropertyKey[])[]): unknown {
  if (paths.length === 0 || !isObject(value)) return value;
  const gone = (key: string) => paths.some((path) => path.length === 1 && String(path[0]) === key);
  const inner = (key: string) =>
    paths.filter((path) => path.length > 1 && String(path[0]) === key).map((path) => path.slice(1));
  const kept = Object.entries(value).flatMap(([key, v]): [string, unknown][] => {
    if (!gone(key)) return [[key, leavingOut(v, inner(key))]];
    return Array.isArray(v) ? [[key, []]] : [];
  });
  return Array.isArray(value) ? kept.map(([, v]) => v) : Object.fromEntries(kept);
}

function violationsOf(whole: Described, issue: z.core.$ZodIssue): Violation[] {
  const path = fieldPath(issue.path);
  const here = at(whole, issue.path);
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => unknownField(here, issue.path, key));
  const params = issue.code === 'custom' ? (issue.params as RefusalParams | undefined) : undefined;
  const value = printable(issue.input, here);
  const next = params?.next ?? here?.description ?? 'correct the value';
  return [{ path, ...(value === undefined ? {} : { value }), message: messageOf(issue), next }];
}

/** Single values only: whatever stands where a map belongs may hold a key. */
function printable(input: unknown, schema: Described | undefined): string | number | boolean | undefined {
  if (schema?.format === 'password' || schema?.properties !== undefined) return undefined;
  const single = typeof input === 'string' || typeof input === 'number' || typeof input === 'boolean';
  return single ? input : undefined;
}

const TYPES: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a map of fields',
  record: 'a map of settings',
};

function messageOf(issue: z.core.$ZodIssue): string {
  const least = issue.path.length === 0 ? 'the manifest' : 'the field';
  switch (issue.code) {
    case 'invalid_type':
      return issue.input === undefined
        ? `${least} is missing`
        : `must be ${TYPES[issue.expected] ?? issue.expected}`;
    case 'invalid_union':
      return 'must be text, a number, true or false';
    case 'invalid_value':
      return `must be ${issue.values.map((v) => JSON.stringify(v)).join(' or ')}`;
    case 'too_small':
      return issue.origin === 'string' ? 'must not be empty' : `must be at least ${issue.minimum}`;
    case 'too_big':
      return `must be at most ${issue.maximum}${issue.origin === 'string' ? ' characters long' : ''}`;
    default:
      return issue.message;
  }
}

/** JSON schema of a manifest, from which hints are taken. */
interface Described {
  readonly description?: string;
  readonly format?: string;
  readonly properties?: Readonly<Record<string, Described>>;
  readonly items?: Described;
}

const at = (whole: Described, path: readonly PropertyKey[]): Described | undefined =>
  path.reduce<Described | undefined>(
    (schema, part) => (typeof part === 'number' ? schema?.items : schema?.properties?.[String(part)]),
    whole,
  );

function unknownField(parent: Described | undefined, path: readonly PropertyKey[], key: string): Violation {
  const known = Object.keys(parent?.properties ?? {});
  const meant = nearest(key, known);
  const next = meant === undefined ? `fields here are ${known.join(', ')}` : `did you mean ${meant}?`;
  return { path: fieldPath([...path, key]), message: 'there is no such field', next };
}
