import { readManifest } from '../manifest.ts';
import type { Reading } from '../system.ts';
import type { Warning } from '../violation.ts';
import { checkSpec, warnSpec } from './rules.ts';
import { clusterSchema, normalise, type CurveClusterSpec } from './spec.ts';

/** Reads a CurveCluster manifest and says everything that speaks against it at once. */
export const readCluster = (manifest: unknown): Reading<CurveClusterSpec> =>
  readManifest(
    {
      schema: clusterSchema,
      normalise,
      check: checkSpec,
      warn: (spec, parsed) => [...warnSpec(spec), ...confirmation(parsed.cleanupConfirm)],
    },
    manifest,
  );

function confirmation(value: string | undefined): Warning[] {
  if (value === undefined || value === '') return [];
  return [
    { path: 'spec.cleanupConfirm', message: 'is stored and ignored: deleting the resource removes nothing' },
  ];
}
