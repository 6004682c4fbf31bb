import type { PoolFacts } from '../facts.ts';
import { fieldsOf, lastWords, linesOf, numberIn, ToolAnswerError, withoutLeader } from './output.ts';
import type { ToolOutput } from '../../tool-output.ts';

/** Parsers of what curve_ops_tool prints (1.2.6, opencurve/curve, tag v1.2.6, folder tools). */

/** Commands as they are given to curve_ops_tool. */
export const OPS_TOOL = '/curvebs/tools/sbin/curve_ops_tool';

type Server = PoolFacts['servers'][number];
type Chunkserver = PoolFacts['chunkservers'][number];

/** Fails on an exit code other than 0: the rest of the output is then no list. */
function listed(
  command: string,
  { exitCode, output }: ToolOutput,
  first: string,
): readonly Readonly<Record<string, string>>[] {
  if (exitCode !== 0)
    throw new ToolAnswerError(`curve_ops_tool ${command} ended with ${exitCode}: ${lastWords(output)}`);
  const rows = linesOf(output).filter((line) => line.startsWith(`${first} = `));
  const total = /^total: (\d+)/m.exec(output)?.[1];
  if (Number(total) !== rows.length) {
    throw new ToolAnswerError(
      `curve_ops_tool ${command} announced ${total ?? 'no total'} and listed ${rows.length}`,
    );
  }
  return rows.map(fieldsOf);
}

export const parseServerList = (answer: ToolOutput): readonly Server[] =>
  listed('server-list', answer, 'serverID').map((row) => ({
    id: numberIn(row, 'serverID', 'server-list'),
    name: row['hostName'] ?? '',
    ip: row['internalIP'] ?? '',
    port: numberIn(row, 'internalPort', 'server-list'),
    zoneId: numberIn(row, 'zoneID', 'server-list'),
    poolId: numberIn(row, 'poolID', 'server-list'),
  }));

/** What MDS believes: a chunkserver that died is still ONLINE for half a minute. */
export const parseChunkserverList = (answer: ToolOutput): readonly Chunkserver[] =>
  listed('chunkserver-list', answer, 'chunkServerID').map((row) => ({
    id: numberIn(row, 'chunkServerID', 'chunkserver-list'),
    ip: row['hostIP'] ?? '',
    port: numberIn(row, 'port', 'chunkserver-list'),
    onlineState: onlineState(row['onlineState']),
    copysets: numberIn(row, 'copysetNum', 'chunkserver-list'),
  }));

function onlineState(value: string | undefined): Chunkserver['onlineState'] {
  if (value === 'ONLINE' || value === 'OFFLINE' || value === 'UNSTABLE') return value;
  throw new ToolAnswerError(`chunkserver-list names the state ${value ?? 'nothing'}, which is not known`);
}

export interface ListedPool {
  readonly name: string;
  readonly id?: number;
  readonly physicalPoolId?: number;
}

/**
 * The logical pools. The list also tells sizes, which MDS counts once a minute: until then the tool fails, but names the
 * pool whose size it lacks, which proves that the pool is there.
 */
export function parseLogicalPoolList(answer: ToolOutput): readonly ListedPool[] {
  const unsized =
    /^GetMetric topology_metric_logical_pool_(.+)_logical_(?:capacity|alloc) from all mds fail!/m.exec(
      answer.output,
    )?.[1];
  const whole = unsized === undefined ? answer : undefined;
  const rows =
    whole === undefined
      ? linesOf(answer.output)
          .filter((line) => line.startsWith('id = '))
          .map(fieldsOf)
      : listed('logical-pool-list', whole, 'id');
  const pools = rows.map((row) => ({
    name: row['name'] ?? '',
    id: numberIn(row, 'id', 'logical-pool-list'),
    physicalPoolId: numberIn(row, 'physicalPoolID', 'logical-pool-list'),
  }));
  return unsized === undefined ? pools : [...pools, { name: unsized }];
}

export interface CopysetsStatus {
  readonly healthy: boolean;
  readonly detail: string;
}

export function parseCopysetsStatus({ exitCode, output }: ToolOutput): CopysetsStatus {
  const lines = linesOf(output);
  const counts = lines.find((line) => line.startsWith('total copysets: '));
  const verdict = lines.find((line) => line === 'Copysets are healthy!' || line === 'Copysets not healthy!');
  if (verdict === undefined)
    throw new ToolAnswerError(`curve_ops_tool copysets-status ended with ${exitCode}: ${lastWords(output)}`);
  const healthy = exitCode === 0 && verdict === 'Copysets are healthy!';
  return { healthy, detail: counts ?? verdict };
}

/** The answers of one look. */
export interface PoolAnswers {
  readonly serverList: ToolOutput;
  readonly chunkserverList: ToolOutput;
  readonly logicalPoolList: ToolOutput;
  readonly copysetsStatus: ToolOutput;
}

const NO_ANSWER: PoolFacts = {
  answered: false,
  servers: [],
  logicalPools: [],
  chunkservers: [],
  copysetsHealthy: false,
  copysetsDetail: 'no mds leader answered',
};

/** Copies of each copyset. */
const REPLICAS = 3;

/** One look at MDS out of the four answers; throws {@link ToolAnswerError} when one of them makes no sense. */
export function poolFacts(answers: PoolAnswers): PoolFacts {
  if (
    Object.values(answers).some(({ exitCode, output }: ToolOutput) => exitCode !== 0 && withoutLeader(output))
  )
    return NO_ANSWER;
  const chunkservers = parseChunkserverList(answers.chunkserverList);
  const copysets = parseCopysetsStatus(answers.copysetsStatus);
  const held = chunkservers.reduce((sum, chunkserver) => sum + chunkserver.copysets, 0);
  return {
    answered: true,
    servers: parseServerList(answers.serverList),
    logicalPools: parseLogicalPoolList(answers.logicalPoolList).map((pool) => ({
      ...pool,
      copysets: Math.round(held / REPLICAS),
    })),
    chunkservers,
    copysetsHealthy: copysets.healthy,
    copysetsDetail: copysets.detail,
  };
}
