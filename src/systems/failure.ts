/**
 * What an operation can fail with. A system lists its types in a catalogue; docs/errors is made from the catalogues, and
 * activities and workflows end with a failure of one of them. Message and next step are two fields all the way to whoever
 * reads them: they are joined only where a text has one field.
 */

/** One type of failure, as it is documented. */
export interface FailureEntry {
  /** What it means to the person who reads it. */
  readonly meaning: string;
  /** `always`: tried again by itself. `never`: a person has to do something. `depends`: each occurrence says. */
  readonly retried: 'always' | 'never' | 'depends';
  /** What a person does. `<name>` stands for what an occurrence fills in. */
  readonly next: string;
}

/** Types by name. A name is the `type` of a Temporal failure, and never reused for something else. */
export type FailureCatalogue = Readonly<Record<string, FailureEntry>>;

/** What is told of one thing that failed. */
export interface FailureText {
  readonly message: string;
  /** What a person does next; absent for an error that no catalogue knows. */
  readonly next?: string;
}

/** One of several things that failed together. */
export interface FailurePart extends FailureText {
  /** What the next step is about, where several are shown together: a node, a disk, a path. */
  readonly subject: string;
}

/** What travels in the details of a Temporal failure. */
export interface FailureDetails {
  readonly next: string;
  readonly subject?: string;
  /** Set where several things failed together. */
  readonly parts?: readonly FailurePart[];
  /** Plain data for whoever looks closer. */
  readonly facts?: unknown;
}

/** One occurrence. */
export interface Failure extends FailureDetails {
  readonly type: string;
  /** What failed, on which node and object, and why. */
  readonly message: string;
  readonly retryable: boolean;
}

/** What an occurrence adds to the entry of its type. */
export interface Occurrence {
  readonly message: string;
  /** Instead of the entry's. */
  readonly next?: string | undefined;
  /** By the names that stand in the entry's next step. */
  readonly values?: Readonly<Record<string, string>>;
  readonly subject?: string | undefined;
  readonly parts?: readonly FailurePart[];
  readonly facts?: unknown;
  /** For a type whose entry says `depends`; false when absent. */
  readonly retryable?: boolean;
}

/** Makes failures of one catalogue, so that nothing fails with a type that is not documented. */
export const failuresOf =
  <Catalogue extends FailureCatalogue>(catalogue: Catalogue) =>
  (type: keyof Catalogue & string, occurrence: Occurrence): Failure => {
    const { retried, next } = catalogue[type] as FailureEntry;
    const { message, subject, parts, facts, values = {} } = occurrence;
    return {
      type,
      message,
      next: occurrence.next ?? filled(next, values),
      retryable: retried === 'depends' ? (occurrence.retryable ?? false) : retried === 'always',
      ...(subject === undefined ? {} : { subject }),
      ...(parts === undefined ? {} : { parts }),
      ...(facts === undefined ? {} : { facts }),
    };
  };

const filled = (template: string, values: Readonly<Record<string, string>>): string =>
  template.replaceAll(/<(\w+)>/g, (whole, name: string) => values[name] ?? whole);

/** A failure as the fields of Temporal's ApplicationFailure. */
export function asApplicationFailure({ type, message, retryable, ...details }: Failure) {
  return { type, message, nonRetryable: !retryable, details: [details] };
}

/** The details of a Temporal failure, if one of ours put them there. They may come from a worker of another version. */
export function detailsIn(details: readonly unknown[] | null | undefined): FailureDetails | undefined {
  const first = details?.[0];
  if (typeof first !== 'object' || first === null) return undefined;
  const { next } = first as Partial<FailureDetails>;
  return typeof next === 'string' ? (first as FailureDetails) : undefined;
}
