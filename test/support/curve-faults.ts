import { access, mkdir, rm, writeFile } from 'node:fs/promises';
import { eventually } from './eventually.ts';
import { onNode } from './node-root.ts';
import type { Sandbox } from './sandbox.ts';

/** Faults of the Curve image's programs (sandbox/curve-image/internal/faults), switched on and off on one disk. */
export class CurveFault {
  readonly #folder: string;
  readonly #name: string;

  /** @param name e.g. `curve_format.hold-after-chunks` */
  constructor(box: Sandbox, node: string, mountPath: string, name: string) {
    this.#folder = onNode(box, node, `${mountPath}/curve/.faults`);
    this.#name = name;
  }

  async on(value = ''): Promise<void> {
    await mkdir(this.#folder, { recursive: true });
    await writeFile(`${this.#folder}/${this.#name}`, value);
  }

  async off(): Promise<void> {
    await rm(`${this.#folder}/${this.#name}`);
  }

  /** A program stands at this failpoint. */
  async reached(withinMs: number): Promise<void> {
    const mark = `${this.#folder}/reached/${this.#name}`;
    await eventually(
      `${this.#name} is reached`,
      async () => {
        await access(mark);
        return true;
      },
      Boolean,
      withinMs,
    );
  }
}
