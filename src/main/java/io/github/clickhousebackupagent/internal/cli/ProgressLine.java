package io.github.clickhousebackupagent.internal.cli;

import io.github.clickhousebackupagent.config.Durations;
import io.github.clickhousebackupagent.internal.run.Run;
import io.github.clickhousebackupagent.internal.run.RunListener;
import io.github.clickhousebackupagent.internal.run.RunResult;
import java.io.PrintWriter;
import java.time.Duration;

/** One line on a terminal that says what goes on now, and is overwritten by what comes next. */
final class ProgressLine implements RunListener {

    private static final String CLEAR = "\r\u001b[K";

    private final PrintWriter err;

    ProgressLine(PrintWriter err) {
        this.err = err;
    }

    @Override
    public void waiting(Run run, Duration elapsed) {
        print(
                "%s  %s  %s ..."
                        .formatted(run.backup(), run.stage().word(), Durations.spoken(elapsed)));
    }

    @Override
    public void operationSucceeded(Run run) {
        print("");
    }

    @Override
    public void ended(RunResult result) {
        print("");
    }

    private synchronized void print(String text) {
        err.print(CLEAR + text);
        err.flush();
    }
}
