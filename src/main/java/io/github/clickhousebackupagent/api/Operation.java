package io.github.clickhousebackupagent.api;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * An operation that a server does for us, and how far it is as far as we know.
 *
 * @param verb first word of its command: {@code create} or {@code upload}
 * @param backup last word of its command: the backup's name
 * @param id the server's id for it; null where it gave none
 * @param command its command as the server last listed it; null before that
 * @param since when it was asked for, also before a restart of server or agent; before that, from
 *     when on it is wanted
 * @param status how far it is
 * @param error what the server says went wrong; null where nothing did
 * @param earlier how many rows the server had of the same, before it was asked for
 */
public record Operation(
        String verb,
        String backup,
        String id,
        String command,
        Instant since,
        OperationStatus status,
        String error,
        int earlier) {

    private static final String DELETE = "delete";

    /** Returns an operation that is to be asked for. */
    public static Operation of(String verb, String backup, Instant since) {
        return new Operation(verb, backup, null, null, since, OperationStatus.WANTED, null, 0);
    }

    /**
     * Returns a deletion that is to be asked for: beside its first and last word, the place in its
     * command tells it from another.
     */
    public static Operation deletion(String command, String backup, Instant since) {
        return new Operation(DELETE, backup, null, command, since, OperationStatus.WANTED, null, 0);
    }

    /** Returns this as one that comes after what the server shows of the same already. */
    public Operation after(List<ActionRow> rows) {
        return after((int) rows.stream().filter(this::isSame).count());
    }

    /** Returns this as one that comes after so many rows of the same. */
    public Operation after(int count) {
        return new Operation(verb, backup, id, command, since, status, error, count);
    }

    /** Returns this as one that is about to be asked for: from here on it may go on. */
    public Operation announced(Instant now) {
        return new Operation(
                verb, backup, id, command, now, OperationStatus.IN_DOUBT, null, earlier);
    }

    /** Returns this as one that the server has taken on. */
    public Operation acknowledged(String givenId) {
        return new Operation(
                verb, backup, givenId, null, since, OperationStatus.IN_PROGRESS, null, earlier);
    }

    /** Returns this with another status, and without an error. */
    public Operation as(OperationStatus next) {
        return ended(next, null);
    }

    /** Returns this with the status and the error that it ended with. */
    public Operation ended(OperationStatus how, String why) {
        return new Operation(verb, backup, id, command, since, how, why, earlier);
    }

    /** Returns whether it is still to be asked for. */
    public boolean wanted() {
        return status == OperationStatus.WANTED;
    }

    /** Returns whether nobody knows what became of it. */
    public boolean inDoubt() {
        return status == OperationStatus.IN_DOUBT;
    }

    /** Returns whether the lists must tell what became of it. */
    public boolean unsettled() {
        return status == OperationStatus.UNSEEN || status == OperationStatus.DISPUTED;
    }

    /** Returns whether the server still works on it. */
    public boolean inProgress() {
        return status == OperationStatus.IN_PROGRESS;
    }

    /** Returns whether it came to its end and did what it should. */
    public boolean succeeded() {
        return status == OperationStatus.SUCCESS;
    }

    /** Returns whether nothing is left of it. */
    public boolean lost() {
        return status == OperationStatus.LOST;
    }

    /** Returns whether it came to its end and did not do what it should. */
    public boolean failed() {
        return status == OperationStatus.ERROR || status == OperationStatus.CANCEL || lost();
    }

    /** Returns whether a server that was restarted has begun it by itself. */
    public boolean resumed() {
        return ActionRow.isResumed(command);
    }

    /** Returns its command as a part of a query. */
    public String encodedCommand() {
        return encoded(command == null ? verb + " " + backup : command);
    }

    /** Returns a command as a part of a query. */
    public static String encoded(String command) {
        return URLEncoder.encode(command, StandardCharsets.UTF_8).replace("+", "%20");
    }

    /**
     * Returns this operation as the server's rows tell it; in doubt if none is of it, as after a
     * restart of the server, and disputed if it is an upload that has failed.
     *
     * @param rows oldest first
     * @throws ApiException if its status is unknown
     */
    public Operation follow(List<ActionRow> rows) {
        return in(rows).map(this::as).orElseGet(() -> ended(OperationStatus.IN_DOUBT, error));
    }

    private Operation as(ActionRow row) {
        OperationStatus now = OperationStatus.of(row.status());
        boolean over = now == OperationStatus.SUCCESS || now == OperationStatus.ERROR;
        if (verb.equals(DELETE) && over) {
            // The row may be of an older deletion under the same name, and one that says that
            // there is nothing to delete may not have seen the storage.
            now = OperationStatus.DISPUTED;
        }
        if (now == OperationStatus.ERROR && verb.equals("upload")) {
            // What failed may be what comes after the upload, such as the server's own retention;
            // and 2.4.0 fails to go on with a DIFF after a restart, whatever there is of it.
            now = OperationStatus.DISPUTED;
        }
        return new Operation(verb, backup, id, row.command(), since, now, row.error(), earlier);
    }

    /**
     * Returns the row of this operation, if there is one: found by its id where a row has that,
     * else by its first and its last word, the latest row first, as a restarted server lists the
     * operation that it resumed under another command and without an id.
     *
     * @param rows oldest first
     */
    public Optional<ActionRow> in(List<ActionRow> rows) {
        return rows.stream()
                .filter(row -> id != null && id.equals(row.operationId()))
                .findFirst()
                .or(
                        () ->
                                rows.stream()
                                        .filter(this::isSame)
                                        .skip(earlier)
                                        // A row with another id is another operation.
                                        .filter(row -> row.operationId() == null || id == null)
                                        .reduce((older, newer) -> newer));
    }

    private boolean isSame(ActionRow row) {
        return row.verb().equals(verb)
                && row.backup().equals(backup)
                && (!verb.equals(DELETE) || row.command().equals(command));
    }
}
