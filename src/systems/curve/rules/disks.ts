import type { CurveClusterSpec, DeviceSpec } from '../spec.ts';
import type { Violation, Warning } from '../../violation.ts';
import { overlapping, unfitFolder } from './paths.ts';

/** One list of disks as it is written: shared by all storage nodes, or of one selected node. */
interface DiskList {
  readonly path: string;
  readonly devices: readonly Readonly<DeviceSpec>[];
}

export function diskLists(spec: CurveClusterSpec): readonly DiskList[] {
  const { useSelectedNodes, devices, selectedNodes } = spec.storage;
  if (!useSelectedNodes) return [{ path: 'spec.storage.devices', devices }];
  return selectedNodes.map((s, i) => ({
    path: `spec.storage.selectedNodes[${i}].devices`,
    devices: s.devices,
  }));
}

const perList = (spec: CurveClusterSpec, rule: (list: DiskList) => Violation[]): Violation[] =>
  diskLists(spec).flatMap(rule);

export const someDisk = (spec: CurveClusterSpec): Violation[] =>
  perList(spec, ({ path, devices }) =>
    devices.length > 0
      ? []
      : [
          {
            path,
            message: 'no disk is named; a storage node needs at least one',
            next: 'name the disks to use, or drop the node',
          },
        ],
  );

export const devicePaths = (spec: CurveClusterSpec): Violation[] =>
  perList(spec, ({ path, devices }) =>
    devices.flatMap(({ name }, i): Violation[] => {
      const at = { path: `${path}[${i}].name`, value: name };
      const first = devices.findIndex((d) => d.name === name);
      if (first !== i) {
        const message = `the same disk is named twice, first in ${path}[${first}].name`;
        return [{ ...at, message, next: 'name every disk of a node once' }];
      }
      if (!/^\/dev\/[A-Za-z0-9._:+@=/-]+$/.test(name) || name.split('/').includes('..')) {
        return [
          { ...at, message: 'this is no path of a device', next: 'use a path below /dev, e.g. /dev/vdc' },
        ];
      }
      return [];
    }),
  );

export const mountPaths = (spec: CurveClusterSpec): Violation[] =>
  perList(spec, ({ path, devices }) =>
    devices.flatMap(({ mountPath }, i): Violation[] => {
      const at = { path: `${path}[${i}].mountPath`, value: mountPath };
      const unfit = unfitFolder(mountPath);
      if (unfit !== undefined)
        return [{ ...at, message: unfit, next: 'use a folder of its own, e.g. /data/chunkserver0' }];
      if (unfitFolder(spec.hostDataDir) === undefined && overlapping(mountPath, spec.hostDataDir)) {
        const message = `overlaps with spec.hostDataDir (${spec.hostDataDir}), which stays on the disk of the system`;
        return [{ ...at, message, next: 'choose a mount path outside of it' }];
      }
      const other = devices.findIndex((d, j) => j < i && overlapping(d.mountPath, mountPath));
      if (other < 0) return [];
      const same = devices[other]?.mountPath === mountPath;
      const message = same
        ? `is also the mount path of ${path}[${other}]`
        : `and ${path}[${other}].mountPath (${devices[other]?.mountPath}) lie one inside the other`;
      return [{ ...at, message, next: 'give every disk a mount path of its own, beside the others' }];
    }),
  );

/** curve_format compares the wanted share with what is free, and something is always taken. */
export const percentages = (spec: CurveClusterSpec): Violation[] =>
  perList(spec, ({ path, devices }) =>
    devices.flatMap(({ percentage }, i): Violation[] => {
      if (percentage < 100) return [];
      const message =
        'a whole file system can never be filled: its own records take a part, and curve_format then does nothing';
      return [{ path: `${path}[${i}].percentage`, value: percentage, message, next: 'use 95 or less' }];
    }),
  );

export const fullDisks = (spec: CurveClusterSpec): Warning[] =>
  diskLists(spec).flatMap(({ path, devices }) =>
    devices.flatMap(({ percentage }, i) =>
      percentage > 95 && percentage < 100
        ? [
            {
              path: `${path}[${i}].percentage`,
              message: `${percentage} % leaves little room for metadata and logs; 95 or less is sensible`,
            },
          ]
        : [],
    ),
  );

export function hostDataDir(spec: CurveClusterSpec): Violation[] {
  const unfit = unfitFolder(spec.hostDataDir);
  if (unfit === undefined) return [];
  return [
    {
      path: 'spec.hostDataDir',
      value: spec.hostDataDir,
      message: unfit,
      next: 'use a folder of its own, e.g. /curvebs',
    },
  ];
}
