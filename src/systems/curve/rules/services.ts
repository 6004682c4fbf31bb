import { storageNodesOf } from '../layout.ts';
import { releaseOf } from '../release.ts';
import { COMPUTED_KEYS, SIZE_KEYS } from '../settings.ts';
import type { CurveClusterSpec } from '../spec.ts';
import type { Violation, Warning } from '../../violation.ts';
import { fieldPath } from '../../violation.ts';

const S3 = 'spec.snapShotClone.s3Config';
const missing = (value: string): boolean => value === '' || value === '<>';

/** snapshotclone is worth nothing without its S3 service, and dies of a wrong one. */
export function s3(spec: CurveClusterSpec): Violation[] {
  if (!spec.snapShotClone.enable) return [];
  const { nosAddress, bucketName, secretRef } = spec.snapShotClone.s3Config;
  const needed = 'snapshotclone is enabled and needs it';
  const found: Violation[] = [];
  if (missing(nosAddress)) {
    found.push({
      path: `${S3}.nosAddress`,
      value: nosAddress,
      message: needed,
      next: 'give the address of the S3 service, e.g. http://10.0.0.5:9000',
    });
  } else if (!/^(https?:\/\/)?[A-Za-z0-9.-]+(:\d{1,5})?\/?$/.test(nosAddress)) {
    found.push({
      path: `${S3}.nosAddress`,
      value: nosAddress,
      message: 'this is no address of an S3 service',
      next: 'write it as http://host:port or host:port',
    });
  }
  if (missing(bucketName)) {
    found.push({
      path: `${S3}.bucketName`,
      value: bucketName,
      message: needed,
      next: 'give the name of a bucket; it is created when missing',
    });
  } else if (!/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(bucketName)) {
    found.push({
      path: `${S3}.bucketName`,
      value: bucketName,
      message: 'S3 accepts no bucket of this name',
      next: 'use 3 to 63 lower case letters, digits, "-" and "."',
    });
  }
  if (secretRef === undefined) {
    found.push({
      path: `${S3}.secretRef.name`,
      message: needed,
      next:
        'name a Secret with the fields ak and sk in the namespace of the cluster: kubectl -n <namespace> create secret ' +
        'generic curve-s3 --from-literal=ak=<access key> --from-literal=sk=<secret key>',
    });
  }
  return found;
}

/** Daemons run on the network of their nodes and ask the nodes' own resolver, which knows no Services. */
export function clusterDns(spec: CurveClusterSpec): Warning[] {
  const { enable, s3Config } = spec.snapShotClone;
  const host = /^(?:https?:\/\/)?([A-Za-z0-9.-]+)/.exec(s3Config.nosAddress)?.[1]?.replace(/\.$/, '') ?? '';
  const known = /(?:^|\.)svc(?:\.|$)|\.cluster\.local$/i.test(host) || /^[A-Za-z][A-Za-z0-9-]*$/.test(host);
  if (!enable || !known || host === 'localhost') return [];
  return [
    {
      path: `${S3}.nosAddress`,
      message:
        `${host} looks like a name that only the DNS of Kubernetes knows; snapshotclone asks the resolver of its node: ` +
        'give an address or a name that the nodes themselves know',
    },
  ];
}

/** Settings go into files line by line; what is computed cannot be set by hand. */
export function settings(spec: CurveClusterSpec): Violation[] {
  return (['etcd', 'mds'] as const).flatMap((role) =>
    Object.entries(spec[role].config).flatMap(([key, value]): Violation[] => {
      const path = fieldPath(['spec', role, 'config', key]);
      if (COMPUTED_KEYS[role].has(key.toLowerCase())) {
        const message = `Keelson computes ${key} from nodes, ports and paths of the spec`;
        return [{ path, value, message, next: 'remove it; change the fields of the spec instead' }];
      }
      if (role === 'mds' && SIZE_KEYS.has(key.toLowerCase())) {
        const message = `${key} is fixed: chunks are made in the size that the release is built for`;
        return [{ path, value, message, next: 'remove it' }];
      }
      if (!/^[A-Za-z0-9._-]+$/.test(key)) {
        return [
          {
            path,
            value,
            message: 'this is no name of a setting',
            next: `use a key as it stands in ${role}.conf`,
          },
        ];
      }
      // a line break would smuggle in a second line, and with it a computed key; ${ would be taken for a variable
      if (/[\u0000-\u001f\u007f]/.test(value) || value.includes('${')) {
        const message = 'the value of a setting must be one line of plain text without "${"';
        return [
          {
            path,
            value: value.replace(/[\u0000-\u001f\u007f]/g, ' '),
            message,
            next: 'write it on one line',
          },
        ];
      }
      const same = Object.keys(spec[role].config).find(
        (k) => k !== key && k.toLowerCase() === key.toLowerCase(),
      );
      if (same === undefined || same > key) return [];
      return [{ path, value, message: `names the same setting as ${same}`, next: 'name every setting once' }];
    }),
  );
}

export function release(spec: CurveClusterSpec): Violation[] {
  const { image } = spec.curveVersion;
  const found = releaseOf(image);
  if (found.kind !== 'unsupported') return [];
  return [
    {
      path: 'spec.curveVersion.image',
      value: image,
      message: found.why,
      next: 'use an image of release 1.2, e.g. curve2operator/curvebs:monitor-v1.2.6',
    },
  ];
}

export function unknownRelease(spec: CurveClusterSpec): Warning[] {
  if (releaseOf(spec.curveVersion.image).kind !== 'unknown') return [];
  return [
    {
      path: 'spec.curveVersion.image',
      message: 'the tag names no release of Curve (unknown release); the image is taken for Curve 1.2',
    },
  ];
}

/** MDS keeps the number of copysets of a pool in 32 bits with a sign. */
const MOST_COPYSETS = 2 ** 31 - 1;

export function copysets(spec: CurveClusterSpec): Violation[] {
  const chunkservers = storageNodesOf(spec).reduce((sum, s) => sum + s.devices.length, 0);
  const { copySets } = spec.storage;
  if (Math.floor((chunkservers * copySets) / 3) <= MOST_COPYSETS) return [];
  const message = `with ${chunkservers} chunkservers the pool would have more copysets than mds can count`;
  return [
    {
      path: 'spec.storage.copySets',
      value: copySets,
      message,
      next: `use ${Math.floor((MOST_COPYSETS * 3) / chunkservers)} or less`,
    },
  ];
}
