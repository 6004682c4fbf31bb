import { type ElectionState, STATUS_PAGE, electionState } from '../../../systems/curve/tools/pages.ts';
import { addressOf } from '../../control/daemon-http.ts';
import type { ActivityContext } from '../../control/activity-context.ts';

/** What an instance says of itself, or why nothing is known. */
export type Role =
  { readonly is: Exclude<ElectionState, 'unknown'> } | { readonly is: 'unknown'; readonly why: string };

/** Asks an instance on its dummy port, the only one that followers and standbys open. */
export async function askRole(
  { ask }: ActivityContext,
  daemon: keyof typeof STATUS_PAGE,
  { ip, dummyPort }: { readonly ip: string; readonly dummyPort: number },
): Promise<Role> {
  const at = { ip, port: dummyPort };
  const answer = await ask({ ...at, path: `${STATUS_PAGE[daemon]}?console=1` });
  if (!answer.answered) return { is: 'unknown', why: `${addressOf(at)} does not answer: ${answer.why}` };
  const is = electionState(daemon, answer.body);
  return is === 'unknown' ? { is, why: `${addressOf(at)} does not say yet what it is` } : { is };
}
