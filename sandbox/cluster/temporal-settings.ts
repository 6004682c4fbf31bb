const processors = ['transfer', 'timer', 'visibility'] as const;

/**
 * Dynamic configuration of the development server. Its one shard polls each of its queues at most 20 times a second
 * by default, so that every hop of a workflow waits up to 50 ms.
 */
export const temporalSettings: readonly string[] = processors.map(
  (processor) => `history.${processor}ProcessorMaxPollRPS=1000`,
);

/** The settings as arguments of `temporal server start-dev`. */
export function settingArguments(settings: readonly string[]): string[] {
  return settings.flatMap((setting) => ['--dynamic-config-value', setting]);
}
