/** Something of another cluster, or of nobody we know, in a place that a cluster wants. */
export interface Leftover {
  readonly path: string;
  /** A sentence: what it is, whose. */
  readonly detail: string;
  /** Id of the other cluster that it belongs to, where that is written on it. */
  readonly clusterId?: string;
  /** Name of that cluster, `<namespace>/<name>`, where that is written too. */
  readonly cluster?: string;
  /** What to do, where it is clear. */
  readonly next?: string;
}
