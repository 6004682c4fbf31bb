import type { Failure } from '../../failure.ts';
import type { ToolOutput } from '../../tool-output.ts';
import { POOL_TOOL_FAILURES, type PoolToolFailureType, curveFailure } from '../failures.ts';
import { lastWords, linesOf, signalOf } from './output.ts';

/** Exit codes of curvebs-tool: the low byte of MDS's negative status (docs/curve.md#exit-codes-of-the-pool-tool). */
const POOL_TOOL: Readonly<Record<number, PoolToolFailureType>> = {
  253: 'MdsNotReady',
  252: 'MdsStorage',
  251: 'IdDuplicated',
  250: 'ChunkserverNotFound',
  249: 'ServerNotFound',
  248: 'ZoneNotFound',
  247: 'PhysicalPoolNotFound',
  246: 'LogicalPoolNotFound',
  245: 'CopysetNotFound',
  244: 'CopysetsImpossible',
  243: 'IdAllocation',
  242: 'ServerInUse',
  240: 'NameDuplicated',
  239: 'CopysetCreationFailed',
  238: 'NotRetired',
  236: 'PoolsetNotFound',
  235: 'PoolsetNotDeletable',
  234: 'ChunkSizeConflict',
};

/** What went wrong when curvebs-tool ended; nothing when it did its work. */
export function poolToolFailure({ exitCode, output }: ToolOutput): Failure | undefined {
  if (exitCode === 0) return undefined;
  const said = lastWords(output);
  const words = said === '' ? '' : `: ${said}`;
  const signal = signalOf(exitCode);
  if (signal !== undefined) return killed(signal, words);
  const known = POOL_TOOL[exitCode];
  if (known !== undefined) {
    const meaning = POOL_TOOL_FAILURES[known].meaning.replace(/\.$/, '');
    return curveFailure(known, { message: `curvebs-tool ended with ${exitCode}: ${meaning}${words}` });
  }
  return badMap(output) ?? noLeader(exitCode, words);
}

const killed = (signal: number, words: string): Failure =>
  curveFailure('ToolKilled', { message: `curvebs-tool was killed by signal ${signal}${words}` });

/** Complaints about the call itself, which another try would only repeat. */
const BAD_CALL =
  /cluster map|no avaliable mds address|Invalid sub mds ip:port|undefined op|must be (string|u?int)|status string is invalid/i;

function badMap(output: string): Failure | undefined {
  const line = linesOf(output).find((candidate) => BAD_CALL.test(candidate));
  if (line === undefined) return undefined;
  return curveFailure('ClusterMapRefused', { message: `curvebs-tool refuses the cluster map: ${line}` });
}

const noLeader = (exitCode: number, words: string): Failure =>
  curveFailure('MdsUnreachable', {
    message: `curvebs-tool reached no leading mds (exit ${exitCode})${words}`,
  });

/** What curve_format said about its end, for messages: the disk itself tells whether it worked. */
export function formatWords({ exitCode, output }: ToolOutput): string {
  if (/disk free space not enough/.test(output)) {
    return 'less of the disk is free than the wanted percentage: use a smaller percentage or empty the disk';
  }
  const said = lastWords(output);
  const signal = signalOf(exitCode);
  const end = signal === undefined ? `ended with ${exitCode}` : `was killed by signal ${signal}`;
  return said === '' ? end : `${end}: ${said}`;
}
