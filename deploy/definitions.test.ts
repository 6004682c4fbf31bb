import { readFileSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { stringify } from 'yaml';
import { SYSTEMS } from '../src/systems/registry.ts';

const FOLDER = new URL('chart/files/crds/', import.meta.url);

test.each(SYSTEMS.kinds)('the definition of $kind.resource.kind is committed as it is generated', (known) => {
  const { plural, apiVersion } = known.kind.resource;
  const file = new URL(`${apiVersion.split('/')[0] ?? ''}_${plural}.yaml`, FOLDER);
  const head = `# Made from src/systems/${known.system.id}: KEELSON_WRITE_CRD=1 npx vitest run --project unit deploy/definitions\n`;
  const wanted = head + stringify(known.kind.definition(), { lineWidth: 0 });
  if (process.env['KEELSON_WRITE_CRD'] === '1') writeFileSync(file, wanted);
  expect(readFileSync(file, 'utf8')).toBe(wanted);
});
