/** What would be there in the end, for a dry run. */
export interface PlannedParts {
  readonly instances: readonly {
    readonly role: string;
    readonly id: string;
    readonly node: string;
    readonly ports: Readonly<Record<string, number>>;
  }[];
  /** What else will be made, as the system names it, e.g. `pool`: a sentence. */
  readonly details: Readonly<Record<string, string>>;
  readonly objects: readonly { readonly kind: string; readonly name: string }[];
}
