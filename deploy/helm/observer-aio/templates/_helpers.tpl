{{/* Name of the chart, or what replaces it. */}}
{{- define "observer.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" }}
{{- end }}

{{/* Prefix of every object. 52 characters leave room for "-collector" and a revision hash. */}}
{{- define "observer.fullname" -}}
{{- if .Values.fullnameOverride }}
{{- .Values.fullnameOverride | trunc 52 | trimSuffix "-" }}
{{- else if contains (include "observer.name" .) .Release.Name }}
{{- .Release.Name | trunc 52 | trimSuffix "-" }}
{{- else }}
{{- printf "%s-%s" .Release.Name (include "observer.name" .) | trunc 52 | trimSuffix "-" }}
{{- end }}
{{- end }}

{{/* Labels of every object. */}}
{{- define "observer.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
app.kubernetes.io/name: {{ include "observer.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{/* What selects the server's pod. */}}
{{- define "observer.selector" -}}
app.kubernetes.io/name: {{ include "observer.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: server
{{- end }}

{{/* What selects the collector's pods. */}}
{{- define "observer.collector.selector" -}}
app.kubernetes.io/name: {{ include "observer.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: collector
{{- end }}

{{- define "observer.serviceAccountName" -}}
{{- if .Values.serviceAccount.create }}
{{- default (include "observer.fullname" .) .Values.serviceAccount.name }}
{{- else }}
{{- default "default" .Values.serviceAccount.name }}
{{- end }}
{{- end }}

{{- define "observer.collector.serviceAccountName" -}}
{{- if .Values.collector.serviceAccount.create }}
{{- default (printf "%s-collector" (include "observer.fullname" .)) .Values.collector.serviceAccount.name }}
{{- else }}
{{- default "default" .Values.collector.serviceAccount.name }}
{{- end }}
{{- end }}

{{/* registry/repository:tag, or @digest. Takes (dict "image" … "tag" … "root" $). */}}
{{- define "observer.image" -}}
{{- $registry := .image.registry | default (dig "imageRegistry" "" (.root.Values.global | default dict)) }}
{{- $name := ternary (printf "%s/%s" $registry .image.repository) .image.repository (ne $registry "") }}
{{- if .image.digest }}
{{- printf "%s@%s" $name .image.digest }}
{{- else }}
{{- printf "%s:%s" $name (.image.tag | default .tag) }}
{{- end }}
{{- end }}

{{/* Host of the Service as other namespaces see it. */}}
{{- define "observer.host" -}}
{{- printf "%s.%s.svc" (include "observer.fullname" .) .Release.Namespace }}
{{- end }}

{{/* http://host:port of the main port. */}}
{{- define "observer.url" -}}
{{- printf "http://%s:%d" (include "observer.host" .) (int (include "observer.servicePort" .Values.ports.http)) }}
{{- end }}

{{/* Port of the Service for one entry of `ports`. */}}
{{- define "observer.servicePort" -}}
{{- .servicePort | default .port }}
{{- end }}

{{/* Every listener in order: the key in `ports`, the name of the port, the key in the configuration. Order is fixed so that diffs stay small. */}}
{{- define "observer.listeners" -}}
- { key: http, name: http, setting: listen }
- { key: otlpGrpc, name: otlp-grpc, setting: otlp_grpc }
- { key: otlpHttp, name: otlp-http, setting: otlp_http }
- { key: prometheus, name: prometheus, setting: prometheus }
- { key: loki, name: loki, setting: loki }
- { key: tempo, name: tempo, setting: tempo }
- { key: alertmanager, name: alertmanager, setting: alertmanager }
{{- end }}

{{/* Ports of a Service, from the listeners that are on. */}}
{{- define "observer.servicePorts" -}}
{{- $root := . }}
{{- range (include "observer.listeners" . | fromYamlArray) }}
{{- $port := index $root.Values.ports .key }}
{{- if $port.enabled }}
- name: {{ .name }}
  port: {{ include "observer.servicePort" $port }}
  targetPort: {{ .name }}
  protocol: TCP
  {{- with $port.appProtocol }}
  appProtocol: {{ . }}
  {{- end }}
  {{- with $port.nodePort }}
  nodePort: {{ . }}
  {{- end }}
{{- end }}
{{- end }}
{{- end }}

{{/* The server's configuration: what the values imply, then `config` over it. */}}
{{- define "observer.config" -}}
{{- $root := . }}
{{- $server := dict }}
{{- range (include "observer.listeners" . | fromYamlArray) }}
{{- $port := index $root.Values.ports .key }}
{{- if $port.enabled }}
{{- $_ := set $server .setting (printf "%s:%d" $root.Values.listenHost (int $port.port)) }}
{{- else if has .key (list "otlpGrpc" "otlpHttp") }}
{{- $_ := set $server .setting "off" }}
{{- end }}
{{- end }}
{{- with .Values.externalUrl }}
{{- $_ := set $server "external_url" . }}
{{- end }}
{{- $config := dict "server" $server "storage" (dict "data_dir" "/data" "fsync" .Values.storage.fsync) }}
{{- range $signal := list "metrics" "logs" "traces" }}
{{- $retention := dict }}
{{- range $limit, $value := index $root.Values.retention $signal }}
{{- if $value }}
{{- $_ := set $retention $limit $value }}
{{- end }}
{{- end }}
{{- if $retention }}
{{- $_ := set $config $signal (dict "retention" $retention) }}
{{- end }}
{{- end }}
{{- toYaml (mergeOverwrite $config (deepCopy .Values.config)) }}
{{- end }}

{{/* Fails early where values contradict each other in ways a schema cannot say. */}}
{{- define "observer.validate" -}}
{{- if not .Values.ports.http.enabled }}
{{- fail "ports.http.enabled: the main port cannot be switched off" }}
{{- end }}
{{- if lt (int .Values.terminationGracePeriodSeconds) 31 }}
{{- fail "terminationGracePeriodSeconds: must be over 30, the server takes up to 30 s to drain and flush" }}
{{- end }}
{{- if and .Values.collector.enabled (not .Values.ports.otlpGrpc.enabled) (not .Values.collector.endpoint) }}
{{- fail "collector.enabled needs ports.otlpGrpc.enabled, or a collector.endpoint to send to" }}
{{- end }}
{{- end }}
