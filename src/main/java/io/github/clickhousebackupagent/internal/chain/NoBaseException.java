package io.github.clickhousebackupagent.internal.chain;

/** A DIFF has no base, and is not to be taken without one. */
public final class NoBaseException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    NoBaseException(String message) {
        super(message);
    }
}
