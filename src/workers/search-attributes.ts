import type { NativeConnection } from '@temporalio/worker';
import type { Logger } from 'pino';
import { BLOCKED_NODES, CLUSTER, PHASE, SYSTEM } from '../workflows/search-attributes.ts';
import { ALREADY_EXISTS, isGrpc } from './grpc.ts';

const WANTED = [SYSTEM, CLUSTER, PHASE, BLOCKED_NODES];

/** Numbers of temporal.api.enums.v1.IndexedValueType, and the words of the temporal command. */
const TYPES = {
  KEYWORD: { number: 2, word: 'Keyword' },
  KEYWORD_LIST: { number: 7, word: 'KeywordList' },
} as const;

/**
 * Makes sure that Temporal knows the attributes by which people filter workflows. Where we may not register them, tells
 * the command that does and goes on.
 */
export async function registerSearchAttributes(
  connection: NativeConnection,
  namespace: string,
  log: Logger,
): Promise<void> {
  try {
    const known = await connection.operatorService.listSearchAttributes({ namespace });
    const missing = WANTED.filter((key) => !(key.name in (known.customAttributes ?? {})));
    if (missing.length === 0) return;
    const searchAttributes = Object.fromEntries(missing.map((key) => [key.name, TYPES[key.type].number]));
    await connection.operatorService.addSearchAttributes({ namespace, searchAttributes });
    log.info({ attributes: missing.map((key) => key.name) }, 'search attributes registered');
  } catch (error) {
    if (isGrpc(error, ALREADY_EXISTS)) return;
    log.warn(
      { err: error, command: commandFor(namespace) },
      'search attributes cannot be registered: run the command once',
    );
  }
}

const commandFor = (namespace: string): string =>
  `temporal operator search-attribute create --namespace ${namespace} ` +
  WANTED.map((key) => `--name ${key.name} --type ${TYPES[key.type].word}`).join(' ');
