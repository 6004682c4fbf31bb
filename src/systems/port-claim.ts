/** A port that a daemon of a cluster listens on. */
export interface PortClaim {
  readonly port: number;
  /** Empty: every address of the node. */
  readonly ip: string;
  /** For messages: which daemon wants it, e.g. `mds a (dummy)`. */
  readonly service: string;
}
