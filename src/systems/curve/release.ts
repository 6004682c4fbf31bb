/** Which Curve an image holds, as far as its tag tells. */
export type Release =
  | { readonly kind: 'supported'; readonly version: string }
  /** No version in the tag (`latest`, a digest): taken for 1.2. */
  | { readonly kind: 'unknown' }
  | { readonly kind: 'unsupported'; readonly version: string; readonly why: string };

function versionIn(image: string): readonly [number, number, string] | undefined {
  const name = image.split('@', 1)[0] ?? '';
  const tag = /:([^/:]+)$/.exec(name)?.[1] ?? '';
  const found = /(?:^|[^0-9.])v?(\d+)\.(\d+)((?:\.\d+)?)/.exec(tag);
  if (found === null) return undefined;
  const [, major = '', minor = '', patch = ''] = found;
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
