{{/* The agent's container, the same in both layouts. */}}
{{- define "clickhouse-backup-agent.container" -}}
name: clickhouse-backup-agent
image: {{ include "clickhouse-backup-agent.image" . }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
args: [run{{ if .Values.standBy }}, --stand-by{{ end }}]
env:
  - name: POD_NAME
    valueFrom: { fieldRef: { fieldPath: metadata.name } }
  - name: POD_NAMESPACE
    valueFrom: { fieldRef: { fieldPath: metadata.namespace } }
  {{- with .Values.extraEnv }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
ports:
  - name: agent
    containerPort: {{ .Values.port }}
startupProbe:
  httpGet: { path: /observe/health/ready, port: agent }
  {{- toYaml .Values.probes.startup | nindent 2 }}
livenessProbe:
  httpGet: { path: /observe/health/live, port: agent }
  {{- toYaml .Values.probes.liveness | nindent 2 }}
{{- if eq .Values.layout "deployment" }}
{{- with .Values.probes.readiness }}
{{- if .maxAge }}
# Only to be seen: callbacks come all the same, as the Service publishes addresses that are not ready.
readinessProbe:
  exec: { command: [clickhouse-backup-agent, status, --max-age, {{ .maxAge | quote }}] }
  periodSeconds: 600
  timeoutSeconds: 30
  failureThreshold: 1
{{- else }}
# It is ready when its routes run: all that a pod has to be ready for is to be called back.
# The age of backups is for who asks `status`; a backup server that cannot be reached is none of this pod's state.
readinessProbe:
  httpGet: { path: /observe/health/ready, port: agent }
  {{- toYaml (omit . "maxAge") | nindent 2 }}
{{- end }}
{{- end }}
{{- else }}
# No readiness probe: it would take ClickHouse, in the same pod, away from its clients.
{{- end }}
securityContext:
  {{- toYaml .Values.securityContext | nindent 2 }}
resources:
  {{- toYaml .Values.resources | nindent 2 }}
volumeMounts:
  # Whole folders, not files by subPath: those would never be updated. The log's configuration is in the jar, too.
  - name: agent-config
    mountPath: /opt/clickhouse-backup-agent/config
    readOnly: true
  {{- if .Values.routes.existingConfigMap }}
  - name: agent-routes
    mountPath: /opt/clickhouse-backup-agent/routes
    readOnly: true
  {{- end }}
  {{- if .Values.secrets }}
  - name: agent-secrets
    mountPath: /run/secrets/clickhouse-backup-agent
    readOnly: true
  {{- end }}
  - name: agent-state
    mountPath: /var/lib/clickhouse-backup-agent
  - name: agent-logs
    mountPath: /var/log/clickhouse-backup
  {{- with .Values.extraVolumeMounts }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- end }}

{{/* Its volumes, but for those of state and logs. */}}
{{- define "clickhouse-backup-agent.volumes" -}}
- name: agent-config
  configMap:
    name: {{ include "clickhouse-backup-agent.configMapName" . }}
{{- with .Values.routes.existingConfigMap }}
- name: agent-routes
  configMap:
    name: {{ . }}
{{- end }}
{{- if .Values.secrets }}
- name: agent-secrets
  projected:
    # 0440: readable by the group of the volumes (fsGroup), and by nobody else.
    defaultMode: 288
    sources:
      {{- range $file, $secret := .Values.secrets }}
      - secret:
          name: {{ $secret.existingSecret }}
          items:
            - key: {{ $secret.key }}
              path: {{ $file }}
      {{- end }}
{{- end }}
{{- with .Values.extraVolumes }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{/* Where pods go; the same in both layouts. */}}
{{- define "clickhouse-backup-agent.placement" -}}
{{- with .Values.imagePullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- with .Values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.topologySpreadConstraints }}
topologySpreadConstraints:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{/* A pod with ClickHouse, clickhouse-backup and the agent. */}}
{{- define "clickhouse-backup-agent.sidecarPodSpec" -}}
serviceAccountName: {{ include "clickhouse-backup-agent.serviceAccountName" . }}
automountServiceAccountToken: false
enableServiceLinks: false
terminationGracePeriodSeconds: {{ include "clickhouse-backup-agent.gracePeriod" . }}
securityContext:
  {{- toYaml .Values.sidecar.podSecurityContext | nindent 2 }}
{{- with include "clickhouse-backup-agent.placement" . | trim }}
{{ . }}
{{- end }}
{{- with .Values.affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.sidecar.initContainers }}
initContainers:
  {{- toYaml . | nindent 2 }}
{{- end }}
containers:
  {{- toYaml .Values.sidecar.containers | nindent 2 }}
  - {{ include "clickhouse-backup-agent.container" . | nindent 4 | trim }}
volumes:
  {{- with .Values.sidecar.volumes }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
  {{- include "clickhouse-backup-agent.volumes" . | nindent 2 }}
{{- end }}

{{- define "clickhouse-backup-agent.checkSidecar" -}}
{{- if .Values.standBy }}
{{- fail (printf "standBy: found true with layout %s; allowed: false, as each pod has an agent and state of its own" .Values.layout) }}
{{- end }}
{{- if not .Values.sidecar.containers }}
{{- fail "sidecar.containers: found nothing; allowed: the containers of ClickHouse and clickhouse-backup" }}
{{- end }}
{{- range $name := list "state" "logs" }}
{{- with (index $.Values.persistence $name).existingClaim }}
{{- fail (printf "persistence.%s.existingClaim: found %s with layout %s; allowed: nothing, as each pod has a claim of its own" $name . $.Values.layout) }}
{{- end }}
{{- end }}
{{- end }}

{{/* The claims of a pod in layout sidecar or operator: yours, and those of the agent. */}}
{{- define "clickhouse-backup-agent.sidecarClaims" -}}
{{- with .root.Values.sidecar.volumeClaimTemplates }}
{{- toYaml . }}
{{- end }}
{{- range $name := list "state" "logs" }}
{{- $claim := index $.root.Values.persistence $name }}
{{- if $.operator }}
- name: agent-{{ $name }}
{{- else }}
- metadata:
    name: agent-{{ $name }}
    {{- with $claim.annotations }}
    annotations:
      {{- toYaml . | nindent 6 }}
    {{- end }}
{{- end }}
  spec:
    {{- include "clickhouse-backup-agent.claimSpec" (dict "name" $name "claim" $claim "standBy" false) | nindent 4 }}
{{- end }}
{{- end }}
