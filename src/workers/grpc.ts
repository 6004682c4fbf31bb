/** Status codes of gRPC, by number: the package that names them is not ours to import. */
export const NOT_FOUND = 5;
/** Somebody else was quicker. */
export const ALREADY_EXISTS = 6;

export const isGrpc = (error: unknown, code: number): boolean =>
  error instanceof Error && 'code' in error && error.code === code;
