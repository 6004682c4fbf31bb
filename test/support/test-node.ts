import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, readlink, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import type { Host } from '../../src/node/host.ts';
import { eventually } from './eventually.ts';
import { requireRoot } from './root.ts';

export interface TestDisk {
  /** The path a spec would name: a symlink in the node's own /dev. */
  readonly path: string;
  /** The node's device node that the link leads to. */
  readonly device: string;
  /** The machine's name of the same loop device. */
  readonly loop: string;
  /** Sparse file behind it. */
  readonly image: string;
}

const MIB = 1024 ** 2;

/**
 * A node as its worker sees one, made of real parts and nothing of this machine's own: a root folder with a first
 * process of its own in a pid namespace (whose mount table is the host's), a /dev that holds only its loop disks, and a
 * boot id that can be changed. Needs root.
 */
export class TestNode {
  readonly host: Host;
  readonly disks: TestDisk[] = [];
  readonly #folder: string;
  readonly #init: ChildProcess;

  private constructor(folder: string, init: ChildProcess) {
    this.#folder = folder;
    this.#init = init;
    this.host = {
      node: 'node-1',
      root: `${folder}/root`,
      dev: `${folder}/dev`,
      toolPath: process.env['PATH'] ?? '',
    };
  }

  static async create(options: { disks?: number; sizeMib?: number } = {}): Promise<TestNode> {
    requireRoot('namespaces, mounts and loop devices');
    const folder = await mkdtemp(join(tmpdir(), 'keelson-node-'));
    const root = `${folder}/root`;
    for (const name of ['root/etc', 'root/proc', 'root/usr', 'root/var/lib', 'root/tmp', 'dev/disk/by-id']) {
      await mkdir(`${folder}/${name}`, { recursive: true });
    }
    for (const name of ['bin', 'lib', 'lib64', 'sbin']) await symlink(`usr/${name}`, `${root}/${name}`);
    await execa('mount', ['--bind', '/usr', `${root}/usr`]);
    // The first process mounts /proc of its own pid namespace and then sees the folder as its root.
    const story = 'mount -t proc proc "$1/proc" && echo up && exec chroot "$1" sleep infinity';
    const init = spawn('unshare', ['--pid', '--fork', '--kill-child', 'sh', '-c', story, 'init', root], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await new Promise<void>((resolve, reject) => {
      init.stdout?.once('data', () => resolve());
      init.once('exit', (code) => reject(new Error(`the node's first process ended with ${code}`)));
    });
    const node = new TestNode(folder, init);
    try {
      // Until the exec is done its root is still the machine's.
      await eventually(
        'the first process has its own root',
        () => readlink(`${root}/proc/1/root`),
        (to) => to === root,
        60_000,
      );
      await node.setBootId(randomUUID());
      for (let i = 0; i < (options.disks ?? 0); i++) await node.addDisk(options.sizeMib);
    } catch (error) {
      await node.remove();
      throw error;
    }
    return node;
  }

  /** Attaches one more empty disk with the next stable name: vdc, vdd, … */
  async addDisk(sizeMib = 600): Promise<TestDisk> {
    const letter = String.fromCharCode('c'.charCodeAt(0) + this.disks.length);
    const image = `${this.#folder}/disk-${letter}.img`;
    await writeFile(image, '');
    await truncate(image, sizeMib * MIB);
    return this.attach(image, `vd${letter}`);
  }

  async attach(image: string, name: string, options: readonly string[] = []): Promise<TestDisk> {
    const { stdout: loop } = await execa('losetup', ['--find', '--show', ...options, image]);
    const kernelName = loop.replace('/dev/', '');
    const device = `${this.host.dev}/${kernelName}`;
    const path = `${this.host.dev}/${name}`;
    await rm(device, { force: true });
    await execa('mknod', [device, 'b', '7', kernelName.replace('loop', '')]);
    await rm(path, { force: true });
    await symlink(kernelName, path);
    const disk = { path, device, loop, image };
    this.disks.push(disk);
    return disk;
  }

  /** Detaches the image of one disk and attaches it under another stable name, read-only if wanted. */
  async reattach(disk: TestDisk, name: string, options: readonly string[] = []): Promise<TestDisk> {
    await this.detach(disk);
    return this.attach(disk.image, name, options);
  }

  async detach(disk: TestDisk): Promise<void> {
    this.disks.splice(this.disks.indexOf(disk), 1);
    await rm(disk.device, { force: true });
    await rm(disk.path, { force: true });
    await this.#release(disk.image);
  }

  /**
   * By image, never by the loop device's name alone: a name that is free again may be somebody else's disk by now. A
   * detach is carried out when the last user has closed the device: a mount namespace that somebody makes meanwhile takes
   * a copy of every mount along, and keeps it for as long as it needs.
   */
  async #release(image: string): Promise<void> {
    const attached = async (): Promise<readonly string[]> =>
      (await execa('losetup', ['--associated', image, '--noheadings', '--output', 'NAME'])).stdout
        .split('\n')
        .filter(Boolean);
    for (const loop of await attached()) await execa('losetup', ['--detach', loop]);
    await eventually(`${image} is detached`, attached, (loops) => loops.length === 0, 60_000);
  }

  /** What a restart of the node changes: nothing is mounted, and the boot has another id. */
  async reboot(): Promise<void> {
    await this.unmountAll();
    await this.setBootId(randomUUID());
  }

  async setBootId(id: string): Promise<void> {
    const [file, target] = [`${this.#folder}/boot-id-${id}`, this.at('/proc/sys/kernel/random/boot_id')];
    await writeFile(file, `${id}\n`);
    await execa('mount', ['--bind', file, target]);
  }

  /** The folder's path as this machine sees it. */
  at(path: string): string {
    return `${this.host.root}${path}`;
  }

  /** Runs a program inside the node's pid namespace, so that the node's /proc shows it. */
  inside(command: readonly [string, ...string[]], env: Record<string, string> = {}) {
    const [tool, ...args] = command;
    return spawn('nsenter', [`--pid=${this.host.root}/proc/1/ns/pid`, tool, ...args], {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: { PATH: this.host.toolPath, ...env },
    });
  }

  async unmountAll(): Promise<void> {
    const { stdout } = await execa('findmnt', ['--list', '--noheadings', '--output', 'TARGET']);
    const own = stdout.split('\n').filter((target) => target.startsWith(this.host.root));
    const kept = ['/proc', '/usr'].map((p) => this.at(p));
    for (const target of own.toReversed()) {
      if (!kept.some((k) => target === k || target.startsWith(`${k}/`))) await execa('umount', [target]);
    }
  }

  async remove(): Promise<void> {
    const ended = new Promise((resolve) => this.#init.once('exit', resolve));
    this.#init.kill('SIGKILL');
    await ended;
    await execa('umount', ['--recursive', '--lazy', this.at('/proc')], { reject: false });
    await execa('umount', ['--lazy', this.at('/usr')], { reject: false });
    await this.unmountAll();
    for (const disk of this.disks) await this.#release(disk.image);
    await rm(this.#folder, { recursive: true });
  }
}
