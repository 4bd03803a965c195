package io.github.clickhousebackupagent.sandbox;

/** An operation ends as {@code error}; the message is the row's error. */
final class OperationFailed extends Exception {
    OperationFailed(String message) {
        super(message);
    }
}
