package io.github.clickhousebackupagent.config;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import com.fasterxml.jackson.databind.PropertyNamingStrategies.KebabCaseStrategy;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import java.nio.file.Path;

/**
 * What the agent itself serves: its API, and the address that a server calls back at the end of an
 * operation.
 *
 * @param bind address that the agent listens on
 * @param port port that the agent listens on
 * @param callbackUrl {@code auto}, {@code off}, or the agent's address as the servers see it
 * @param token what a caller of the API must show who changes anything; null: nobody can
 * @param tokenFile where the token was read from; null: it was given itself
 * @param read who may read the API
 * @param tls a second port with TLS; null: none
 */
@JsonNaming(KebabCaseStrategy.class)
public record HttpConfig(
        @JsonProperty(defaultValue = "127.0.0.1")
                @JsonPropertyDescription(
                        "Address that the agent listens on; 0.0.0.0 for every interface.")
                String bind,
        @JsonProperty(defaultValue = "8171")
                @JsonPropertyDescription("Port that the agent listens on; 0: any free one.")
                Integer port,
        @JsonProperty(defaultValue = "auto")
                @JsonPropertyDescription(
                        "Where a server calls back when an operation ends, so that the agent need"
                                + " not wait for its next question. auto: the address that the agent"
                                + " has towards that server, if it listens there. off: never. Or a URL"
                                + " such as http://agent:8171.")
                String callbackUrl,
        @JsonPropertyDescription(
                        "What must be shown to change anything by the API, as 'Authorization: Bearer"
                                + " TOKEN'. None: nothing can be changed by it. Better: token-file."
                                + " Both are an error.")
                Secret token,
        @JsonPropertyDescription(
                        "File that holds the token and nothing else; one newline at its end is"
                                + " dropped.")
                Path tokenFile,
        @JsonProperty(defaultValue = "open")
                @JsonPropertyDescription(
                        "Who may read the API. open: whoever can call it. token: whoever shows the"
                                + " token.")
                HttpReaders read,
        @JsonPropertyDescription("A second port with TLS, for whoever calls from elsewhere.")
                TlsConfig tls) {

    /** Calls back where that can work. */
    public static final String AUTO = "auto";

    /** Never calls back. */
    public static final String OFF = "off";

    /** Fills in the defaults. */
    public HttpConfig {
        bind = bind == null ? "127.0.0.1" : bind;
        port = port == null ? 8171 : port;
        callbackUrl = callbackUrl == null ? AUTO : callbackUrl;
        read = read == null ? HttpReaders.OPEN : read;
    }

    /** One that nothing can be changed by. */
    public HttpConfig(String bind, Integer port, String callbackUrl) {
        this(bind, port, callbackUrl, null, null, null, null);
    }

    /** Returns the defaults. */
    public static HttpConfig defaults() {
        return new HttpConfig(null, null, null);
    }
}
