{{/* Environment of every process; names that start with TEMPORAL_ are read by Temporal's own envconfig. */}}
{{- define "keelson.env" -}}
- name: POD_NAME
  valueFrom: { fieldRef: { fieldPath: metadata.name } }
- name: POD_NAMESPACE
  valueFrom: { fieldRef: { fieldPath: metadata.namespace } }
- name: NODE_NAME
  valueFrom: { fieldRef: { fieldPath: spec.nodeName } }
- name: KEELSON_INSTALLATION
  value: {{ include "keelson.installation" . | quote }}
- name: KEELSON_LOG_LEVEL
  value: {{ .Values.logLevel }}
- name: TEMPORAL_ADDRESS
  value: {{ required "temporal.address is required: host:port of the Temporal frontend, e.g. --set temporal.address=temporal-frontend.temporal.svc:7233" .Values.temporal.address | quote }}
- name: TEMPORAL_NAMESPACE
  value: {{ .Values.temporal.namespace | quote }}
{{- with .Values.temporal.apiKeySecret }}
- name: TEMPORAL_API_KEY
  valueFrom: { secretKeyRef: { name: {{ . }}, key: {{ $.Values.temporal.apiKeyKey }} } }
{{- end }}
{{- with .Values.temporal.tls }}
{{- if .enabled }}
- name: TEMPORAL_TLS
  value: 'true'
{{- with .serverName }}
- name: TEMPORAL_TLS_SERVER_NAME
  value: {{ . | quote }}
{{- end }}
{{- if .clientSecret }}
- name: TEMPORAL_TLS_CLIENT_CERT_PATH
  value: /etc/keelson/temporal-client/{{ .clientCertKey }}
- name: TEMPORAL_TLS_CLIENT_KEY_PATH
  value: /etc/keelson/temporal-client/{{ .clientKeyKey }}
{{- end }}
{{- if .caSecret }}
- name: TEMPORAL_TLS_SERVER_CA_CERT_PATH
  value: /etc/keelson/temporal-ca/{{ .caKey }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}

{{/* Temporal's certificates; empty without TLS. */}}
{{- define "keelson.temporalMounts" -}}
{{- with .Values.temporal.tls }}
{{- if and .enabled .clientSecret }}
- { name: temporal-client, mountPath: /etc/keelson/temporal-client, readOnly: true }
{{- end }}
{{- if and .enabled .caSecret }}
- { name: temporal-ca, mountPath: /etc/keelson/temporal-ca, readOnly: true }
{{- end }}
{{- end }}
{{- end }}

{{- define "keelson.temporalVolumes" -}}
{{- with .Values.temporal.tls }}
{{- if and .enabled .clientSecret }}
- name: temporal-client
  secret: { secretName: {{ .clientSecret }} }
{{- end }}
{{- if and .enabled .caSecret }}
- name: temporal-ca
  secret: { secretName: {{ .caSecret }} }
{{- end }}
{{- end }}
{{- end }}

{{/* Probes of a process; call with the name of its port. */}}
{{- define "keelson.probes" -}}
startupProbe:
  httpGet: { path: /healthz, port: {{ . }} }
  periodSeconds: 1
  failureThreshold: 60
readinessProbe:
  httpGet: { path: /readyz, port: {{ . }} }
  periodSeconds: 5
# Whether the process itself still turns; a Temporal that is away restarts nothing.
livenessProbe:
  httpGet: { path: /healthz, port: {{ . }} }
  periodSeconds: 10
  timeoutSeconds: 5
  failureThreshold: 6
{{- end }}

{{/* Placing of the replicated components; call with (list $ "component"). */}}
{{- define "keelson.placing" -}}
{{- $root := first . -}}
{{- $values := get $root.Values (last .) -}}
# Preferred, not required: a cluster of one node must work too.
affinity:
  podAntiAffinity:
    preferredDuringSchedulingIgnoredDuringExecution:
      - weight: 100
        podAffinityTerm:
          topologyKey: kubernetes.io/hostname
          labelSelector:
            matchLabels:
              {{- include "keelson.selector" . | nindent 14 }}
tolerations:
  - key: node.kubernetes.io/not-ready
    operator: Exists
    effect: NoExecute
    tolerationSeconds: {{ $root.Values.lostNodeTolerationSeconds }}
  - key: node.kubernetes.io/unreachable
    operator: Exists
    effect: NoExecute
    tolerationSeconds: {{ $root.Values.lostNodeTolerationSeconds }}
  {{- with $values.tolerations }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- with $values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $values.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- with $root.Values.image.pullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{- define "keelson.unprivilegedPod" -}}
runAsNonRoot: true
runAsUser: 65532
runAsGroup: 65532
seccompProfile: { type: RuntimeDefault }
{{- end }}

{{- define "keelson.unprivilegedContainer" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: { drop: [ALL] }
{{- end }}
