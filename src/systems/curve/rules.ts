import { devicePaths, fullDisks, hostDataDir, mountPaths, percentages, someDisk } from './rules/disks.ts';
import { controlNodes, storageNodes } from './rules/nodes.ts';
import { portClashes, portRange } from './rules/ports.ts';
import { clusterDns, copysets, release, s3, settings, unknownRelease } from './rules/services.ts';
import { ZONES } from './layout.ts';
import type { CurveClusterSpec } from './spec.ts';
import type { Violation, Warning } from '../violation.ts';

type Rule = (spec: CurveClusterSpec) => readonly Violation[];

const RULES: readonly Rule[] = [
  release,
  controlNodes,
  hostDataDir,
  storageNodes,
  someDisk,
  devicePaths,
  mountPaths,
  percentages,
  portRange,
  portClashes,
  copysets,
  settings,
  s3,
];

/** Everything that speaks against a spec and can be seen in it alone; empty when nothing does. */
export const checkSpec = (spec: CurveClusterSpec): readonly Violation[] =>
  RULES.flatMap((rule) => rule(spec));

/** What is accepted but a person should know. */
export const warnSpec = (spec: CurveClusterSpec): readonly Warning[] =>
  [unknownRelease, clusterDns, fullDisks, unevenZones, unusedStorage].flatMap((rule) => rule(spec));

function unevenZones(spec: CurveClusterSpec): Warning[] {
  const { useSelectedNodes, selectedNodes, nodes } = spec.storage;
  const count = useSelectedNodes ? selectedNodes.length : nodes.length;
  if (count < ZONES.length || count % ZONES.length === 0) return [];
  const path = useSelectedNodes ? 'spec.storage.selectedNodes' : 'spec.storage.nodes';
  return [
    {
      path,
      message: `${count} nodes in ${ZONES.length} zones: the smallest zone limits what the pool can hold`,
    },
  ];
}

function unusedStorage(spec: CurveClusterSpec): Warning[] {
  const { useSelectedNodes, selectedNodes, nodes, devices } = spec.storage;
  if (useSelectedNodes && nodes.length + devices.length > 0) {
    return [{ path: 'spec.storage', message: 'useSelectedNodes is true: nodes and devices are ignored' }];
  }
  if (!useSelectedNodes && selectedNodes.length > 0) {
    return [
      { path: 'spec.storage.selectedNodes', message: 'useSelectedNodes is false: selectedNodes is ignored' },
    ];
  }
  return [];
}
