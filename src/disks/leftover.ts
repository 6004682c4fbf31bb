/** Something of another cluster, or of nobody we know, in a place that a cluster wants. */
export interface Leftover {
  readonly path: string;
  /** A sentence: what it is, whose. */
  readonly detail: string;
  /** `<namespace>/<name>` of the cluster that owns the place, where it is known. */
  readonly cluster?: string;
  /** What to do, where it is clear. */
  readonly next?: string;
}
