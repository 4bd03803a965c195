package io.github.clickhousebackupagent.internal.cli;

/** An argument is wrong in a way that only the configuration shows, such as an unknown target. */
final class UsageException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    UsageException(String message) {
        super(message);
    }
}
