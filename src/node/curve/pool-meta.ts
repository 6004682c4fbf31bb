/** The first bytes of every checksum: the version `01` of the format as a C string. */
const VERSION = Buffer.from('01\0', 'latin1');

/** What curve_format writes down about the pool that it made (docs/curve.md#the-pools-meta-file). */
export interface PoolMeta {
  readonly chunkSize: number;
  readonly metaPageSize: number;
  /** Since 2.7. */
  readonly blockSize?: number;
  /** Absolute, as the container sees it. */
  readonly path: string;
}

/** Reads a chunkfilepool.meta: JSON, padded with zero bytes to a page. Undefined: broken JSON or a wrong checksum. */
export function parsePoolMeta(bytes: Buffer): PoolMeta | undefined {
  const end = bytes.indexOf(0);
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString('utf8', 0, end === -1 ? bytes.length : end));
  } catch {
    return undefined; // cut off while it was written, or not a meta file at all
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const {
    chunkSize,
    metaPageSize,
    blockSize,
    chunkfilepool_path: path,
    crc,
  } = value as Record<string, unknown>;
  if (!isU32(chunkSize) || !isU32(metaPageSize) || typeof path !== 'string') return undefined;
  if (blockSize !== undefined && !isU32(blockSize)) return undefined;
  const meta = { chunkSize, metaPageSize, path, ...(blockSize === undefined ? {} : { blockSize }) };
  return crc === poolMetaCrc(meta) ? meta : undefined;
}

/** The path is part of the checksum: format and chunkserver must see the disk at the same place. */
export function poolMetaCrc(meta: PoolMeta): number {
  const sizes = [
    meta.chunkSize,
    meta.metaPageSize,
    ...(meta.blockSize === undefined ? [] : [meta.blockSize]),
  ];
  const numbers = Buffer.alloc(sizes.length * 4);
  sizes.forEach((size, i) => numbers.writeUInt32LE(size, i * 4));
  return crc32c(Buffer.concat([VERSION, numbers, Buffer.from(meta.path, 'utf8')]));
}

const isU32 = (value: unknown): value is number =>
  typeof value === 'number' && Number.isInteger(value) && value >= 0 && value < 2 ** 32;

// Castagnoli's polynomial, bit-reversed. (node:zlib's crc32 is the other one.)
const POLYNOMIAL = 0x82f63b78;

export function crc32c(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ POLYNOMIAL : crc >>> 1;
  }
  return (crc ^ 0xffffffff) >>> 0;
}
