import { execa } from 'execa';
import type { NodeName } from '../../sandbox/settings.ts';
import type { Status } from '../../sandbox/status.ts';

export type SandboxNode = NodeName;

/** The sandbox as a person drives it: by its own command and by kubectl. */
export class Sandbox {
  #status: Status;

  private constructor(status: Status) {
    this.#status = status;
  }

  /** There is no skip: without a sandbox the tests fail and say what to start. */
  static async open(): Promise<Sandbox> {
    const status = await readStatus();
    if (!status.running) throw new Error('the sandbox does not run: start it with "npm run sandbox -- up"');
    return new Sandbox(status);
  }

  /** What runs and where, as it was after the last command. */
  get status(): Status {
    return this.#status;
  }

  get nodes(): readonly SandboxNode[] {
    return this.#status.nodes.map((n) => n.name as SandboxNode);
  }

  /** Runs a command of the sandbox to its end; a failure carries all that it said. */
  async run(...command: readonly string[]): Promise<void> {
    const started = Date.now();
    await execa(process.execPath, [PROGRAM, ...command], { all: true, cwd: CHECKOUT });
    this.#status = await readStatus();
    log(`sandbox ${command.join(' ')}: ${seconds(Date.now() - started)}`);
  }

  /** kubectl with the sandbox's credentials; answers its standard output. */
  async kubectl(args: readonly string[], input?: string): Promise<string> {
    const { kubectl, kubeconfig } = this.#status;
    const { stdout } = await execa(
      kubectl,
      ['--kubeconfig', kubeconfig, ...args],
      input === undefined ? { stdin: 'ignore' } : { input },
    );
    return stdout;
  }

  /** The objects of one kind. */
  async list<T>(kind: string, ...args: readonly string[]): Promise<T[]> {
    const text = await this.kubectl(['get', kind, '-o', 'json', ...args]);
    return (JSON.parse(text) as { items: T[] }).items;
  }

  /** The first process of a node as this machine sees it. */
  pid(node: string): number {
    const pid = this.#status.nodes.find((n) => n.name === node)?.pid;
    if (pid === undefined || pid === null) throw new Error(`${node} is powered off`);
    return pid;
  }
}

const CHECKOUT = new URL('../..', import.meta.url).pathname;
const PROGRAM = 'sandbox/start.mjs';

async function readStatus(): Promise<Status> {
  const { stdout } = await execa(process.execPath, [PROGRAM, 'status', '-o', 'json'], { cwd: CHECKOUT });
  return JSON.parse(stdout) as Status;
}

const began = Date.now();
const seconds = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`;

/** One line of the story, so that a person who watches a test of minutes knows where it is. */
export function log(line: string): void {
  process.stdout.write(`  ${seconds(Date.now() - began).padStart(9)}  ${line}\n`);
}
