import { readFile, rename, writeFile } from 'node:fs/promises';
import type { Image } from '../images/images.ts';
import { nodeFolder } from './node-config.ts';
import { nodeProcess } from './node.ts';
import type { Progress } from '../progress.ts';
import { run } from '../machine/run.ts';
import { nodeNames, type NodeName } from '../settings.ts';
import { imageList } from './template.ts';

/** Which content of which image a node has: name → key. Lies in its containerd root and came with the template. */
async function imagesOf(node: NodeName): Promise<Record<string, string>> {
  const text = await readFile(`${nodeFolder(node)}/containerd/${imageList}`, 'utf8').catch(() => '{}');
  return JSON.parse(text) as Record<string, string>;
}

/** Brings images that changed since the nodes' template was made into the nodes that run. */
export async function importImages(images: readonly Image[], progress: Progress): Promise<void> {
  await Promise.all(
    nodeNames.map(async (node) => {
      const pid = (await nodeProcess(node))?.pid;
      const known = await imagesOf(node);
      const missing = images.filter((image) => known[image.name] !== image.key);
      if (pid === undefined || missing.length === 0) return;
      await progress.step(
        `import ${missing.map((image) => image.name).join(', ')} into ${node}`,
        async () => {
          for (const image of missing) {
            const inside = [
              'nsenter',
              `--target=${pid}`,
              '--mount',
              '--pid',
              '--net',
              '--',
              'ctr',
              '-n',
              'k8s.io',
            ];
            // The node does not see the machine's files: the archive goes in through standard input.
            await run(['sh', '-c', 'exec "$@" < "$0"', image.archive, ...inside, 'images', 'import', '-'], {
              logName: 'template',
            });
            known[image.name] = image.key;
          }
          const file = `${nodeFolder(node)}/containerd/${imageList}`;
          // A new file: the old one is shared with the template by hard link.
          await writeFile(`${file}.new`, JSON.stringify(known));
          await rename(`${file}.new`, file);
        },
      );
    }),
  );
}
