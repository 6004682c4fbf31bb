/** Durations and sizes as people read them. */

/** `42s`, `3m05s`, `2h14m`, `3d4h`, as kubectl writes ages. */
export function duration(milliseconds: number): string {
  const seconds = Math.max(0, Math.floor(milliseconds / 1_000));
  const [minutes, hours, days] = [
    Math.floor(seconds / 60),
    Math.floor(seconds / 3_600),
    Math.floor(seconds / 86_400),
  ];
  const two = (n: number): string => String(n).padStart(2, '0');
  if (days > 0) return `${days}d${hours % 24}h`;
  if (hours > 0) return `${hours}h${two(minutes % 60)}m`;
  if (minutes > 0) return `${minutes}m${two(seconds % 60)}s`;
  return `${seconds}s`;
}

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];

/** `20 GiB`, `1.8 TiB`. */
export function bytes(count: number): string {
  let [value, unit] = [count, 0];
  while (value >= 1_024 && unit < UNITS.length - 1) {
    value /= 1_024;
    unit++;
  }
  const text = value >= 10 || unit === 0 ? String(Math.round(value)) : value.toFixed(1).replace(/\.0$/, '');
  return `${text} ${UNITS[unit]}`;
}

/** Milliseconds of `90s`, `10m`, `1h30m`; undefined for anything else. */
export function parseDuration(text: string): number | undefined {
  const match = /^(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?$/.exec(text);
  if (match === null || text === '') return undefined;
  const [hours, minutes, seconds] = match.slice(1).map((n) => Number(n ?? 0));
  return ((hours ?? 0) * 3_600 + (minutes ?? 0) * 60 + (seconds ?? 0)) * 1_000;
}
