package io.github.clickhousebackupagent.internal.hook;

import io.github.clickhousebackupagent.internal.run.Outcome;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/** Where routes of a user are called: each that begins with {@code direct:POINT}, or below it. */
public enum HookPoint {
    /** The server is about to be asked to create the backup. */
    BEFORE_CREATE,
    /** The server has created it. */
    AFTER_CREATE,
    /** The server is about to be asked to upload it. */
    BEFORE_UPLOAD,
    /** The server has uploaded it. */
    AFTER_UPLOAD,
    /** The remote list is about to be asked whether the backup counts. */
    BEFORE_PROOF,
    /** It does. */
    AFTER_PROOF,
    /** The marker is about to be put on it. */
    BEFORE_MARKER,
    /** The marker names it. */
    AFTER_MARKER,
    /** A run ended well. */
    ON_SUCCESS,
    /** A run failed. */
    ON_FAILURE,
    /** Something is not as was asked for, and the run goes on. */
    ON_WARNING,
    /** A run was not begun, or a check had it skipped. */
    ON_SKIP,
    /** A run was due while the agent was not there, and was not made. */
    ON_MISSED,
    /** A run was cut off, and cannot go on. */
    ON_INTERRUPTED,
    /** Something is worth a message to people. */
    ON_NOTICE;

    /** Returns the name as it stands in routes and events, such as {@code before-create}. */
    public String word() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** Returns whether a failure there ends the run. */
    public boolean isCheck() {
        return name().startsWith("BEFORE_");
    }

    /** Returns whether it tells of an outcome. */
    public boolean isOutcome() {
        return name().startsWith("ON_") && this != ON_WARNING && this != ON_NOTICE;
    }

    /** Returns the point that tells of an outcome. */
    public static HookPoint of(Outcome outcome) {
        return switch (outcome) {
            case SUCCESS -> ON_SUCCESS;
            case FAILED -> ON_FAILURE;
            case SKIPPED -> ON_SKIP;
            case MISSED -> ON_MISSED;
            case INTERRUPTED -> ON_INTERRUPTED;
        };
    }

    /** Returns the point of a name; empty for any other word. */
    public static Optional<HookPoint> of(String word) {
        return Stream.of(values()).filter(point -> point.word().equals(word)).findFirst();
    }

    /** Returns the names of all, in the order of a run. */
    public static List<String> words() {
        return Stream.of(values()).map(HookPoint::word).toList();
    }
}
