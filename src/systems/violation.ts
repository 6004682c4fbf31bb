/** What speaks against a document, in the words of the one who wrote it. */
export interface Violation {
  /** Path of the field, e.g. `spec.storage.devices[1].mountPath`. */
  readonly path: string;
  /** What stands there now; absent where nothing does or where it is a secret. */
  readonly value?: string | number | boolean;
  /** What is wrong with it. */
  readonly message: string;
  /** What to do. */
  readonly next: string;
}

/** Accepted, but a person should know. */
export interface Warning {
  readonly path: string;
  readonly message: string;
}

/** `['spec', 'devices', 1, 'name']` → `spec.devices[1].name`; keys that hold dots are quoted. */
export function fieldPath(parts: readonly PropertyKey[]): string {
  return parts.reduce<string>((path, part) => {
    if (typeof part === 'number') return `${path}[${part}]`;
    const name = String(part);
    if (!/^[A-Za-z_][A-Za-z0-9_-]*$/.test(name)) return `${path}["${name}"]`;
    return path === '' ? name : `${path}.${name}`;
  }, '');
}
