package io.github.clickhousebackupagent.run;

/** A run is not begun, as it would be in the way of another. */
public final class RunSkippedException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    RunSkippedException(String message) {
        super(message);
    }
}
