package io.github.clickhousebackupagent.run;

/** The agent stops while a run waits. */
public final class RunInterruptedException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    RunInterruptedException(String message) {
        super(message);
    }
}
