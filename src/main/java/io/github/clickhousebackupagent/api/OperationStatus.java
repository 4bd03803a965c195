package io.github.clickhousebackupagent.api;

import io.github.clickhousebackupagent.api.ApiException.Kind;

/** How far an operation is; the four words that servers are known to say. */
public enum OperationStatus {
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

    /** Returns the word that servers say. */
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
            if (status.word.equals(word)) {
                return status;
            }
        }
        throw new ApiException(
                Kind.NOT_UNDERSTOOD,
                "unknown status '%s'; known: in progress, success, error, cancel".formatted(word));
    }
}
