package io.github.clickhousebackupagent.config;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import com.fasterxml.jackson.databind.PropertyNamingStrategies.KebabCaseStrategy;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import java.net.URI;
import java.nio.file.Path;

/**
 * Where traces of runs go.
 *
 * @param endpoint the collector; null: none are made
 * @param headers what is sent with them, as {@code KEY=VALUE,KEY=VALUE}; null: nothing
 * @param headersFile where the headers were read from; null: they were given themselves
 * @param serviceName what the traces are of
 * @param resourceAttributes what else is said of it, as {@code KEY=VALUE,KEY=VALUE}; null: nothing
 */
@JsonNaming(KebabCaseStrategy.class)
public record TracesConfig(
        @JsonPropertyDescription(
                        "Address of an OpenTelemetry collector that takes OTLP over HTTP, such as"
                                + " http://collector:4318; /v1/traces is added. None: no traces are"
                                + " made.")
                URI endpoint,
        @JsonPropertyDescription(
                        "Headers that are sent with the traces, as KEY=VALUE,KEY=VALUE; what is no"
                                + " plain letter or digit may be written as %2C. Better:"
                                + " headers-file. Both are an error.")
                Secret headers,
        @JsonPropertyDescription(
                        "File that holds the headers and nothing else; one newline at its end is"
                                + " dropped.")
                Path headersFile,
        @JsonProperty(defaultValue = "clickhouse-backup-agent")
                @JsonPropertyDescription("Name of the service that the traces are of.")
                String serviceName,
        @JsonPropertyDescription(
                        "What else the traces say of the agent, as KEY=VALUE,KEY=VALUE, such as"
                                + " deployment.environment.name=production.")
                String resourceAttributes) {

    /** Fills in the defaults. */
    public TracesConfig {
        serviceName = serviceName == null ? "clickhouse-backup-agent" : serviceName;
    }

    /** Returns the defaults: no traces. */
    public static TracesConfig defaults() {
        return new TracesConfig(null, null, null, null, null);
    }
}
