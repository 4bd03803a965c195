package io.github.clickhousebackupagent.internal.run;

/** The server's operation ended without success, or was not over within its limit. */
public final class OperationFailedException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    OperationFailedException(String message) {
        super(message);
    }
}
