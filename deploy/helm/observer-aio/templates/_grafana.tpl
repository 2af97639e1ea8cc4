{{/* Grafana's provisioning file. Grafana expands $VAR in it, so every literal $ is written $$. */}}
{{- define "observer.grafana.datasources" -}}
{{- $ds := .Values.grafana.datasources }}
{{- $url := $ds.url | default (include "observer.url" .) | trimSuffix "/" }}
{{- $alertmanager := $ds.alertmanager.enabled }}
apiVersion: 1
{{- if $ds.deleteExisting }}
# A provisioned data source keeps its uid for ever; to change it, the old one goes first.
deleteDatasources:
  - { name: {{ $ds.prometheus.name }}, orgId: {{ $ds.orgId }} }
  - { name: {{ $ds.loki.name }}, orgId: {{ $ds.orgId }} }
  - { name: {{ $ds.tempo.name }}, orgId: {{ $ds.orgId }} }
  {{- if $alertmanager }}
  - { name: {{ $ds.alertmanager.name }}, orgId: {{ $ds.orgId }} }
  {{- end }}
{{- end }}
datasources:
  - name: {{ $ds.prometheus.name }}
    uid: {{ $ds.prometheus.uid }}
    type: prometheus
    access: proxy
    url: {{ $url }}/prometheus
    isDefault: {{ $ds.prometheus.isDefault }}
    editable: false
    {{- with include "observer.grafana.auth" . }}{{ . | trim | nindent 4 }}{{ end }}
    jsonData:
      {{- with include "observer.grafana.header" . }}{{ . | trim | nindent 6 }}{{ end }}
      httpMethod: POST
      prometheusType: Prometheus        # Grafana's own recording rules then write to <url>/api/v1/write
      # no prometheusVersion: unset means every feature is available
      timeInterval: {{ $ds.prometheus.timeInterval }}                 # = scrape interval / OTLP export interval; $__rate_interval is 4x this
      queryTimeout: 60s
      incrementalQuerying: true
      incrementalQueryOverlapWindow: 10m
      manageAlerts: true                # shows our recording and alerting rules on the alerting pages
      allowAsRecordingRulesTarget: true
      {{- if $alertmanager }}
      alertmanagerUid: {{ $ds.alertmanager.uid }}
      {{- end }}
      exemplarTraceIdDestinations:      # exemplars -> traces; the name is the exemplar's label
        - { name: trace_id, datasourceUid: {{ $ds.tempo.uid }}, urlDisplayLabel: View trace }
        - { name: traceID, datasourceUid: {{ $ds.tempo.uid }}, urlDisplayLabel: View trace }

  - name: {{ $ds.loki.name }}
    uid: {{ $ds.loki.uid }}
    type: loki
    access: proxy
    url: {{ $url }}/loki
    editable: false
    {{- with include "observer.grafana.auth" . }}{{ . | trim | nindent 4 }}{{ end }}
    jsonData:
      {{- with include "observer.grafana.header" . }}{{ . | trim | nindent 6 }}{{ end }}
      maxLines: 1000
      timeout: 60
      manageAlerts: true
      {{- if $alertmanager }}
      alertmanagerUid: {{ $ds.alertmanager.uid }}
      {{- end }}
      derivedFields:                    # logs -> traces
        - name: Trace                   # from structured metadata or labels (OTLP logs); the regex matches the label's name
          matcherType: label
          matcherRegex: '^(trace_id|traceid|traceID|traceId|TraceID|otel_trace_id)$$'
          url: '$${__value.raw}'
          datasourceUid: {{ $ds.tempo.uid }}
          urlDisplayLabel: View trace
        - name: TraceID                 # from the text of the line; group 1 is the id (JavaScript regex, no (?i))
          matcherType: regex
          matcherRegex: '[tT]race_?[iI][dD]\\?["'']?\s*[:=]\s*\\?["'']?([0-9a-fA-F]{16,32})'
          url: '$${__value.raw}'
          datasourceUid: {{ $ds.tempo.uid }}
          urlDisplayLabel: View trace

  - name: {{ $ds.tempo.name }}
    uid: {{ $ds.tempo.uid }}
    type: tempo
    access: proxy
    url: {{ $url }}/tempo
    editable: false
    {{- with include "observer.grafana.auth" . }}{{ . | trim | nindent 4 }}{{ end }}
    jsonData:
      {{- with include "observer.grafana.header" . }}{{ . | trim | nindent 6 }}{{ end }}
      streamingEnabled: { search: {{ $ds.tempo.streaming }}, metrics: {{ $ds.tempo.streaming }} }
      tracesToLogsV2:                   # traces -> logs
        datasourceUid: {{ $ds.loki.uid }}
        spanStartTimeShift: '-5m'
        spanEndTimeShift: '5m'
        filterByTraceID: true
        filterBySpanID: false
        customQuery: false
        tags:
          - { key: service.name, value: service_name }
          - { key: k8s.namespace.name, value: k8s_namespace_name }
      tracesToMetrics:                  # traces -> metrics
        datasourceUid: {{ $ds.prometheus.uid }}
        spanStartTimeShift: '-15m'
        spanEndTimeShift: '15m'
        tags:
          - { key: service.name, value: service }
        queries:
          - { name: Request rate, query: 'sum(rate(traces_spanmetrics_calls_total{$$__tags}[$$__rate_interval]))' }
          - { name: Error rate, query: 'sum(rate(traces_spanmetrics_calls_total{$$__tags,status_code="STATUS_CODE_ERROR"}[$$__rate_interval]))' }
          - { name: Duration p95, query: 'histogram_quantile(0.95, sum by (le) (rate(traces_spanmetrics_latency_bucket{$$__tags}[$$__rate_interval])))' }
      serviceMap: { datasourceUid: {{ $ds.prometheus.uid }} }
      nodeGraph: { enabled: true }
      spanBar: { type: Tag, tag: http.route }
      search:
        filters:
          - { id: service-name, tag: service.name, operator: '=', scope: resource }
          - { id: span-name, tag: name, operator: '=', scope: span }
      # no traceQuery.timeShiftEnabled: traces are looked up by id over the whole retention
{{- if $alertmanager }}

  - name: {{ $ds.alertmanager.name }}
    uid: {{ $ds.alertmanager.uid }}
    type: alertmanager
    access: proxy
    url: {{ $url }}/alertmanager
    editable: false
    {{- with include "observer.grafana.auth" . }}{{ . | trim | nindent 4 }}{{ end }}
    jsonData:
      {{- with include "observer.grafana.header" . }}{{ . | trim | nindent 6 }}{{ end }}
      implementation: prometheus
      handleGrafanaManagedAlerts: true  # takes effect once Grafana is told to use external Alertmanagers
{{- end }}
{{- end }}

{{/* What goes beside jsonData on every data source: basic auth, and the secret halves of headers and TLS. */}}
{{- define "observer.grafana.auth" -}}
{{- $ds := .Values.grafana.datasources }}
{{- if $ds.basicAuth.enabled }}
basicAuth: true
basicAuthUser: {{ $ds.basicAuth.user | quote }}
{{- end }}
{{- if or $ds.basicAuth.enabled $ds.tenant $ds.tlsCACert }}
secureJsonData:
  {{- if $ds.basicAuth.enabled }}
  basicAuthPassword: {{ $ds.basicAuth.password | quote }}
  {{- end }}
  {{- with $ds.tenant }}
  httpHeaderValue1: {{ . | quote }}
  {{- end }}
  {{- with $ds.tlsCACert }}
  tlsCACert: {{ . | quote }}
  {{- end }}
{{- end }}
{{- end }}

{{/* The public halves, inside jsonData. */}}
{{- define "observer.grafana.header" -}}
{{- $ds := .Values.grafana.datasources }}
{{- if $ds.tenant }}
httpHeaderName1: X-Scope-OrgID
{{- end }}
{{- if $ds.tlsCACert }}
tlsAuthWithCACert: true
{{- end }}
{{- end }}
