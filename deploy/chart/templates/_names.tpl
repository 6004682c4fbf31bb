{{- define "keelson.image" -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
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
