package io.github.clickhousebackupagent.run;

import java.io.IOException;
import java.util.stream.Stream;

/** Finds the exception that says what happened among those that carried it. */
public final class Causes {

    private static final String OURS = "io.github.clickhousebackupagent.";

    private Causes() {}

    /**
     * Returns whether the network threw it: no connection, none in time, one that broke. Files
     * throw exceptions of the same family.
     */
    public static boolean isOfNetwork(Exception reason) {
        String name = reason.getClass().getName();
        return reason instanceof IOException
                && Stream.of("java.net.", "javax.net.", "org.apache.hc.")
                        .anyMatch(name::startsWith);
    }

    /**
     * Returns the first cause that is ours or that a file or the network threw; else the last. A
     * bean that throws within an expression reaches the error handler wrapped.
     *
     * @param thrown may be null
     * @return null for null
     */
    public static Exception telling(Exception thrown) {
        Exception last = thrown;
        for (Throwable cause = thrown; cause != null; cause = cause.getCause()) {
            if (cause instanceof Exception exception) {
                last = exception;
                if (exception instanceof IOException
                        || exception.getClass().getName().startsWith(OURS)) {
                    return exception;
                }
            }
        }
        return last;
    }
}
