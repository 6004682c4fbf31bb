import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { versions } from './versions.ts';

it.each([
  ['kubernetes', `k8s.io/kubernetes ${versions.kubernetes}`],
  ['etcd', `go.etcd.io/etcd/server/v3 ${versions.etcd}`],
  ['versitygw', `github.com/versity/versitygw ${versions.versitygw}`],
  ['helm', `helm.sh/helm/v3 ${versions.helm}`],
])('tools/%s/go.mod asks for %s', (tool, line) => {
  expect(readFileSync(new URL(`${tool}/go.mod`, import.meta.url), 'utf8')).toContain(line);
});
