package io.github.clickhousebackupagent.config;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import com.fasterxml.jackson.databind.PropertyNamingStrategies.KebabCaseStrategy;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import java.nio.file.Path;

/**
 * A second port with TLS, for whoever calls from elsewhere. Commands, probes and servers on this
 * machine go on to use the first.
 *
 * @param bind address that the agent listens on with TLS
 * @param port port for that; 0: any free one
 * @param certificateFile PEM: the certificate, and those that lead to its root
 * @param keyFile PEM: its private key, PKCS #8, without a password
 */
@JsonNaming(KebabCaseStrategy.class)
public record TlsConfig(
        @JsonProperty(defaultValue = "0.0.0.0")
                @JsonPropertyDescription("Address that the agent listens on with TLS.")
                String bind,
        @JsonProperty(defaultValue = "8172")
                @JsonPropertyDescription(
                        "Port that the agent listens on with TLS; 0: any free one.")
                Integer port,
        @JsonProperty(required = true)
                @JsonPropertyDescription(
                        "PEM file with the certificate, and those that lead to its root. A new one is"
                                + " taken up while the agent runs.")
                Path certificateFile,
        @JsonProperty(required = true)
                @JsonPropertyDescription(
                        "PEM file with its private key (PKCS #8, as 'BEGIN PRIVATE KEY'), without a"
                                + " password.")
                Path keyFile) {

    /** Fills in the defaults. */
    public TlsConfig {
        bind = bind == null ? "0.0.0.0" : bind;
        port = port == null ? 8172 : port;
    }
}
