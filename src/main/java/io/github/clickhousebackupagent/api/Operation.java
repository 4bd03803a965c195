package io.github.clickhousebackupagent.api;

import io.github.clickhousebackupagent.api.ApiException.Kind;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * An operation that a server does for us, and how far it is as far as we know.
 *
 * @param verb first word of its command: {@code create} or {@code upload}
 * @param backup last word of its command: the backup's name
 * @param id the server's id for it; null where it gave none
 * @param announcedAt when the server took it on
 * @param status how far it is
 * @param error what the server says went wrong; null where nothing did
 */
public record Operation(
        String verb,
        String backup,
        String id,
        Instant announcedAt,
        OperationStatus status,
        String error) {

    /** Returns an operation that a server has just acknowledged. */
    public static Operation acknowledged(String verb, String backup, String id, Instant at) {
        return new Operation(verb, backup, id, at, OperationStatus.IN_PROGRESS, null);
    }

    /** Returns whether the server still works on it. */
    public boolean inProgress() {
        return status == OperationStatus.IN_PROGRESS;
    }

    /** Returns whether it came to its end and did what it should. */
    public boolean succeeded() {
        return status == OperationStatus.SUCCESS;
    }

    /**
     * Returns this operation as the server's rows tell it.
     *
     * @param rows oldest first
     * @throws ApiException if no row is of this operation, or its status is unknown
     */
    public Operation follow(List<ActionRow> rows) {
        ActionRow row = in(rows);
        return new Operation(
                verb, backup, id, announcedAt, OperationStatus.of(row.status()), row.error());
    }

    /**
     * Returns the row of this operation: found by its id where a row has that, else by its first
     * and its last word, the latest row first, as a restarted server lists the operation that it
     * resumed under another command and without an id.
     *
     * @param rows oldest first
     * @throws ApiException if there is none
     */
    public ActionRow in(List<ActionRow> rows) {
        return find(rows)
                .orElseThrow(
                        () ->
                                new ApiException(
                                        Kind.NOT_UNDERSTOOD,
                                        "the server no longer knows of %s %s; it may have been restarted"
                                                .formatted(verb, backup)));
    }

    private Optional<ActionRow> find(List<ActionRow> rows) {
        return rows.stream()
                .filter(row -> id != null && id.equals(row.operationId()))
                .findFirst()
                .or(
                        () ->
                                rows.stream()
                                        .filter(row -> row.verb().equals(verb))
                                        .filter(row -> row.backup().equals(backup))
                                        // A row with another id is another operation.
                                        .filter(
                                                row ->
                                                        row.operationId() == null
                                                                || id == null
                                                                || Objects.equals(
                                                                        id, row.operationId()))
                                        .reduce((older, newer) -> newer));
    }
}
