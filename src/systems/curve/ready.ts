/** One thing that must hold for Ready, as it was seen. */
export interface StepCheck {
  /** CamelCase reason used when it does not hold, e.g. `EtcdUnhealthy`. */
  readonly reason: string;
  readonly holds: boolean;
  /** What was seen, in words, with node and object. */
  readonly detail: string;
}
