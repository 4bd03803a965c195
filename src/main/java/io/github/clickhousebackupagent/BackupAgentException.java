package io.github.clickhousebackupagent;

/** The agent cannot do what it was asked to; the message says why, in one line or several. */
public final class BackupAgentException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    /**
     * @param message what is wrong
     */
    public BackupAgentException(String message) {
        super(message);
    }

    BackupAgentException(String message, Throwable cause) {
        super(message, cause);
    }
}
