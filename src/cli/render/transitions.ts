import type { ClusterDetail, TransitionEvent } from '../../requests/answers/clusters.ts';
import { oneLine } from './lines.ts';
import { titleOf } from './phases.ts';

/** One line for each thing that happened: for logs and pipes. */
export const transitionLine = ({ time, phase, state, message }: TransitionEvent): string =>
  oneLine(`${time.slice(11, 19)}  ${titleOf(phase).padEnd(14)}  ${state.padEnd(9)}  ${message}`);

/** What runs now, in one line; empty when nothing does. */
export function progressLine(cluster: ClusterDetail, now: Date): string {
  const running = cluster.phases.filter((p) => p.state === 'Running');
  const parts = running.map((p) => {
    const percent = p.percent === undefined ? '' : ` ${p.percent} %`;
    const waiting = p.waitingFor[0] === undefined ? '' : ` (${p.waitingFor[0]})`;
    return `${titleOf(p.name)} ${p.nodes.done}/${p.nodes.total}${percent}${waiting}`;
  });
  return parts.length === 0 ? '' : oneLine(`${now.toISOString().slice(11, 19)}  ${parts.join('; ')}`);
}
