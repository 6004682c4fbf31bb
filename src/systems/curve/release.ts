/** Which Curve an image holds, as far as its tag tells. */
export type Release =
  | { readonly kind: 'supported'; readonly version: string }
  /** The tag names no release of Curve (`latest`, a digest, a build of one's own): taken for 1.2. */
  | { readonly kind: 'unknown' }
  | { readonly kind: 'unsupported'; readonly version: string; readonly why: string };

/** As Curve tags its releases: `v1.2.6`, `monitor-v1.2.6`, `v2.7.0-rc1`. */
const RELEASE_TAG = /^(?:monitor-)?(?:release-?)?v?(\d+)\.(\d+)((?:\.\d+)?)(?:[-_+].*)?$/i;

/** The newest Curve that there is: a larger number is a date or a build. */
const LAST_MAJOR = 3;

function versionIn(image: string): readonly [number, number, string] | undefined {
  const name = image.split('@', 1)[0] ?? '';
  const tag = /:([^/:]+)$/.exec(name)?.[1] ?? '';
  const found = RELEASE_TAG.exec(tag);
  if (found === null) return undefined;
  const [, major = '', minor = '', patch = ''] = found;
  if (Number(major) > LAST_MAJOR) return undefined;
  return [Number(major), Number(minor), `${major}.${minor}${patch}`];
}

/**
 * The phases know the files, flags and outputs of 1.2 (docs/curve.md#releases). From 2.0 on chunks may be called `N.clean`, from
 * 2.7 on chunkservers format pools by themselves, and pools need pool sets.
 */
export function releaseOf(image: string): Release {
  if (/(^|\/)curvefs[:@]/.test(image)) {
    return { kind: 'unsupported', version: 'CurveFS', why: 'this is an image of CurveFS, not of CurveBS' };
  }
  const found = versionIn(image);
  if (found === undefined) return { kind: 'unknown' };
  const [major, minor, version] = found;
  if (major === 1 && minor === 2) return { kind: 'supported', version };
  return {
    kind: 'unsupported',
    version,
    why: `Curve ${version} names chunks, pools or settings differently from 1.2`,
  };
}
