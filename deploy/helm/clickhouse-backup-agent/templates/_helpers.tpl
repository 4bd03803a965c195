{{- define "clickhouse-backup-agent.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" }}
{{- end }}

{{- define "clickhouse-backup-agent.fullname" -}}
{{- if .Values.fullnameOverride }}
{{- .Values.fullnameOverride | trunc 63 | trimSuffix "-" }}
{{- else }}
{{- $name := default .Chart.Name .Values.nameOverride }}
{{- if contains $name .Release.Name }}
{{- .Release.Name | trunc 63 | trimSuffix "-" }}
{{- else }}
{{- printf "%s-%s" .Release.Name $name | trunc 63 | trimSuffix "-" }}
{{- end }}
{{- end }}
{{- end }}

{{- define "clickhouse-backup-agent.selectorLabels" -}}
app.kubernetes.io/name: {{ include "clickhouse-backup-agent.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "clickhouse-backup-agent.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
{{ include "clickhouse-backup-agent.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end }}

{{- define "clickhouse-backup-agent.serviceAccountName" -}}
{{- if .Values.serviceAccount.create }}
{{- default (include "clickhouse-backup-agent.fullname" .) .Values.serviceAccount.name }}
{{- else }}
{{- default "default" .Values.serviceAccount.name }}
{{- end }}
{{- end }}

{{- define "clickhouse-backup-agent.image" -}}
{{- if .Values.image.digest -}}
{{ .Values.image.repository }}@{{ .Values.image.digest }}
{{- else -}}
{{ .Values.image.repository }}:{{ default .Chart.AppVersion .Values.image.tag }}
{{- end }}
{{- end }}

{{- define "clickhouse-backup-agent.configMapName" -}}
{{- default (include "clickhouse-backup-agent.fullname" .) .Values.existingConfigMap }}
{{- end }}

{{/* What config may not say, as another value says it or as it would not hold in a pod. */}}
{{- define "clickhouse-backup-agent.checkConfig" -}}
{{- $config := .Values.config }}
{{- if and .Values.existingConfigMap $config }}
{{- fail "config: found beside existingConfigMap; allowed: one of them" }}
{{- end }}
{{- if not .Values.existingConfigMap }}
{{- range $key := list "targets" "schedules" }}
{{- if not (index $config $key) }}
{{- fail (printf "config.%s: found nothing; allowed: at least one, as in docs/reference/configuration.md, or existingConfigMap" $key) }}
{{- end }}
{{- end }}
{{- range $key := list "state-directory" "log-directory" }}
{{- if hasKey $config $key }}
{{- fail (printf "config.%s: found %v; allowed: nothing, as the chart's volumes are where the agent looks anyway" $key (index $config $key)) }}
{{- end }}
{{- end }}
{{- $http := default dict $config.http }}
{{- range $key := list "bind" "port" }}
{{- if hasKey $http $key }}
{{- fail (printf "config.http.%s: found %v; allowed: nothing, as the chart says it (port)" $key (index $http $key)) }}
{{- end }}
{{- end }}
{{- if eq (toString (default "" (index $http "callback-url"))) "off" }}
{{- fail "config.http.callback-url: found off, with which nothing answers probes either; allowed: auto, or a URL" }}
{{- end }}
{{- $folder := "/run/secrets/clickhouse-backup-agent/" }}
{{- range $name, $target := $config.targets }}
{{- range $key := list "password" "clickhouse-password" }}
{{- if hasKey $target $key }}
{{- fail (printf "config.targets.%s.%s: found a password; allowed: %s-file with a file of secrets, as a ConfigMap is no place for one" $name $key $key) }}
{{- end }}
{{- $file := toString (default "" (index $target (printf "%s-file" $key))) }}
{{- if and (hasPrefix $folder $file) (not (hasKey $.Values.secrets (trimPrefix $folder $file))) }}
{{- fail (printf "config.targets.%s.%s-file: found %s, which secrets does not have; allowed: one of [%s]" $name $key $file (keys $.Values.secrets | sortAlpha | join ", ")) }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}

{{- define "clickhouse-backup-agent.yaml" -}}
{{- include "clickhouse-backup-agent.checkConfig" . }}
{{- /* A stand-by has the Service's labels, too: so the pod that runs names itself. So does a container beside its server. */}}
{{- $callback := "auto" }}
{{- if and (eq .Values.layout "deployment") (not .Values.standBy) }}
{{- $callback = printf "http://%s.{{env:POD_NAMESPACE}}.svc:%v" (include "clickhouse-backup-agent.fullname" .) .Values.port }}
{{- end }}
{{- $http := dict "bind" "0.0.0.0" "port" .Values.port "callback-url" $callback }}
{{- toYaml (mustMergeOverwrite (dict "http" $http) (deepCopy .Values.config)) }}
{{- end }}

{{/* limits.stop and 10 s more, in seconds. */}}
{{- define "clickhouse-backup-agent.gracePeriod" -}}
{{- if not (kindIs "invalid" .Values.terminationGracePeriodSeconds) }}
{{- int .Values.terminationGracePeriodSeconds }}
{{- else }}
{{- $stop := toString (default "20s" (dig "limits" "stop" "20s" .Values.config)) }}
{{- if regexMatch "^[0-9]+s$" $stop }}
{{- add (trimSuffix "s" $stop | int) 10 }}
{{- else if regexMatch "^[0-9]+m$" $stop }}
{{- add (mul (trimSuffix "m" $stop | int) 60) 10 }}
{{- else }}
{{- fail (printf "config.limits.stop: found %s; allowed: seconds or minutes such as 20s, or terminationGracePeriodSeconds beside it" $stop) }}
{{- end }}
{{- end }}
{{- end }}

{{- define "clickhouse-backup-agent.accessModes" -}}
{{- $default := list (ternary "ReadWriteMany" "ReadWriteOnce" .standBy) }}
{{- $modes := default $default .claim.accessModes }}
{{- if and .standBy (not (has "ReadWriteMany" $modes)) }}
{{- fail (printf "persistence.%s.accessModes: found [%s] with standBy; allowed: ReadWriteMany, as two pods share it" .name (join ", " $modes)) }}
{{- end }}
{{- toYaml $modes }}
{{- end }}

{{/* The spec of a claim; takes name, claim, standBy. */}}
{{- define "clickhouse-backup-agent.claimSpec" -}}
accessModes:
  {{- include "clickhouse-backup-agent.accessModes" . | nindent 2 }}
{{- if eq .claim.storageClass "-" }}
storageClassName: ""
{{- else if .claim.storageClass }}
storageClassName: {{ .claim.storageClass }}
{{- end }}
resources:
  requests:
    storage: {{ .claim.size }}
{{- end }}
