{{/*
Configuration of the node collector: container log files and OTLP of the node's pods, with Kubernetes attributes, to the
server. Component names are those of collector 0.149 and newer.
*/}}
{{- define "observer.collector.generated" -}}
{{- $logs := .Values.collector.logs }}
{{- $endpoint := .Values.collector.endpoint | default (printf "%s:%d" (include "observer.host" .) (int (include "observer.servicePort" .Values.ports.otlpGrpc))) }}
extensions:
  # Brackets: on IPv6 clusters an address has colons of its own.
  health_check:
    endpoint: "[${env:POD_IP}]:13133"
  # On the node's disk: how far each file was read, and what could not be sent yet. Both outlive the pod.
  file_storage:
    directory: /var/lib/otelcol
    recreate: true
    max_size: {{ mul (int64 .Values.collector.queue.diskMiB) 1048576 }}
    compaction:
      directory: /var/lib/otelcol
      on_start: true
      on_rebound: true
      rebound_needed_threshold_mib: {{ div (int64 .Values.collector.queue.diskMiB) 2 }}
      cleanup_on_start: true

receivers:
  otlp:
    protocols:
      grpc:
        endpoint: "[${env:POD_IP}]:4317"
      http:
        endpoint: "[${env:POD_IP}]:4318"
  {{- if $logs.enabled }}
  file_log:
    include: {{ toJson $logs.include }}
    exclude:
      # A collector that reads what it logs about what it reads never comes to rest.
      - /var/log/pods/{{ .Release.Namespace }}_{{ include "observer.fullname" . }}-collector-*_*/*/*.log
      {{- if not $logs.includeServer }}
      - /var/log/pods/{{ .Release.Namespace }}_{{ include "observer.fullname" . }}-0_*/*/*.log
      {{- end }}
      {{- range $logs.exclude }}
      - {{ . | quote }}
      {{- end }}
    start_at: {{ $logs.startAt }}
    storage: file_storage
    include_file_path: true
    include_file_name: false
    # When the pipeline is full, wait: the lines are safe in their files.
    retry_on_failure:
      enabled: true
      max_elapsed_time: 0s
    operators:
      {{- include "observer.collector.operators" . | trim | nindent 6 }}
  {{- end }}

processors:
  memory_limiter:
    check_interval: 1s
    limit_percentage: 80
    spike_limit_percentage: 20
  k8s_attributes:
    auth_type: serviceAccount
    filter:
      node_from_env_var: K8S_NODE_NAME
    # Else the first lines after a start would have no names.
    wait_for_metadata: true
    wait_for_metadata_timeout: 60s
    # The first whose attributes are there decides, found or not. By name before uid: the uid in the path of a static pod's
    # log is not the one the API knows it by.
    pod_association:
      - sources:
          - { from: resource_attribute, name: k8s.namespace.name }
          - { from: resource_attribute, name: k8s.pod.name }
      - sources:
          - { from: resource_attribute, name: k8s.pod.uid }
      - sources:
          - { from: resource_attribute, name: k8s.pod.ip }
      - sources:
          - from: connection
    extract:
      # resource.opentelemetry.io/* annotations of a pod name its service, its version and so on.
      otel_annotations: true
      metadata:
        {{- toYaml .Values.collector.attributes.metadata | nindent 8 }}
      labels:
        - { from: pod, key: app.kubernetes.io/name, tag_name: aio.label.name }
        - { from: pod, key: app, tag_name: aio.label.app }
        {{- with .Values.collector.attributes.labels }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
      {{- with .Values.collector.attributes.annotations }}
      annotations:
        {{- toYaml . | nindent 8 }}
      {{- end }}
  # One name per service for all signals: what the SDK or an annotation says, else the pod's app label, else its workload,
  # else its container. (The processor above would prefer the instance label, which is the name of a whole Helm release.)
  transform/service:
    error_mode: ignore
    {{- range $signal := list "log" "metric" "trace" }}
    {{ $signal }}_statements:
      - context: resource
        statements:
          - delete_key(attributes, "service.name") where attributes["service.name"] != nil and IsMatch(attributes["service.name"], "^(unknown_service.*)?$")
          {{- range $.Values.collector.attributes.serviceNameFrom }}
          - set(attributes["service.name"], attributes[{{ . | quote }}]) where attributes["service.name"] == nil and attributes[{{ . | quote }}] != nil
          {{- end }}
          - set(attributes["service.namespace"], attributes["k8s.namespace.name"]) where attributes["service.namespace"] == nil and attributes["k8s.namespace.name"] != nil
          {{- with $.Values.collector.clusterName }}
          - set(attributes["k8s.cluster.name"], {{ . | quote }}) where attributes["k8s.cluster.name"] == nil
          {{- end }}
          - delete_key(attributes, "aio.label.name")
          - delete_key(attributes, "aio.label.app")
      {{- if and $logs.enabled (eq $signal "log") }}
      # When a line was read says nothing about it, and would be kept with each.
      - context: log
        statements:
          - set(observed_time_unix_nano, 0) where attributes["log.iostream"] != nil
      {{- end }}
    {{- end }}

exporters:
  otlp_grpc:
    endpoint: {{ $endpoint | quote }}
    compression: {{ .Values.collector.compression }}
    tls:
      insecure: {{ .Values.collector.insecure }}
    {{- with .Values.collector.tenant }}
    headers:
      X-Scope-OrgID: {{ . | quote }}
    {{- end }}
    retry_on_failure:
      enabled: true
      initial_interval: 1s
      max_interval: 30s
      # Retried until it is taken; the queue is what bounds it.
      max_elapsed_time: 0s
    # Batches are made behind the queue, not by a processor before it: what a batch processor holds is lost with the
    # process, although the position in its file has moved on.
    sending_queue:
      enabled: true
      storage: file_storage
      sizer: items
      queue_size: {{ int64 .Values.collector.queue.items }}
      block_on_overflow: true
      num_consumers: 2
      batch:
        sizer: items
        flush_timeout: 1s
        min_size: 2000
        max_size: 5000

service:
  extensions: [health_check, file_storage]
  telemetry:
    logs:
      encoding: json
    metrics:
      level: normal
      readers:
        - pull:
            exporter:
              prometheus:
                host: ${env:POD_IP}
                port: 8888
  pipelines:
    logs:
      receivers: [{{ if $logs.enabled }}file_log, {{ end }}otlp]
      processors: [memory_limiter, k8s_attributes, transform/service]
      exporters: [otlp_grpc]
    metrics:
      receivers: [otlp]
      processors: [memory_limiter, k8s_attributes, transform/service]
      exporters: [otlp_grpc]
    traces:
      receivers: [otlp]
      processors: [memory_limiter, k8s_attributes, transform/service]
      exporters: [otlp_grpc]
{{- end }}

{{/*
What happens to a line: the runtime's framing comes off, continuation lines join the line they belong to, severity and
trace ids found in the text become fields. The text itself stays as it was written: queries and dashboards parse it.
*/}}
{{- define "observer.collector.operators" -}}
{{- $logs := .Values.collector.logs }}
{{- $containers := $logs.multiline.firstLineContainers }}
{{- $dated := printf "resource[\"k8s.container.name\"] in %s" ($containers | toJson) }}
- type: container
  id: container
  # Below the server's limit of 256 KiB for a line, with room for the last part.
  max_log_size: 229376
