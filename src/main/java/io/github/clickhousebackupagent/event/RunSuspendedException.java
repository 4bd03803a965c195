package io.github.clickhousebackupagent.event;

/** The agent stops in the middle of a run, which goes on at the next start. */
public final class RunSuspendedException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    /**
     * @param message why, for people
     */
    public RunSuspendedException(String message) {
        super(message);
    }
}
