package io.github.clickhousebackupagent.internal.journal;

/** A journal cannot be written or read. */
public final class JournalException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    JournalException(String message, Throwable cause) {
        super(message, cause);
    }
}