# Docker's files keep the line break.
- type: add
  id: line-break-off
  if: 'body endsWith "\n"'
  field: body
  value: 'EXPR(trimSuffix(body, "\n"))'
{{- if $logs.multiline.enabled }}
# stdout and stderr of a container share a file, but not their lines.
- type: add
  id: source
  field: attributes._source
  value: 'EXPR(attributes["log.file.path"] + ":" + (attributes["log.iostream"] ?? ""))'
{{- if $containers }}
# Containers whose every entry begins with a date: anything else continues it.
- type: recombine
  id: recombine-dated
  if: {{ $dated | toJson }}
  combine_field: body
  is_first_entry: {{ printf "body matches %s" ($logs.multiline.firstLine | toJson) | toJson }}
  source_identifier: attributes._source
  force_flush_period: {{ $logs.multiline.flushAfter }}
  max_log_size: 229376
{{- end }}
# All others: what is indented, or looks like the rest of a traceback, continues the line before.
- type: recombine
  id: recombine
  {{- if $containers }}
  if: {{ printf "not (%s)" $dated | toJson }}
  {{- end }}
  combine_field: body
  is_first_entry: {{ printf "not (body matches %s)" ($logs.multiline.continuation | toJson) | toJson }}
  source_identifier: attributes._source
  force_flush_period: {{ $logs.multiline.flushAfter }}
  max_log_size: 229376
