import { type FailureCatalogue, failuresOf } from '../../../src/systems/failure.ts';

/** What the work on a store can fail with. */
export const FAILURES = {
  FolderRefused: {
    meaning: 'The folder of a node belongs to somebody else. Nothing was written there.',
    retried: 'never',
    next: 'choose another folder, or remove this one if nobody needs it',
  },
  FolderWrong: {
    meaning: 'The folder was made and is not there.',
    retried: 'never',
    next: 'see who removes it, then retry',
  },
  SettingsWrong: {
    meaning: 'The ConfigMap was written and says something else.',
    retried: 'never',
    next: 'see who else changes the ConfigMap, then retry',
  },
} as const satisfies FailureCatalogue;

export const exampleFailure = failuresOf(FAILURES);
