import { randomUUID } from 'node:crypto';
import { access, writeFile } from 'node:fs/promises';
import { expect } from 'vitest';
import { type AuditRun, auditOf, overlaps } from './audit-record.ts';
import type { Cluster } from './cluster.ts';
import { type Superblock, superblockOf } from './disk-image.ts';
import { type ClusterDisk, disksOf, diskKey } from './evidence-disks.ts';
import type { FailpointServer } from './failpoint-server.ts';
import { onNode, readOn } from './node-root.ts';
import { type Sandbox, log } from './sandbox.ts';

interface Remembered extends Superblock {
  readonly canary: string;
}

/**
 * Sees to it that no disk is formatted twice. As soon as a file system of the cluster is mounted it writes a canary
 * into it and remembers the hash seed (UUID and time can be equal after a second mkfs); once per disk, ever, so that a
 * later mkfs cannot go unnoticed.
 */
export class Invariants {
  readonly #box: Sandbox;
  readonly #cluster: Cluster;
  readonly #remembered = new Map<string, Remembered>();
  /** Nodes end at the same time; they are looked at one after the other. */
  #looking: Promise<void> = Promise.resolve();

  constructor(box: Sandbox, cluster: Cluster) {
    this.#box = box;
    this.#cluster = cluster;
  }

  /** Looks each time that a node worker has formatted, before that is reported. */
  watch(hold: FailpointServer): void {
    hold.passing({ activity: 'formatDisks', when: 'after' }, () => this.remember());
  }

  /** Remembers every disk that is mounted and was not seen before. */
  remember(): Promise<void> {
    const look = this.#looking.then(() => this.#look());
    this.#looking = look.catch(() => undefined);
    return look;
  }

  async #look(): Promise<void> {
    for (const disk of disksOf(this.#box, this.#cluster)) {
      const key = diskKey(disk);
      if (this.#remembered.has(key) || !(await this.#isMounted(disk))) continue;
      const block = await superblockOf(disk.node, disk.device);
      if (block === undefined) throw new Error(`${key} is mounted and has no ext4 superblock`);
      const canary = randomUUID();
      this.#remembered.set(key, { ...block, canary });
      await writeFile(this.#canaryOf(disk), canary, { flush: true });
      log(`canary on ${key}`);
    }
  }

  /**
   * Fails unless every disk still is the file system that was seen first.
   * @param begun how often mkfs was begun on a disk, where a test ended one half way; once everywhere else
   */
  async verify(begun: Readonly<Record<string, number>> = {}): Promise<void> {
    await this.#verifyFilesystems();
    const disks = disksOf(this.#box, this.#cluster);
    const runs = await auditOf(this.#box, this.#box.nodes);
    const counted = Object.fromEntries(disks.map((d) => [diskKey(d), mkfsOf(d, runs).length] as const));
    expect(counted, 'mkfs in the audit record').toEqual(
      Object.fromEntries(disks.map((d) => [diskKey(d), begun[diskKey(d)] ?? 1] as const)),
    );
    expect(overlaps(runs), 'no two tools ran on one device at a time').toEqual([]);
  }

  /** As {@link verify}, where faults may have ended any mkfs half way: none was begun on a disk after one had ended well. */
  async verifyAfterRandomFaults(): Promise<void> {
    await this.#verifyFilesystems();
    const runs = await auditOf(this.#box, this.#box.nodes);
    for (const disk of disksOf(this.#box, this.#cluster)) {
      const ends = mkfsOf(disk, runs).map(({ exitCode }) => exitCode);
      expect(ends.length, `mkfs on ${diskKey(disk)}`).toBeGreaterThan(0);
      expect(ends.slice(0, -1), `mkfs on ${diskKey(disk)} after one that had ended well`).not.toContain(0);
    }
    expect(overlaps(runs), 'no two tools ran on one device at a time').toEqual([]);
  }

  async #verifyFilesystems(): Promise<void> {
    const disks = disksOf(this.#box, this.#cluster);
    for (const disk of disks) {
      const key = diskKey(disk);
      const remembered = this.#remembered.get(key);
      expect(remembered, `${key} was seen when it had been formatted`).toBeDefined();
      expect(await superblockOf(disk.node, disk.device), `${key} has the same file system`).toMatchObject({
        uuid: remembered?.uuid,
        hashSeed: remembered?.hashSeed,
      });
      const canary = await readOn(this.#box, disk.node, this.#canaryPath(disk));
      expect(canary, `${key} still holds the canary`).toBe(remembered?.canary);
    }
  }

  async #isMounted(disk: ClusterDisk): Promise<boolean> {
    try {
      await access(onNode(this.#box, disk.node, `${disk.mountPath}/curve`));
      return true;
    } catch {
      return false; // not mounted, or its node is off
    }
  }

  readonly #canaryPath = (disk: ClusterDisk): string => `${disk.mountPath}/curve/canary`;
  readonly #canaryOf = (disk: ClusterDisk): string => onNode(this.#box, disk.node, this.#canaryPath(disk));
}

/** In the order in which they were begun. */
const mkfsOf = (disk: ClusterDisk, runs: readonly AuditRun[]): readonly AuditRun[] =>
  runs.filter(
    ({ command, node, path }) => command[0] === 'mkfs.ext4' && node === disk.node && path === disk.device,
  );
