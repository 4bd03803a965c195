package io.github.clickhousebackupagent.internal.hook;

import io.github.clickhousebackupagent.event.Notice;
import io.github.clickhousebackupagent.event.RunEvent;
import io.github.clickhousebackupagent.internal.run.Run;
import io.github.clickhousebackupagent.internal.run.RunResult;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;

/** Makes what hooks get. */
public final class HookEvents {

    private HookEvents() {}

    /**
     * Returns the event of a run that goes on.
     *
     * @param text what a warning says; null: nothing
     */
    public static RunEvent of(HookPoint point, Run run, String text, Instant now) {
        boolean based = run.base() != null;
        return new RunEvent(
                point.word(),
                now,
                run.id(),
                run.target(),
                run.kind() == null ? null : run.kind().word(),
                run.schedule(),
                run.backup(),
                based ? run.base().name() : null,
                run.stage().word(),
                null,
                text,
                null,
                null,
                run.startedAt(),
                null,
                null,
                run.proof() == null ? null : run.proof().size(),
                run.proof() == null ? null : run.proof().chainLength());
    }

    /** Returns the event of a run that is over. */
    public static RunEvent of(RunResult result, Instant now) {
        return new RunEvent(
                HookPoint.of(result.outcome()).word(),
                now,
                result.run(),
                result.target(),
                result.kind() == null ? null : result.kind().word(),
                result.schedule(),
                result.backup(),
                result.base(),
                result.stage().word(),
                result.outcome().word(),
                result.reason(),
                result.failure() == null ? null : result.failure().word(),
                result.summary(),
                result.startedAt(),
                result.finishedAt(),
                result.duration().toMillis(),
                result.size(),
                result.chainLength());
    }

    /** Returns the headers that go with a notice: those of its cause, and its own. */
    public static Map<String, String> headers(Notice notice) {
        Map<String, String> headers = headers(notice.cause());
        headers.put("BackupEvent", notice.event());
        headers.put("BackupLevel", notice.level());
        headers.put("BackupState", notice.state());
        return headers;
    }

    /** Returns the headers that go with an event; none for what it does not tell. */
    public static Map<String, String> headers(RunEvent event) {
        Map<String, String> headers = new LinkedHashMap<>();
        headers.put("BackupEvent", event.event());
        headers.put("BackupTarget", event.target());
        headers.put("BackupRun", event.run());
        headers.put("BackupKind", event.kind());
        headers.put("BackupName", event.backup());
        headers.put("BackupOutcome", event.outcome());
        headers.put("BackupReason", event.reason());
        headers.values().removeIf(value -> value == null);
        return headers;
    }
}
