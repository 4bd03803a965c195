package io.github.clickhousebackupagent.api;

import io.github.clickhousebackupagent.api.ApiException.Kind;

/** How far an operation is: what we know of it, or one of the four words that servers say. */
public enum OperationStatus {
    /** Not asked for yet, or not taken on: the server does nothing of the kind. */
    WANTED(null),
    /** Asked for, and what became of it is not known. */
    IN_DOUBT(null),
    /** In doubt, and the server shows no sign of it: its lists decide. */
    UNSEEN(null),
    /** The server says that it failed, and may be wrong: its lists decide. */
    DISPUTED(null),
    /** Begun or not, and nothing is left of it. */
    LOST(null),
    /** {@code in progress}, with a blank, whatever the server's documentation says. */
    IN_PROGRESS("in progress"),
    /** Ended, and did what it should. */
    SUCCESS("success"),
    /** Ended with an error. */
    ERROR("error"),
    /** Ended because somebody killed it. */
    CANCEL("cancel");

    private final String word;

    OperationStatus(String word) {
        this.word = word;
    }

    /** Returns the word that servers say; null where it is not theirs to say. */
    public String word() {
        return word;
    }

    /**
     * Returns the status that a word stands for.
     *
     * @throws ApiException if no known server says that word: it must not pass for success
     */
    public static OperationStatus of(String word) {
        for (OperationStatus status : values()) {
            if (status.word != null && status.word.equals(word)) {
                return status;
            }
        }
        throw new ApiException(
                Kind.NOT_UNDERSTOOD,
                "unknown status '%s'; known: in progress, success, error, cancel".formatted(word));
    }
}
