/**
 * Activity types carry their system (`curve.applyMds`), since Curve and Ceph both have an mds. General activities have
 * no prefix.
 */
export type Prefixed<System extends string, Activities> = {
  readonly [Name in keyof Activities & string as `${System}.${Name}`]: Activities[Name];
};

export const activityName = (system: string, name: string): string => `${system}.${name}`;

/** The activities of one system under the names by which a worker registers them. */
export const withPrefix = <System extends string, Activities extends object>(
  system: System,
  activities: Activities,
): Prefixed<System, Activities> =>
  Object.fromEntries(
    Object.entries(activities).map(([name, run]) => [activityName(system, name), run as unknown]),
  ) as Prefixed<System, Activities>;
