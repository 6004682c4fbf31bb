import { expect, test } from 'vitest';
import { disksOf } from '../support/evidence-disks.ts';
import { eventually } from '../support/eventually.ts';
import { inKeelson } from '../support/failpoint-wiring.ts';
import { namesOn, readOn, runOn } from '../support/node-root.ts';
import { readyCluster } from '../support/stage.ts';

interface Event {
  readonly involvedObject: { readonly name: string };
  readonly reason: string;
  readonly message: string;
}

const REFUSED_MS = 60_000;

test('a chunkserver never starts on the bare mount point: the kubelet refuses it until the disk is mounted', async () => {
  const { box, cluster } = await readyCluster();
  const [disk] = disksOf(box, cluster).filter((d) => d.node === 'node1');
  if (disk === undefined) throw new Error('the example has no disk on node1');
  const { node, mountPath, address } = disk;
  const dataFile = `${mountPath}/curve/chunkserver.dat`;
  const before = await readOn(box, node, dataFile);
  expect(before).toBeDefined();

  // The disk is unmounted under a pod that is then started again, as after a boot at which nobody mounts.
  const port = address.split(':')[1] ?? '';
  const pod = await podAt(port);
  await runOn(box, node, ['umount', mountPath]);
  await box.kubectl(['-n', cluster.namespace, 'delete', 'pod', pod, '--wait=false']);
  const refused = await eventually(
    'the kubelet refuses the new pod',
    () => box.list<Event>('events', '-n', cluster.namespace, '--field-selector', 'reason=FailedMount'),
    (events) => events.some((e) => e.involvedObject.name !== pod && e.message.includes(`${mountPath}/curve`)),
    REFUSED_MS,
  );
  expect(refused.map((e) => e.message).join('\n')).toContain('hostPath type check failed');
  expect(await namesOn(box, node, mountPath), 'nothing was written to the bare mount point').toEqual([]);
  // The first verdict may know of the pod alone: why the kubelet refuses it is in an Event that comes later.
  await cluster.until(
    `not Ready, and ${mountPath} is named`,
    ({ ready }) => ready.status === 'False' && ready.message.includes(mountPath),
    90_000,
  );

  // Its start is when the node worker mounts what its fstab lines name.
  const worker = await inKeelson(
    box,
    ...['get', 'pods', '-l', 'app.kubernetes.io/component=node'],
    ...['--field-selector', `spec.nodeName=${node}`, '-o', 'name'],
  );
  await inKeelson(box, 'delete', worker);
  await cluster.ready();
  expect(await readOn(box, node, dataFile)).toBe(before);

  async function podAt(hostPort: string): Promise<string> {
    const pods = await box.list<{
      metadata: { name: string };
      spec: { nodeName?: string; containers: { ports?: { hostPort?: number }[] }[] };
    }>('pods', '-n', cluster.namespace);
    const found = pods.find(
      (p) =>
        p.spec.nodeName === node &&
        p.spec.containers.some((c) => c.ports?.some((open) => open.hostPort === Number(hostPort))),
    );
    if (found === undefined) throw new Error(`no pod on ${node} has port ${hostPort}`);
    return found.metadata.name;
  }
});