- type: remove
  id: source-off
  field: attributes._source
{{- end }}
{{- if $logs.severity }}
# "level": "info", level=info, and the level after a leading date, as Python, Java and others write it.
- type: regex_parser
  id: level
  regex: {{ $logs.patterns.severity | toJson }}
  parse_to: attributes._level
  on_error: send_quiet
# INFO: … or [INFO] … at the start
- type: regex_parser
  id: level-first
  if: attributes._level == nil
  regex: '^\[?(?P<level>TRACE|DEBUG|INFO|NOTICE|WARN|WARNING|ERROR|CRITICAL|FATAL)\b'
  parse_to: attributes._level
  on_error: send_quiet
- type: severity_parser
  id: severity
  if: attributes._level != nil
  parse_from: attributes._level.level
  mapping:
    trace: [trc]
    debug: [dbg]
    info: [notice, information]
    warn: [wrn, warning]
    error: [err]
    fatal: [crit, critical, panic, emerg, emergency, alert]
# klog: I0102 15:04:05.000000. A letter is no name for a level, so the name is written out.
- type: regex_parser
  id: level-klog
  if: 'body matches "^[IWEF][0-9]{4} "'
  regex: '^(?P<level>[IWEF])\d{4} '
  parse_to: attributes._level
  on_error: send_quiet
  severity:
    parse_from: attributes._level.level
    overwrite_text: true
    mapping: { info: [i], warn: [w], error: [e], fatal: [f] }
- type: remove
  id: level-off
  if: attributes._level != nil
  field: attributes._level
{{- end }}
{{- if $logs.traceIds }}
# trace_id=…, "traceId":"…", TraceID: … in the text link the line to its trace.
- type: regex_parser
  id: trace
  if: 'body contains "race"'
  regex: {{ $logs.patterns.traceId | toJson }}
  parse_to: attributes._trace
  on_error: send_quiet
- type: regex_parser
  id: span
  if: attributes._trace != nil
  regex: {{ $logs.patterns.spanId | toJson }}
  parse_to: attributes._span
  on_error: send_quiet
# One parser for both: each sets both ids, to nothing where it has no field for one.
- type: trace_parser
  id: trace-ids
  if: attributes._trace != nil
  trace_id: { parse_from: attributes._trace.id }
  span_id: { parse_from: attributes._span.id }
- type: remove
  id: trace-off
  if: attributes._trace != nil
  field: attributes._trace
- type: remove
  id: span-off
  if: attributes._span != nil
  field: attributes._span
{{- end }}
# Said by the resource's attributes already, at fewer bytes a line.
- type: remove
  id: path-off
  if: 'attributes["log.file.path"] != nil'
  field: 'attributes["log.file.path"]'
- type: remove
  id: tag-off
  if: attributes.logtag != nil
  field: attributes.logtag
{{- end }}

{{/* The generated configuration with `collector.config` over it. */}}
{{- define "observer.collector.config" -}}
{{- $config := include "observer.collector.generated" . | fromYaml }}
{{- if hasKey $config "Error" }}
{{- fail (printf "collector configuration: %s" $config.Error) }}
{{- end }}
{{- toYaml (mergeOverwrite $config (deepCopy .Values.collector.config)) }}
{{- end }}
