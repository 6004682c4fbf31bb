{{- define "keelson.image" -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end }}

{{/* Tells images apart in names. Short enough that the names of pods stay below 63 characters. */}}
{{- define "keelson.imageHash" -}}
{{ include "keelson.image" . | sha256sum | trunc 8 }}
{{- end }}

{{- define "keelson.controlDeployment" -}}
{{ .Release.Name }}-control-{{ include "keelson.imageHash" . }}
{{- end }}

{{/*
Which Kubernetes this is: ids and queues in Temporal begin with it. From the uid of kube-system, which no two clusters
share; `helm template` has no cluster to ask.
*/}}
{{- define "keelson.installation" -}}
{{- if .Values.installation -}}
{{ .Values.installation }}
{{- else -}}
{{- $space := lookup "v1" "Namespace" "" "kube-system" -}}
{{- if not $space -}}
{{- fail "installation is required where helm cannot ask the cluster: --set installation=$(kubectl get namespace kube-system -o jsonpath={.metadata.uid} | cut -c1-8)" -}}
{{- end -}}
{{ $space.metadata.uid | trunc 8 }}
{{- end -}}
{{- end }}

{{/* Labels of an object; call with (list $ "component"). */}}
{{- define "keelson.labels" -}}
{{- $root := first . -}}
app.kubernetes.io/name: keelson
app.kubernetes.io/instance: {{ $root.Release.Name }}
app.kubernetes.io/component: {{ last . }}
app.kubernetes.io/version: {{ $root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ $root.Release.Service }}
helm.sh/chart: {{ $root.Chart.Name }}-{{ $root.Chart.Version }}
{{- end }}

{{/* What finds the pods of a component: never changes. */}}
{{- define "keelson.selector" -}}
{{- $root := first . -}}
app.kubernetes.io/name: keelson
app.kubernetes.io/instance: {{ $root.Release.Name }}
app.kubernetes.io/component: {{ last . }}
{{- end }}

{{- define "keelson.tokenSecret" -}}
{{ .Values.api.auth.existingSecret | default (printf "%s-api-token" .Release.Name) }}
{{- end }}
