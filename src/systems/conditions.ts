/** A condition of a resource, as Kubernetes means it (metav1.Condition). */
export interface Condition {
  readonly type: string;
  readonly status: 'True' | 'False' | 'Unknown';
  /** CamelCase. */
  readonly reason: string;
  readonly message: string;
  /** Absent while nobody has looked at any generation. */
  readonly observedGeneration?: number;
  /** When the status last changed; without fractions of a second, as metav1.Time. */
  readonly lastTransitionTime: string;
}

/** What is read of a resource may have been written by an older version or by hand. */
type HeldCondition = { readonly [Field in keyof Condition]?: Condition[Field] | undefined };

/** The API server refuses messages of more than 32,768 characters. */
export const LONGEST_MESSAGE = 32_000;

/**
 * A condition as it is to be written at `now`: lastTransitionTime moves only when the status does.
 * @param held the conditions that the resource has
 */
export function nextCondition(
  held: readonly HeldCondition[],
  next: Omit<Condition, 'lastTransitionTime'>,
  now: Date,
): Condition {
  const before = held.find((c) => c.type === next.type);
  const since = before?.status === next.status ? before.lastTransitionTime : undefined;
  return {
    ...next,
    message: next.message.slice(0, LONGEST_MESSAGE),
    lastTransitionTime: since ?? now.toISOString().replace(/\.\d+Z$/, 'Z'),
  };
}

/** The resource has this very condition already: writing it would tell nobody anything. */
export const isHeld = (held: readonly HeldCondition[], next: Condition): boolean =>
  held.some(
    (c) =>
      c.type === next.type &&
      c.status === next.status &&
      c.reason === next.reason &&
      c.message === next.message &&
      c.observedGeneration === next.observedGeneration,
  );
