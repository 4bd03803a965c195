package io.github.clickhousebackupagent.internal.report;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.clickhousebackupagent.config.AgentConfig;
import io.github.clickhousebackupagent.config.Durations;
import io.github.clickhousebackupagent.event.RunEvent;
import io.github.clickhousebackupagent.internal.run.Outcome;
import io.github.clickhousebackupagent.internal.run.Run;
import io.github.clickhousebackupagent.internal.run.RunKind;
import io.github.clickhousebackupagent.internal.run.RunListener;
import io.github.clickhousebackupagent.internal.run.RunResult;
import io.github.clickhousebackupagent.internal.run.Stage;
import io.github.clickhousebackupagent.internal.text.Sizes;
import java.time.Clock;
import java.time.format.DateTimeFormatter;
import java.util.Optional;
import org.apache.logging.log4j.CloseableThreadContext;
import org.apache.logging.log4j.Level;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;
import org.apache.logging.log4j.Marker;
import org.apache.logging.log4j.MarkerManager;

/**
 * Writes what happens in runs to two loggers, each line with {@code target}, {@code run} and {@code
 * operation} in its context:
 *
 * <ul>
 *   <li>{@value #EVENTS}: one line an event, for console and log;
 *   <li>{@value #TRANSCRIPT}: the blocks that the log of a target consists of: when a run started
 *       and finished, each answer of the API pretty-printed, what went wrong.
 * </ul>
 *
 * <p>{@code log-directory} and {@code log-file} in the context say where the log of the target is.
 *
 * @param config says where logs are, and whose time the blocks show
 * @param clock for the times in the blocks
 */
public record RunLog(AgentConfig config, Clock clock) implements RunListener {

    /** Logger of what concerns the agent as a whole; its lines go to the console only. */
    public static final String AGENT = "clickhouse-backup-agent";

    /** Logger of the lines. */
    public static final String EVENTS = "clickhouse-backup-agent.events";

    /** Logger of the blocks. */
    public static final String TRANSCRIPT = "clickhouse-backup-agent.transcript";

