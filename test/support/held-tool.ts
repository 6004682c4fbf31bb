import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { hasCode, type Host, isMissing } from '../../src/node/host.ts';
import { eventually } from './eventually.ts';

/** A tool that stops before or after its work until it is let go: the failpoint inside of an effect. */
export class HeldTool {
  /** The host with the tool in its PATH. */
  readonly host: Host;
  readonly #folder: string;

  private constructor(host: Host, folder: string) {
    this.host = { ...host, toolPath: `${folder}:${host.toolPath}` };
    this.#folder = folder;
  }

  /** @param call which call of the tool is held, counted from 1; the others pass */
  static async wrap(host: Host, tool: string, when: 'before' | 'after', call = 1): Promise<HeldTool> {
    const folder = await mkdtemp(join(tmpdir(), 'keelson-held-'));
    const { stdout: real } = await execa('which', [tool]);
    await execa('mkfifo', [`${folder}/gate`]);
    const wait = `echo $$ > ${folder}/reached; read line < ${folder}/gate`;
    const script = `#!/bin/sh
echo call >> ${folder}/calls
if [ "$(wc -l < ${folder}/calls)" -ne ${call} ]; then exec ${real} "$@"; fi
${when === 'before' ? `${wait}; exec ${real} "$@"` : `${real} "$@"; code=$?; ${wait}; exit $code`}
`;
    await writeFile(`${folder}/${tool}`, script);
    await chmod(`${folder}/${tool}`, 0o755);
    return new HeldTool(host, folder);
  }

  reached(): Promise<unknown> {
    const isThere = async (): Promise<boolean> => existsSync(`${this.#folder}/reached`);
    return eventually('the held tool is reached', isThere, (there) => there, 20_000);
  }

  async letGo(): Promise<void> {
    await writeFile(`${this.#folder}/gate`, 'go\n');
  }

  async remove(): Promise<void> {
    await this.#endHeld();
    await rm(this.#folder, { recursive: true });
  }

  /** A held tool of a failed test would wait for ever, and keep the disk's lock. */
  async #endHeld(): Promise<void> {
    if (!existsSync(`${this.#folder}/reached`)) return;
    const pid = Number(await readFile(`${this.#folder}/reached`, 'utf8'));
    try {
      if ((await readFile(`/proc/${pid}/cmdline`, 'utf8')).includes(this.#folder))
        process.kill(pid, 'SIGKILL');
    } catch (error) {
      if (!(isMissing(error) || hasCode(error, 'ESRCH'))) throw error;
    }
  }
}
