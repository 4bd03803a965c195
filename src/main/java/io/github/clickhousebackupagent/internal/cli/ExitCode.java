package io.github.clickhousebackupagent.internal.cli;

import io.github.clickhousebackupagent.internal.run.Outcome;
import io.github.clickhousebackupagent.internal.run.RunResult;
import java.util.List;

/** What a command says to the shell. */
final class ExitCode {

    /** Done. */
    static final int DONE = 0;

    /** A run failed, or anything else did. */
    static final int FAILED = 1;

    /** The arguments are wrong. */
    static final int USAGE = 2;

    /** The configuration or a route is wrong. */
    static final int CONFIGURATION = 3;

    /** The API of a target cannot be reached. */
    static final int UNREACHABLE = 4;

    /** Something else is at work on the target. */
    static final int BUSY = 5;

    /** A backup was made, and is not proven. */
    static final int NOT_PROVEN = 6;

    /** The last proven backup of a target is older than it may be, or there is none. */
    static final int TOO_OLD = 7;

    /** It would have destroyed something, and nothing was done. */
    static final int REFUSED = 8;

    private ExitCode() {}

    /**
     * Returns the code for several runs: that of the failures if they agree, else {@link #FAILED}.
     */
    static int of(List<RunResult> results) {
        List<Integer> failures =
                results.stream().map(ExitCode::of).filter(code -> code != DONE).distinct().toList();
        return failures.isEmpty() ? DONE : failures.size() == 1 ? failures.get(0) : FAILED;
    }

    private static int of(RunResult result) {
        if (result.outcome() == Outcome.SUCCESS) {
            return DONE;
        }
        if (result.failure() == null) {
            return FAILED; // Of a newer or an older agent, which did not say more.
        }
        return switch (result.failure()) {
            case UNREACHABLE -> UNREACHABLE;
            case BUSY -> BUSY;
            case NOT_PROVEN -> NOT_PROVEN;
            case REFUSED -> REFUSED;
            case OPERATION -> FAILED;
        };
    }
}
