package io.github.clickhousebackupagent.internal.http;

import java.util.Map;

/**
 * What is answered.
 *
 * @param status HTTP status
 * @param contentType of the body
 * @param body text
 * @param headers what else there is to say
 */
public record Reply(int status, String contentType, String body, Map<String, String> headers) {

    static final String JSON = "application/json";

    /** Copies the headers. */
    public Reply {
        headers = Map.copyOf(headers);
    }

    static Reply of(int status, Object body) {
        return new Reply(status, JSON, Json.text(body), Map.of());
    }

    Reply with(String header, String value) {
        return new Reply(status, contentType, body, Map.of(header, value));
    }
}
