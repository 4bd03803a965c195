package io.github.clickhousebackupagent.internal.run;

import java.io.IOException;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.URI;
import java.net.UnknownHostException;
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

    /** Returns whether the call never reached the server: nothing was begun by it. */
    public static boolean isOfConnecting(Exception reason) {
        return reason instanceof ConnectException
                || reason instanceof NoRouteToHostException
                || reason instanceof UnknownHostException
                || reason.getClass().getName().endsWith(".ConnectTimeoutException")
                || reason.getClass().getName().endsWith(".ConnectionRequestTimeoutException");
    }

    /**
     * Returns what a person is told of it.
     *
     * @param url of the server that was called
     */
    static String explain(Exception reason, URI url) {
        String said = reason.getMessage() == null ? reason.toString() : reason.getMessage();
        String what = reason instanceof UnknownHostException ? "unknown host " + said : said;
        return isOfNetwork(reason) ? "no answer from %s: %s".formatted(url, what) : what;
    }

    /**
     * Returns an exception in words, on one line.
     *
     * @param thrown null: nobody knows
     */
    public static String words(Throwable thrown) {
        if (thrown == null) {
            return "no reason is known";
        }
        return thrown.getMessage() == null
                ? thrown.getClass().getSimpleName()
                : thrown.getMessage().strip().replaceAll("\\s+", " ");
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
