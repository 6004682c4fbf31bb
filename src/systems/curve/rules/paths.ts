/** Below these nothing may be mounted or stored. */
const SYSTEM_TREES = [
  '/bin',
  '/boot',
  '/dev',
  '/etc',
  '/lib',
  '/lib64',
  '/proc',
  '/run',
  '/sbin',
  '/sys',
  '/usr',
];
/** State of Kubernetes itself; below it kubelet and containerd clean up as they like. */
const RUNTIME_TREES = [
  '/var/lib/kubelet',
  '/var/lib/containerd',
  '/var/lib/containers',
  '/var/lib/docker',
  '/var/lib/etcd',
];
/** These may hold our folders but must not become one. */
const SYSTEM_FOLDERS = [
  '/',
  '/home',
  '/media',
  '/mnt',
  '/opt',
  '/root',
  '/srv',
  '/tmp',
  '/var',
  '/var/lib',
  '/var/log',
];

export const inside = (path: string, folder: string): boolean =>
  path === folder || path.startsWith(folder === '/' ? '/' : `${folder}/`);

export const overlapping = (one: string, other: string): boolean => inside(one, other) || inside(other, one);

/** Why a folder of the host cannot be used for data, or nothing. */
export function unfitFolder(path: string): string | undefined {
  if (!/^[A-Za-z0-9._/-]+$/.test(path))
    return 'only letters, digits, ".", "_", "-" and "/" are possible in a path';
  if (path.split('/').some((part) => part === '..' || part === '.'))
    return 'the path must not contain "." or ".." as a folder';
  if (SYSTEM_FOLDERS.includes(path)) return `${path} is a folder of the operating system`;
  const tree = [...SYSTEM_TREES, ...RUNTIME_TREES].find((folder) => overlapping(path, folder));
  return tree === undefined ? undefined : `${tree} belongs to the operating system or to Kubernetes`;
}
