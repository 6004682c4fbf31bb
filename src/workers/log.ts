import { DefaultLogger, Runtime, makeTelemetryFilterString } from '@temporalio/worker';
import { type Logger, pino } from 'pino';
import { subjectOf } from '../workflows/ids.ts';

const LEVELS = { TRACE: 'trace', DEBUG: 'debug', INFO: 'info', WARN: 'warn', ERROR: 'error' } as const;

/** One JSON object a line, for machines to search. Secrets are never handed to a logger; no redaction is relied on. */
export function createLog(component: string, level: string): Logger {
  return pino({ level, base: { component }, timestamp: pino.stdTimeFunctions.isoTime });
}

/**
 * Puts Temporal's own logs (SDK and core) into ours and opens its metrics on loopback. Once per process, before any
 * connection. No signal is taken over: the process decides how it ends.
 */
export function installRuntime(log: Logger, metricsPort: number): void {
  Runtime.install({
    logger: new DefaultLogger('DEBUG', ({ level, message, meta }) => {
      const subject = typeof meta?.['workflowId'] === 'string' ? subjectOf(meta['workflowId']) : {};
      log[LEVELS[level]]({ ...subject, ...meta }, message);
    }),
    shutdownSignals: [],
    telemetryOptions: {
      logging: { forward: {}, filter: makeTelemetryFilterString({ core: 'WARN', other: 'WARN' }) },
      metrics: {
        prometheus: {
          bindAddress: `127.0.0.1:${metricsPort}`,
          countersTotalSuffix: true,
          unitSuffix: true,
          useSecondsForDurations: true,
        },
      },
    },
  });
}
