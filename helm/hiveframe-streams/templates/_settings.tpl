{{- define "hiveframe-streams.credentialsPath" -}}/etc/hiveframe{{- end -}}

{{- /* The variables that say where a TLS connection finds its files. Takes: tls, prefix, folder. */ -}}
{{- define "hiveframe-streams.tlsSettings" -}}
{{- with .tls.caSecret.name }}
{{ $.prefix }}_CA_FILE: {{ $.folder }}/ca.crt
{{- end }}
{{- with .tls.clientSecret }}
{{- if .name }}
{{ $.prefix }}_CERT_FILE: {{ $.folder }}/tls.crt
{{ $.prefix }}_KEY_FILE: {{ $.folder }}/tls.key
{{- if .passphraseKey }}
{{ $.prefix }}_KEY_PASSPHRASE_FILE: {{ $.folder }}/passphrase
{{- end }}
{{- end }}
{{- end }}
{{- end -}}

{{- /* Sources of the projected volume for the same. Takes: tls, folder. */ -}}
{{- define "hiveframe-streams.tlsFiles" -}}
{{- with .tls.caSecret }}
{{- if .name }}
- secret:
    name: {{ .name }}
    items: [{ key: {{ .key | quote }}, path: {{ $.folder }}/ca.crt }]
{{- end }}
{{- end }}
{{- with .tls.clientSecret }}
{{- if .name }}
- secret:
    name: {{ .name }}
    items:
      - { key: {{ .certKey | quote }}, path: {{ $.folder }}/tls.crt }
      - { key: {{ .privateKeyKey | quote }}, path: {{ $.folder }}/tls.key }
      {{- with .passphraseKey }}
      - { key: {{ . | quote }}, path: {{ $.folder }}/passphrase }
      {{- end }}
{{- end }}
{{- end }}
{{- end -}}

{{- /* Every file with a credential, as sources of one projected volume; empty: the pod has no volume. */ -}}
{{- define "hiveframe-streams.credentialFiles" -}}
{{- include "hiveframe-streams.tlsFiles" (dict "tls" .Values.kafka.tls "folder" "kafka") }}
{{- if .Values.kafka.sasl.mechanism }}
{{- with .Values.kafka.sasl.secret }}
- secret:
    name: {{ .name }}
    items: [{ key: {{ .passwordKey | quote }}, path: kafka/password }]
{{- end }}
{{- end }}
{{- include "hiveframe-streams.tlsFiles" (dict "tls" .Values.redis.tls "folder" "redis") }}
{{- with .Values.redis.credentialsSecret }}
{{- if .name }}
- secret:
    name: {{ .name }}
    items: [{ key: {{ .passwordKey | quote }}, path: redis/password }]
{{- end }}
{{- end }}
{{- end -}}

{{- /* The environment that the chart makes of its values. Nothing in it is secret. */ -}}
{{- define "hiveframe-streams.ownSettings" -}}
{{- $files := include "hiveframe-streams.credentialsPath" . -}}
KAFKA_BROKERS: {{ join "," .Values.kafka.brokers | quote }}
{{- with .Values.kafka }}
KAFKA_SSL: {{ .tls.enabled | quote }}
{{- include "hiveframe-streams.tlsSettings" (dict "tls" .tls "prefix" "KAFKA_SSL" "folder" (printf "%s/kafka" $files)) }}
{{- if .sasl.mechanism }}
KAFKA_SASL_MECHANISM: {{ .sasl.mechanism }}
KAFKA_SASL_PASSWORD_FILE: {{ $files }}/kafka/password
{{- end }}
{{- end }}
{{- with .Values.redis }}
{{- if .url }}
REDIS_URL: {{ .url | quote }}
{{- end }}
{{- if .credentialsSecret.name }}
REDIS_PASSWORD_FILE: {{ $files }}/redis/password
{{- end }}
{{- include "hiveframe-streams.tlsSettings" (dict "tls" .tls "prefix" "REDIS_TLS" "folder" (printf "%s/redis" $files)) }}
{{- end }}
{{- with .Values.streams }}
APPLICATION_ID: {{ .applicationId | quote }}
PROCESSING_GUARANTEE: {{ .processingGuarantee }}
COMMIT_INTERVAL_MS: {{ int .commitIntervalMs | quote }}
NUM_STREAM_THREADS: {{ int .numStreamThreads | quote }}
STOP_TIMEOUT_MS: {{ int .stopTimeoutMs | quote }}
{{- end }}
LOG_LEVEL: {{ .Values.logLevel }}
METRICS: {{ .Values.metrics.enabled | quote }}
PORT: {{ int .Values.http.port | quote }}
BIND_ADDRESS: {{ .Values.http.bindAddress | quote }}
{{- end -}}

{{- /* The variables that come from single keys of Secrets. */ -}}
{{- define "hiveframe-streams.secretEnv" -}}
{{- if .Values.kafka.sasl.mechanism }}
{{- with .Values.kafka.sasl.secret }}
- name: KAFKA_SASL_USERNAME
  valueFrom: { secretKeyRef: { name: {{ .name }}, key: {{ .usernameKey | quote }} } }
{{- end }}
{{- end }}
{{- with .Values.redis.urlSecret }}
{{- if .name }}
- name: REDIS_URL
  valueFrom: { secretKeyRef: { name: {{ .name }}, key: {{ .key | quote }} } }
{{- end }}
{{- end }}
{{- with .Values.redis.credentialsSecret }}
{{- if and .name .usernameKey }}
- name: REDIS_USERNAME
  valueFrom: { secretKeyRef: { name: {{ .name }}, key: {{ .usernameKey | quote }} } }
{{- end }}
{{- end }}
{{- end -}}
