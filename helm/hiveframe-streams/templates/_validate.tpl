{{- /* What a schema cannot say: values that contradict each other, or would have no effect. */ -}}
{{- define "hiveframe-streams.validate" -}}
{{- $kafka := .Values.kafka -}}
{{- $redis := .Values.redis -}}
{{- $minGrace := int (include "hiveframe-streams.minGracePeriodSeconds" .) -}}
{{- if lt (int (include "hiveframe-streams.gracePeriodSeconds" .)) $minGrace -}}
{{- fail (printf "terminationGracePeriodSeconds must be at least %d: streams.stopTimeoutMs and 10 s to leave the group, or pods are killed in the middle of it." $minGrace) -}}
{{- end -}}
{{- if and .Values.hpa.enabled .Values.keda.enabled -}}
{{- fail "hpa.enabled and keda.enabled exclude each other: KEDA makes an autoscaler of its own." -}}
{{- end -}}
{{- range $name := list "hpa" "keda" -}}
{{- $scaler := index $.Values $name -}}
{{- if gt (int $scaler.minReplicas) (int $scaler.maxReplicas) -}}
{{- fail (printf "%s.minReplicas must not be more than %s.maxReplicas." $name $name) -}}
{{- end -}}
{{- end -}}
{{- if and .Values.metrics.serviceMonitor.enabled (not .Values.metrics.enabled) -}}
{{- fail "metrics.enabled must be true where metrics.serviceMonitor.enabled is: there would be nothing to scrape." -}}
{{- end -}}
{{- with .Values.metrics.serviceMonitor -}}
{{- if gt (int .scrapeTimeoutSeconds) (int .intervalSeconds) -}}
{{- fail "metrics.serviceMonitor.scrapeTimeoutSeconds must not be more than intervalSeconds." -}}
{{- end -}}
{{- end -}}
{{- if and (not $kafka.tls.enabled) (or $kafka.tls.caSecret.name $kafka.tls.clientSecret.name) -}}
{{- fail "kafka.tls.enabled must be true where kafka.tls.caSecret or kafka.tls.clientSecret is given." -}}
{{- end -}}
{{- if ne (empty $kafka.sasl.mechanism) (empty $kafka.sasl.secret.name) -}}
{{- fail "kafka.sasl.mechanism and kafka.sasl.secret.name must be given together." -}}
{{- end -}}
{{- if and $redis.url $redis.urlSecret.name -}}
{{- fail "redis.url and redis.urlSecret exclude each other." -}}
{{- end -}}
{{- if not (or $redis.url $redis.urlSecret.name) -}}
{{- if or $redis.credentialsSecret.name $redis.tls.caSecret.name $redis.tls.clientSecret.name -}}
{{- fail "redis.url or redis.urlSecret must be given where redis.credentialsSecret or redis.tls is." -}}
{{- end -}}
{{- end -}}
{{- if and $redis.url (not (hasPrefix "rediss://" $redis.url)) (or $redis.tls.caSecret.name $redis.tls.clientSecret.name) -}}
{{- fail "redis.url must begin with rediss:// where redis.tls is given." -}}
{{- end -}}
{{- $own := include "hiveframe-streams.ownSettings" . | fromYaml -}}
{{- range $name, $_ := .Values.settings -}}
{{- if hasKey $own $name -}}
{{- fail (printf "settings.%s is made by the chart from another value: see its README." $name) -}}
{{- end -}}
{{- end -}}
{{- end -}}
