/** A folder of a cluster on the host's own disk: data and logs of daemons that have no disk for themselves. */
export interface DataDir {
  readonly path: string;
  /** Name of the folder in it with one entry for each daemon that has data, e.g. `data`. */
  readonly daemons: string;
}
