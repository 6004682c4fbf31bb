import { z } from 'zod';
import { nearest } from '../nearest.ts';
import { checkSpec, warnSpec } from './rules.ts';
import type { RefusalParams } from './fields.ts';
import { clusterSchema, normalise, type CurveClusterSpec } from './spec.ts';
import type { Reading } from '../system.ts';
import { fieldPath, type Violation, type Warning } from '../violation.ts';

/**
 * Reads a CurveCluster document (parsed YAML or JSON) and says everything that speaks against it at once: shape,
 * ranges, unknown fields and all rules. Nothing outside the document is looked at.
 */
export function readCluster(document: unknown): Reading<CurveClusterSpec> {
  const tidy = withoutNulls(document);
  const parsed = clusterSchema.safeParse(tidy, { reportInput: true });
  if (!parsed.success) {
    const { issues } = parsed.error;
    return { ok: false, violations: [...issues.flatMap(violationsOf), ...rulesBeside(tidy, issues)] };
  }
  const { metadata, spec } = parsed.data;
  const normal = normalise(spec);
  const violations = checkSpec(normal);
  if (violations.length > 0) return { ok: false, violations };
  const warnings = [...warnSpec(normal), ...confirmation(spec.cleanupConfirm)];
  return {
    ok: true,
    namespace: metadata.namespace,
    name: metadata.name,
    spec: normal,
    warnings,
  };
}

function confirmation(value: string | undefined): Warning[] {
  if (value === undefined || value === '') return [];
  return [
    { path: 'spec.cleanupConfirm', message: 'is stored and ignored: deleting the resource removes nothing' },
  ];
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
function rulesBeside(document: unknown, issues: readonly z.core.$ZodIssue[]): readonly Violation[] {
  const wrong = issues.flatMap((issue) =>
    issue.code === 'unrecognized_keys' ? issue.keys.map((key) => [...issue.path, key]) : [issue.path],
  );
  const parsed = clusterSchema.safeParse(leavingOut(document, wrong));
  if (!parsed.success) return [];
  const doubtful = (v: Violation) => wrong.some((path) => dependsOn(v.path, path));
  return checkSpec(normalise(parsed.data.spec)).filter((v) => !doubtful(v));
}

/** Is this field the one left out, what holds it, or shifted by it in its list? */
function dependsOn(field: string, leftOut: readonly PropertyKey[]): boolean {
  const holder = fieldPath(leftOut.slice(0, -1));
  if (field === holder || field === fieldPath(leftOut)) return true;
  return typeof leftOut.at(-1) === 'number' && field.startsWith(`${holder}[`);
}

/** The document without the values at these paths; a list is emptied, since some lists are required. */
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

function violationsOf(issue: z.core.$ZodIssue): Violation[] {
  const path = fieldPath(issue.path);
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => unknownField(issue.path, key));
  const params = issue.code === 'custom' ? (issue.params as RefusalParams | undefined) : undefined;
  const value = printable(issue.input, at(issue.path));
  const next = params?.next ?? adviceAt(issue.path);
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
  const least = issue.path.length === 0 ? 'the document' : 'the field';
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

/** JSON schema of the document, from which hints are taken. */
interface Described {
  readonly description?: string;
  readonly format?: string;
  readonly properties?: Readonly<Record<string, Described>>;
  readonly items?: Described;
}

const described = z.toJSONSchema(clusterSchema, { io: 'input', unrepresentable: 'any' }) as Described;

const at = (path: readonly PropertyKey[]): Described | undefined =>
  path.reduce<Described | undefined>(
    (schema, part) => (typeof part === 'number' ? schema?.items : schema?.properties?.[String(part)]),
    described,
  );

const adviceAt = (path: readonly PropertyKey[]): string => at(path)?.description ?? 'correct the value';

function unknownField(parent: readonly PropertyKey[], key: string): Violation {
  const known = Object.keys(at(parent)?.properties ?? {});
  const meant = nearest(key, known);
  const next = meant === undefined ? `fields here are ${known.join(', ')}` : `did you mean ${meant}?`;
  return { path: fieldPath([...parent, key]), message: 'there is no such field', next };
}
