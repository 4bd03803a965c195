package io.github.clickhousebackupagent.internal.metrics;

import io.github.clickhousebackupagent.internal.notice.DeliveryCounts;
import io.github.clickhousebackupagent.internal.notice.Owed;
import io.github.clickhousebackupagent.internal.trace.TraceCounts;
import java.time.Clock;

/**
 * What a process has seen since its start, and what no journal tells. An edit of routes or
 * configuration does not begin it anew.
 *
 * @param calls of the API of targets
 * @param hooks how often what is hooked in failed
 * @param notices what became of messages to receivers
 * @param owed the messages that waited for receivers at an edit
 * @param traces what became of spans
 */
public record Seen(
        ApiCalls calls, HookFailures hooks, DeliveryCounts notices, Owed owed, TraceCounts traces) {

    /** Returns that of a process that has seen nothing. */
    public static Seen nothing(Clock clock) {
        return new Seen(
                new ApiCalls(clock),
                new HookFailures(),
                new DeliveryCounts(),
                new Owed(),
                new TraceCounts());
    }
}
