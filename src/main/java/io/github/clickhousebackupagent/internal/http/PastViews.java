package io.github.clickhousebackupagent.internal.http;

import com.fasterxml.jackson.annotation.JsonFormat;
import com.fasterxml.jackson.annotation.JsonInclude;
import io.github.clickhousebackupagent.config.AgentConfig;
import io.github.clickhousebackupagent.internal.journal.JournalEvent;
import io.github.clickhousebackupagent.internal.marker.Markers;
import io.github.clickhousebackupagent.internal.report.LogPart;
import io.github.clickhousebackupagent.internal.run.Outcome;
import io.github.clickhousebackupagent.internal.run.RunKind;
import io.github.clickhousebackupagent.internal.run.RunResult;
import io.github.clickhousebackupagent.internal.run.Runs;
import io.github.clickhousebackupagent.internal.run.Standing;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What the API answers of what was: backups that were proven, and what was written about runs.
 * Thread-safe; asks no server.
 *
 * @param config where journals, logs and markers are
 * @param runs what the journals say
 * @param views finds runs and targets
 */
public record PastViews(AgentConfig config, Runs runs, Views views) {

    private static final int ALL = Integer.MAX_VALUE;
    private static final int MOST_LINES = 500;
    private static final int MOST_CHARACTERS = 262_144;

    /**
     * The backups of a target.
     *
     * @param target its name
     * @param marker what its marker names; null: nothing
     * @param backups those that were proven and not deleted by us, the oldest first
     */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    record Proven(String target, String marker, List<Backup> backups) {}

    /**
     * A backup that was proven.
     *
     * @param backup its name
     * @param run id of the run that proved it
     * @param kind what that run did
     * @param base what it is an increment on; null: nothing, or it was adopted
     * @param asOf of which moment its data is; null: nobody knows
     * @param provenAt when that run ended
     * @param sizeBytes as the server lists it; null: not known
     * @param chainLength how many backups a restore needs; null: not known
     */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    record Backup(
            String backup,
            String run,
            RunKind kind,
            String base,
            @JsonFormat(shape = JsonFormat.Shape.STRING) Instant asOf,
            @JsonFormat(shape = JsonFormat.Shape.STRING) Instant provenAt,
            Long sizeBytes,
            Integer chainLength) {

        static Backup of(Standing.Proven proven, RunResult by) {
            return new Backup(
                    proven.backup(),
                    by == null ? null : by.run(),
                    proven.kind(),
                    by == null ? null : by.base(),
                    proven.asOf(),
                    proven.ended(),
                    by == null ? null : by.size(),
                    by == null ? null : by.chainLength());
        }
    }

    /**
     * What the log says of a run.
     *
     * @param run its id
     * @param target name of its target
     * @param file name of the log
     * @param cut whether there are more lines before these
     * @param lines the last ones, the oldest first
     */
    record Log(String run, String target, String file, boolean cut, List<String> lines) {}

    /** Answers {@code GET /targets/{target}/backups}. */
    public Reply backups(Call call) {
        String target = views.target(call.target());
        Map<String, RunResult> by = new HashMap<>();
        // The latest first: of a backup that was proven twice, that one counts.
        for (RunResult result : runs.results(target, ALL)) {
            if (result.outcome() == Outcome.SUCCESS && result.backup() != null) {
                by.putIfAbsent(result.backup(), result);
            }
        }
        return Reply.of(
                200,
                new Proven(
                        target,
                        new Markers(config).read(target).orElse(null),
                        runs.standing(target).proven().stream()
                                .map(proven -> Backup.of(proven, by.get(proven.backup())))
                                .toList()));
    }

    /** Answers {@code GET /runs/{run}/log}. */
    public Reply log(Call call) {
        Views.RunView run = views.find(call.path().get("run"));
        LogPart part =
                LogPart.of(config.logFile(run.target()), run.run(), MOST_LINES, MOST_CHARACTERS);
        return Reply.of(
                200,
                new Log(
                        run.run(),
                        run.target(),
                        config.logFile(run.target()).getFileName().toString(),
                        part.cut(),
                        part.lines()));
    }

    /** Returns what the journal says of the run that a call is about, the oldest first. */
    public List<JournalEvent> events(Call call) {
        Views.RunView run = views.find(call.path().get("run"));
        return runs.journal(run.target()).runs().getOrDefault(run.run(), List.of());
    }

    /** Answers with a picture. */
    public Reply picture(String svg) {
        return new Reply(200, "image/svg+xml", svg, Map.of());
    }
}
