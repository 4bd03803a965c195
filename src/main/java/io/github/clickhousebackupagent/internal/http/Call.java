package io.github.clickhousebackupagent.internal.http;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Map;

/**
 * A call that is as the document says, and by somebody who may make it.
 *
 * @param operation its {@code operationId}: the route {@code direct:OPERATION} answers it
 * @param path the values in its path, by name
 * @param query the values in its query, by name, each with its default
 * @param body null: it has none
 * @param key with which the same call can come twice; null: none
 * @param by who makes it, for the journal
 */
public record Call(
        String operation,
        Map<String, String> path,
        Map<String, String> query,
        JsonNode body,
        String key,
        String by) {

    /** Copies the maps. */
    public Call {
        path = Map.copyOf(path);
        query = Map.copyOf(query);
    }

    /** Returns the target that it is about; null: none. */
    public String target() {
        return path.get("target");
    }

    /** Returns whether the caller showed no token. */
    boolean isOfAnybody() {
        return by.startsWith(Access.ANYBODY);
    }

    /** Returns a text of the body; null: it is not there. */
    String text(String field) {
        return body == null || !body.hasNonNull(field) ? null : body.get(field).asText();
    }
}
