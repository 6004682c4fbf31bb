import { applicationFailure } from '../../../src/workflows/failure.ts';
import type { PhaseTable } from '../../../src/workflows/operation/phase-table.ts';
import { exampleFailure } from '../systems/failures.ts';
import type { ExampleLayout } from '../systems/layout.ts';
import { example } from './activities.ts';

/** Observe, decide, act, verify: the second look is what says that it is done. */
export async function settings(table: PhaseTable, layout: ExampleLayout): Promise<void> {
  const observe = () => example.read('read the settings').observeSettings(layout);
  const before = await observe();
  if (before.satisfied) {
    table.end('settings', 'Skipped', `already there: ${before.detail}`);
    return;
  }
  await example.write('write the settings').applySettings(layout);
  const after = await observe();
  if (!after.satisfied) throw applicationFailure(exampleFailure('SettingsWrong', { message: after.detail }));
  table.end('settings', 'Done', after.detail);
}