    private static final Logger LINES = LogManager.getLogger(EVENTS);
    private static final Logger BLOCKS = LogManager.getLogger(TRANSCRIPT);
    private static final Marker BLOCK = MarkerManager.getMarker("BLOCK");
    private static final Marker OPEN = MarkerManager.getMarker("OPEN");
    private static final ObjectMapper MAPPER =
            new ObjectMapper().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);
    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("uuuu-MM-dd_HH-mm-ss");

    /**
     * Makes the first log of a target ready, which a run would otherwise wait for. Writes nothing:
     * config/log4j2.xml drops what has this marker when the log is open.
     */
    public void open() {
        config.targets().keySet().stream()
                .findFirst()
                .ifPresent(
                        target -> {
                            try (var context = context(target, "")) {
                                BLOCKS.info(OPEN, "");
                            }
                        });
    }

    @Override
    public void begun(Run run) {
        block(run.target(), run, "\n##### started at " + now() + " #####");
        String by = run.schedule() == null ? "by hand" : "by schedule " + run.schedule();
        line(Level.INFO, run, "%s begins, %s".formatted(subject(run), by));
    }

    @Override
    public void resumed(Run run) {
        block(run.target(), run, "\n##### goes on at " + now() + " #####");
        line(Level.INFO, run, about(run, "goes on where it was cut off, in " + run.stage().word()));
    }

    @Override
    public void suspended(Run run, String reason, boolean atOnce) {
        line(
                atOnce ? Level.INFO : Level.WARN,
                run,
                about(
                        run,
                        reason
                                + (atOnce
                                        ? "; it goes on at once"
                                        : "; it goes on at the next start")));
    }

    @Override
    public void noted(Run run, String what) {
        line(Level.INFO, run, about(run, what));
    }

    @Override
    public void warned(Run run, String warning) {
        line(Level.WARN, run, about(run, warning));
    }

    private static String about(Run run, String text) {
        return (run.backup() == null ? subject(run) : run.backup()) + ": " + text;
    }

    private static String subject(Run run) {
        return subject(run.kind(), run.backup());
    }

    private static String subject(RunKind kind, String backup) {
        if (kind == null) {
            return "Run"; // Of a newer agent.
        }
        String of = backup == null ? "" : " of " + backup;
        return switch (kind) {
            case FULL, DIFF -> kind + " backup";
            case RESTORE -> "Restore" + of;
            case DELETE -> "Deletion" + (backup == null ? " of several backups" : of);
            case ADOPT -> "Adoption" + of;
        };
    }

    @Override
    public void answered(Run run, String target, String call, int status, String body) {
        block(target, run, call + " answered " + status + "\n" + pretty(body));
    }

    @Override
    public void operationStarted(Run run) {
        String how =
                run.stage() == Stage.UPLOAD && run.base().present()
                        ? ", as an increment on " + run.base().name()
                        : "";
        line(
                Level.INFO,
                run,
                "%s: %s is in progress%s".formatted(run.backup(), run.stage().word(), how));
    }

    @Override
    public void operationSucceeded(Run run) {
        String what =
                switch (run.stage()) {
                    case CREATE -> "created";
                    case DOWNLOAD -> "downloaded";
                    case RESTORE -> "restored";
                    case DELETE -> "deleted from " + run.deletesFrom();
                    default -> "uploaded; the proof is next";
                };
        line(Level.INFO, run, "%s has been %s".formatted(run.backup(), what));
    }

    @Override
    public void hookFailed(RunEvent event, String what) {
        line(Level.WARN, event.target(), event.run(), "", "Hook " + what);
    }

    @Override
    public void ended(RunResult result) {
        String name = Optional.ofNullable(result.backup()).orElse("Run " + result.run());
        switch (result.outcome()) {
            case SUCCESS ->
                    line(
                            Level.INFO,
                            result,
                            result.chainLength() != null
                                    ? "%s is proven and now the last backup (%s in %s, chain of %d)"
                                            .formatted(
                                                    name,
                                                    Sizes.format(result.size()),
                                                    Durations.spoken(result.duration()),
                                                    result.chainLength())
                                    : "%s is done in %s: %s"
                                            .formatted(
                                                    subject(result.kind(), result.backup()),
                                                    Durations.spoken(result.duration()),
                                                    result.summary()));
            case FAILED -> {
                block(
                        result.target(),
                        result.run(),
                        "\n" + title(result) + "\n" + result.reason() + "\n-------------");
                line(
                        Level.ERROR,
                        result,
                        "Could not %s %s: %s"
                                .formatted(
                                        what(result),
                                        result.backup() == null ? "a backup" : name,
                                        result.reason()));
            }
            case MISSED -> line(Level.ERROR, result, "Missed: " + result.reason());
            case SKIPPED -> line(Level.WARN, result, "Skipped: " + result.reason());
            case INTERRUPTED ->
                    line(
                            Level.WARN,
                            result,
                            "%s: interrupted in %s: %s"
                                    .formatted(name, result.stage().word(), result.reason()));
        }
        if (result.outcome() != Outcome.INTERRUPTED) {
            block(result.target(), result.run(), "\n##### finished at " + now() + " #####");
        }
    }

    private static String title(RunResult result) {
        if (result.kind() == null) {
            return "ERROR:";
        }
        return switch (result.kind()) {
            case FULL, DIFF -> {
                boolean created = result.stage().compareTo(Stage.CREATE) > 0;
                yield created ? "UPLOAD ERROR:" : "CREATE BACKUP ERROR:";
            }
            case RESTORE -> "RESTORE ERROR:";
            case DELETE -> "DELETE ERROR:";
            case ADOPT -> "ADOPT ERROR:";
        };
    }

    private static String what(RunResult result) {
        if (result.kind() != null && !result.kind().makesBackup()) {
            return result.stage() == Stage.DOWNLOAD ? "download" : result.kind().word();
        }
        return switch (result.stage()) {
            case UPLOAD -> "upload";
            case PROVE -> "prove";
            case MOVE_MARKER -> "move the marker to";
            default -> "create";
        };
    }

    private String now() {
        return TIME.format(clock.instant().atZone(config.zone()));
    }

    private void line(Level level, Run run, String text) {
        String operation = run.operation() == null ? "" : run.operation().id();
        line(level, run.target(), run.id(), operation == null ? "" : operation, text);
    }

    private void line(Level level, RunResult result, String text) {
        line(level, result.target(), result.run(), "", text);
    }

    private void line(Level level, String target, String run, String operation, String text) {
        try (var context = context(target, run).put("operation", operation)) {
            LINES.log(level, text);
        }
    }

    private void block(String target, Run run, String text) {
        block(target, run == null ? "" : run.id(), text);
    }

    private void block(String target, String run, String text) {
        try (var context = context(target, run)) {
            BLOCKS.info(BLOCK, text);
        }
    }

    private CloseableThreadContext.Instance context(String target, String run) {
        return CloseableThreadContext.put("target", target)
                .put("run", run)
                .put("log-directory", config.logDirectory().toString())
                .put("log-file", config.logFile(target).getFileName().toString());
    }

    /** Returns JSON as people read it; anything else as it is. */
    private static String pretty(String body) {
        StringBuilder out = new StringBuilder();
        for (String line : body == null ? new String[0] : body.strip().split("\n")) {
            out.append(out.isEmpty() ? "" : "\n").append(prettyLine(line));
        }
        return out.toString();
    }

    private static String prettyLine(String line) {
        try {
            return MAPPER.readTree(line).toPrettyString();
        } catch (JsonProcessingException e) {
            return line; // Plain text, such as that of a 401.
        }
    }
}
