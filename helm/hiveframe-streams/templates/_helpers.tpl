{{- define "hiveframe-streams.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{- define "hiveframe-streams.fullname" -}}
{{- $name := include "hiveframe-streams.name" . -}}
{{- $full := ternary .Release.Name (printf "%s-%s" .Release.Name $name) (contains $name .Release.Name) -}}
{{- default $full .Values.fullnameOverride | trunc 58 | trimSuffix "-" -}}
{{- end -}}

{{- define "hiveframe-streams.image" -}}
{{- with .Values.image -}}
{{- if .digest -}}{{ .repository }}@{{ .digest }}{{- else -}}{{ .repository }}:{{ default $.Chart.AppVersion .tag }}{{- end -}}
{{- end -}}
{{- end -}}

{{- define "hiveframe-streams.releaseLabels" -}}
app.kubernetes.io/name: {{ include "hiveframe-streams.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- /* What tells the pods of the service from that of `helm test`. */ -}}
{{- define "hiveframe-streams.selectorLabels" -}}
{{ include "hiveframe-streams.releaseLabels" . }}
app.kubernetes.io/component: streams
{{- end -}}

{{- define "hiveframe-streams.labels" -}}
{{ include "hiveframe-streams.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end -}}

{{- define "hiveframe-streams.serviceAccountName" -}}
{{- $own := ternary (include "hiveframe-streams.fullname" .) "default" .Values.serviceAccount.create -}}
{{- default $own .Values.serviceAccount.name -}}
{{- end -}}

{{- /* The deadline of the stop, then up to 4 s to leave the group, and what closes before and behind it. */ -}}
{{- define "hiveframe-streams.minGracePeriodSeconds" -}}
{{- add (ceil (divf (int .Values.streams.stopTimeoutMs) 1000)) 10 -}}
{{- end -}}

{{- define "hiveframe-streams.gracePeriodSeconds" -}}
{{- default (int (include "hiveframe-streams.minGracePeriodSeconds" .)) .Values.terminationGracePeriodSeconds -}}
{{- end -}}

{{- /* Of hpa and keda. */ -}}
{{- define "hiveframe-streams.scalingBehavior" -}}
scaleUp:
  stabilizationWindowSeconds: {{ int .Values.scaling.scaleUpStabilizationSeconds }}
scaleDown:
  stabilizationWindowSeconds: {{ int .Values.scaling.scaleDownStabilizationSeconds }}
  policies:
    - type: Pods
      value: 1
      periodSeconds: 60
{{- end -}}

{{- define "hiveframe-streams.probe" -}}
httpGet:
  path: {{ .path }}
  port: http
{{ toYaml .times }}
{{- end -}}
