import type { TEMPLATE_FILES, Templates } from '../../src/systems/curve/render.ts';

/** Templates in the image's manner, shortened: what is computed is a variable, what is fixed has its value. */
const FILES: Record<(typeof TEMPLATE_FILES)[number], string> = {
  'etcd.conf': `# This is the configuration file for the etcd server.

name: etcd\${service_host_sequence}\${service_replica_sequence}
data-dir: \${prefix}/data
wal-dir: \${prefix}/data/wal
snapshot-count: 10000
listen-peer-urls: http://\${service_addr}:\${service_port}
listen-client-urls: http://\${service_addr}:\${service_client_port}
cors:
initial-advertise-peer-urls: http://\${service_addr}:\${service_port}
advertise-client-urls: http://\${service_addr}:\${service_client_port}
initial-cluster: \${cluster_etcd_http_addr}
initial-cluster-state: new
proxy: 'off'
log-outputs: [stderr]
`,
  'mds.conf': `# mds服务端口 ($\{unknown_variable} in a comment stays)
mds.listen.addr=\${service_addr}:\${service_port}
mds.dummy.listen.port=\${service_dummy_port}
global.subnet=127.0.0.0/24
global.port=\${service_port}
mds.etcd.endpoint=\${cluster_etcd_addr}
mds.heartbeat.intervalMs=10000
mds.snapshotcloneclient.addr=\${cluster_snapshotclone_proxy_addr}
mds.common.logDir=\${prefix}/logs
`,
  'chunkserver.conf': `global.ip=\${service_addr}
global.port=\${service_port}
global.external_ip=\${service_external_addr}
mds.listen.addr=\${cluster_mds_addr}
chunkserver.stor_uri=local://\${prefix}/data
s3.config_path=\${prefix}/conf/s3.conf
chunkserver.common.logDir=\${prefix}/logs
`,
  'cs_client.conf': `mds.listen.addr=\${cluster_mds_addr}\nglobal.logPath=\${prefix}/logs\n`,
  'snap_client.conf': `mds.listen.addr=\${cluster_mds_addr}\nglobal.logPath=\${prefix}/logs\n`,
  'snapshotclone.conf': `client.config_path=\${prefix}/conf/snap_client.conf
log.dir=\${prefix}/logs
server.address=\${service_addr}:\${service_port}
server.port=\${service_port}
etcd.endpoint=\${cluster_etcd_addr}
server.dummy.listen.port=\${service_dummy_port}
leader.campagin.prefix=snapshotcloneserverleaderlock
`,
  's3.conf': `# S3 options
s3.nos_address=
s3.snapshot_bucket_name=
s3.ak=
s3.sk=
# http = 0, https = 1
s3.http_scheme=0
`,
  'tools.conf': `# mds地址
mdsAddr=\${cluster_mds_addr}
mdsDummyPort=\${cluster_mds_dummy_port}
rpcTimeout=500
etcdAddr=\${cluster_etcd_addr}
snapshotCloneAddr=\${cluster_snapshotclone_addr}
snapshotCloneDummyPort=\${cluster_snapshotclone_dummy_port}
rootUserName=root
`,
  'nginx.conf': `pid \${prefix}/logs/nginx.pid;
http {
    log_format main '$remote_addr "$request" $status';
    server {
        listen \${service_addr}:\${service_proxy_port};
        location / { proxy_pass http://curvebs.163.com; }
    }
    upstream curvebs.163.com {
        \${cluster_snapshotclone_nginx_upstream}
    }
}
`,
};

export const TEMPLATES: Templates = FILES;
