package io.github.clickhousebackupagent.internal.http;

import com.fasterxml.jackson.annotation.JsonFormat;
import com.fasterxml.jackson.annotation.JsonInclude;
import io.github.clickhousebackupagent.config.AgentConfig;
import io.github.clickhousebackupagent.internal.journal.JournalEvent;
import io.github.clickhousebackupagent.internal.marker.Markers;
import io.github.clickhousebackupagent.internal.report.LogPart;
import io.github.clickhousebackupagent.internal.run.RunKind;
import io.github.clickhousebackupagent.internal.run.Runs;
import io.github.clickhousebackupagent.internal.run.Standing;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/**
 * What the API answers of what was: backups that were proven, and what was written about runs.
 * Thread-safe; asks no server.
 *
 * @param config where journals, logs and markers are
 * @param runs what the journals say
 * @param views finds runs and targets
 */
public record PastViews(AgentConfig config, Runs runs, Views views) {

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

        static Backup of(Standing.Proven proven) {
            return new Backup(
                    proven.backup(),
                    proven.run(),
                    proven.kind(),
                    proven.base(),
                    proven.asOf(),
                    proven.ended(),
                    proven.size(),
                    proven.chainLength());
        }
    }

    /**
     * What the log says of a run.
     *
     * @param run its id
     * @param target name of its target
     * @param file name of the log that the last of the lines stands in
     * @param cut whether there are more lines before these
     * @param gone whether none is left of a run that is over
     * @param lines the last ones, the oldest first
     */
    record Log(
            String run,
            String target,
            String file,
            boolean cut,
            boolean gone,
            List<String> lines) {}

    /** Answers {@code GET /targets/{target}/backups}. */
    public Reply backups(Call call) {
        String target = views.target(call.target());
        return Reply.of(
                200,
                new Proven(
                        target,
                        new Markers(config).read(target).orElse(null),
                        runs.standing(target).proven().stream().map(Backup::of).toList()));
    }

    /** Answers {@code GET /runs/{run}/log}. */
    public Reply log(Call call) {
        Views.RunView run = views.find(call.path().get("run"));
        return views.reads().read(inTime -> log(run, inTime));
    }

    private Reply log(Views.RunView run, Runnable inTime) {
        Path log = config.logFile(run.target());
        LogPart part =
                new LogPart.Search(run.run(), MOST_LINES, MOST_CHARACTERS, inTime)
                        .read(log, run.startedAt(), run.finishedAt());
        boolean over = run.state().equals(Views.State.ENDED.word());
        return Reply.of(
                200,
                new Log(
                        run.run(),
                        run.target(),
                        part.file(),
                        part.cut(),
                        over && part.lines().isEmpty(),
                        part.lines()));
    }

    /**
     * Answers {@code GET /runs/{run}/diagram}.
     *
     * @param draws is given what the journal says of the run, the oldest first, of very much not
     *     all; returns it as SVG
     */
    public Reply diagram(Call call, Function<List<JournalEvent>, String> draws) {
        Views.RunView run = views.find(call.path().get("run"));
        // Drawn there, too: that takes longer than to read, and many would hold all threads.
        return views.reads()
                .read(
                        inTime -> {
                            String svg = draws.apply(runs.events(run.target(), run.run(), inTime));
                            return new Reply(200, "image/svg+xml", svg, Map.of());
                        });
    }
}
