package io.github.clickhousebackupagent.run;

/** A run that was cut off cannot go on. */
public final class RunInterruptedException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    RunInterruptedException(String message) {
        super(message);
    }
}
