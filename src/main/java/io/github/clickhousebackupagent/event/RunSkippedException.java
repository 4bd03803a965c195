package io.github.clickhousebackupagent.event;

/** A run is not begun, as it would be in the way of another. */
public final class RunSkippedException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    /**
     * @param message why, for people
     */
    public RunSkippedException(String message) {
        super(message);
    }
}
