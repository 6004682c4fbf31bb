/** One thing that must hold for Ready, as it was seen. */
export interface StepCheck {
  /** CamelCase reason used when it does not hold, e.g. `NodeNotReady`. */
  readonly reason: string;
  readonly holds: boolean;
  /** What was seen, in words, with node and object. */
  readonly detail: string;
}

/** Everything that Ready is judged from. */
export interface ClusterFacts {
  /** ISO time at which the looking began. */
  readonly observedAt: string;
  /** A system names what others rest on first: of two that fail, the first gives the reason. */
  readonly checks: readonly StepCheck[];
}

export interface ReadyVerdict {
  readonly ready: boolean;
  /** CamelCase, as Kubernetes conditions want it. */
  readonly reason: string;
  readonly message: string;
  readonly observedAt: string;
  readonly observedGeneration: number;
}

/** Name in managedFields of whoever says Ready: one for all, so that each takes over from the one before. */
export const READY_MANAGER = 'keelson-ready';

/** Reason of a condition that holds. */
const READY = 'AllChecksHold';
/** Nothing was looked at: that is no health. */
const UNSEEN = 'NothingObserved';

/** Sentences in one message; a person reads the first ones, and conditions have a limit. */
const MOST_SENTENCES = 20;

/** Causes before effects: a lost node makes its daemons fail too, and the reason should name the node. */
const CAUSES_FIRST = ['NodeNotReady', 'DiskNotMounted'];

const rank = (check: StepCheck): number => {
  const place = CAUSES_FIRST.indexOf(check.reason);
  return place < 0 ? CAUSES_FIRST.length : place;
};

/** Ready only when every single check holds; the message lists all that do not. */
export function judgeReady(facts: ClusterFacts, observedGeneration: number): ReadyVerdict {
  const seen = { observedAt: facts.observedAt, observedGeneration };
  if (facts.checks.length === 0)
    return { ready: false, reason: UNSEEN, message: 'nothing could be observed', ...seen };
  const failing = facts.checks.filter((check) => !check.holds).toSorted((a, b) => rank(a) - rank(b));
  const [first] = failing;
  if (first === undefined) {
    return { ready: true, reason: READY, message: `all ${facts.checks.length} checks hold`, ...seen };
  }
  // One cause may keep several things from being seen, and each says so in the same words.
  const sentences = [...new Set(failing.map((check) => check.detail))];
  const told = sentences.slice(0, MOST_SENTENCES);
  const rest = sentences.length - told.length;
  const message = [...told, ...(rest > 0 ? [`and ${rest} more`] : [])].join('; ');
  return { ready: false, reason: first.reason, message, ...seen };
}
