package io.github.clickhousebackupagent.event;

/** A run that was cut off cannot go on. */
public final class RunInterruptedException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    /**
     * @param message why, for people
     */
    public RunInterruptedException(String message) {
        super(message);
    }
}
