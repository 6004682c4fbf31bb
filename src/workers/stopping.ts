/** Aborted by the first SIGTERM or SIGINT; a second one ends the process at once. */
export function stopSignal(): AbortSignal {
  const stop = new AbortController();
  for (const name of ['SIGTERM', 'SIGINT'] as const) {
    process.on(name, () => {
      if (stop.signal.aborted) process.exit(1);
      stop.abort(new Error(`${name} received`));
    });
  }
  return stop.signal;
}

/** Runs a process to its end. It exits with 1 when `run` fails for any reason but the stop signal. */
export function runProcess(run: (stop: AbortSignal) => Promise<void>, tell: (error: unknown) => void): void {
  const stop = stopSignal();
  run(stop).then(
    () => process.exit(0),
    (error: unknown) => {
      if (stop.aborted && error === stop.reason) process.exit(0);
      tell(error);
      process.exit(1);
    },
  );
}
