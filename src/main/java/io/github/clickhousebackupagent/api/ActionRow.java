package io.github.clickhousebackupagent.api;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;

/**
 * One operation, as {@code GET /backup/actions} and {@code GET /backup/status} tell it.
 *
 * @param command such as {@code upload --diff-from="BASE" NAME}; a server that was restarted goes
 *     on with an upload as {@code upload --resumable=1 NAME}
 * @param status {@code in progress}, {@code success}, {@code error} or {@code cancel}
 * @param start server's local time, {@code yyyy-MM-dd HH:mm:ss}, without a zone
 * @param finish the same; null while it runs
 * @param error what went wrong; null where nothing did
 * @param operationId the operation's id; null on servers before 2.6, and for what a restarted
 *     server resumed by itself
 */
@JsonIgnoreProperties(ignoreUnknown = true)
@JsonInclude(JsonInclude.Include.NON_NULL)
public record ActionRow(
        String command,
        String status,
        String start,
        String finish,
        String error,
        @JsonProperty("operation_id") String operationId) {

    /** Returns the first word of the command: what is done. */
    public String verb() {
        return command == null ? "" : command.strip().split("\\s+", 2)[0];
    }

    /** Returns whether the server works on it. */
    public boolean inProgress() {
        return OperationStatus.IN_PROGRESS.word().equals(status);
    }

    /** Returns whether a server that was restarted has begun it by itself. */
    public boolean resumed() {
        return isResumed(command);
    }

    static boolean isResumed(String command) {
        return command != null && command.contains(" --resumable=");
    }

    /** Returns the last word of the command: the backup that it is done with. */
    public String backup() {
        String text = command == null ? "" : command.strip();
        return text.substring(text.lastIndexOf(' ') + 1);
    }
}
