package io.github.clickhousebackupagent.internal.notice;

import io.github.clickhousebackupagent.event.Notice;
import io.github.clickhousebackupagent.event.RunEvent;
import io.github.clickhousebackupagent.internal.hook.HookEvents;
import io.github.clickhousebackupagent.internal.hook.HookPoint;
import io.github.clickhousebackupagent.internal.run.Outcome;
import io.github.clickhousebackupagent.internal.run.Run;
import io.github.clickhousebackupagent.internal.run.RunKind;
import io.github.clickhousebackupagent.internal.run.RunResult;
import io.github.clickhousebackupagent.internal.text.Ages;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/**
 * What goes wrong at one target, and what of it is worth a message. A trouble is of one kind of
 * backup: that a FULL succeeds says nothing of the DIFFs that fail. The same results in the same
 * order make the same notices, whenever that is: a journal that is read again leads to where it was
 * before. Not thread-safe.
 */
final class Troubles {

    /** Beyond these, the one that came up longest ago is told anew. */
    private static final int WARNINGS = 20;

    private enum Sort {
        FAILED,
        SKIPPED,
        MISSED,
        WITHDRAWN,
        WARNING;

        String word() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    private enum State {
        NEW,
        LASTING,
        RECOVERED,
        SINGLE;

        String word() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    private record Key(RunKind kind, Sort sort) {}

    /**
     * @param since when it came up first
     * @param told when it was told last
     * @param last when it came up last
     * @param count how often it came up
     * @param level as which it was told
     */
    private record Trouble(Instant since, Instant told, Instant last, int count, Level level) {

        static Trouble first(Instant now, Level level) {
            return new Trouble(now, now, now, 1, level);
        }

        Trouble again(Instant now) {
            return new Trouble(since, told, now, count + 1, level);
        }

        /**
         * Returns it as it is by a clock that was put back since: what it has of the future is of
         * now, or no reminder would come before that.
         */
        Trouble by(Instant now) {
            return new Trouble(
                    notAfter(since, now), notAfter(told, now), notAfter(last, now), count, level);
        }

        private static Instant notAfter(Instant time, Instant now) {
            return time.isAfter(now) ? now : time;
        }

        Trouble told(Instant now, Level as) {
            return new Trouble(since, now, last, count, as);
        }
    }

    private final Duration reminder;
    private final Map<Key, Trouble> lasting = new HashMap<>();
    private final Map<String, Trouble> warnings =
            new LinkedHashMap<>(16, 0.75f, true) {
                private static final long serialVersionUID = 1L;

                @Override
                protected boolean removeEldestEntry(Map.Entry<String, Trouble> eldest) {
                    return size() > WARNINGS;
                }
            };

    /**
     * @param reminder after which a trouble that lasts is told again
     */
    Troubles(Duration reminder) {
        this.reminder = reminder;
    }

    /** Takes in the end of a run, and returns what is worth a message. */
    Optional<Notice> ended(RunResult result) {
        boolean lasts = result.kind() != null && result.kind().makesBackup();
        return switch (result.outcome()) {
            case SUCCESS -> Optional.of(succeeded(result));
            case FAILED, INTERRUPTED ->
                    lasts
                            ? came(result, Sort.FAILED, Level.ERROR, Level.ERROR)
                            : Optional.of(single(result, Sort.FAILED, Level.ERROR));
            // A DIFF in the way of a FULL is as it was asked for; all DIFFs of a day are not.
            case SKIPPED ->
                    lasts
                            ? came(result, Sort.SKIPPED, Level.INFO, Level.WARNING)
                            : Optional.of(single(result, Sort.SKIPPED, Level.WARNING));
            case MISSED -> Optional.of(single(result, Sort.MISSED, Level.WARNING));
        };
    }

    private Notice succeeded(RunResult result) {
        Trouble failed = lasting.remove(new Key(result.kind(), Sort.FAILED));
        Trouble skipped = lasting.remove(new Key(result.kind(), Sort.SKIPPED));
        // That one was skipped now and then, as asked for, needs no end.
        Sort sort = failed != null ? Sort.FAILED : Sort.SKIPPED;
        Trouble over =
                failed != null || skipped == null || skipped.level() == Level.INFO
                        ? failed
                        : skipped;
        return over == null
                ? single(result, null, Level.INFO)
                : notice(result, State.RECOVERED, sort, over.level(), over.by(result.finishedAt()));
    }

    private Optional<Notice> came(RunResult result, Sort sort, Level first, Level later) {
        Instant now = result.finishedAt();
        Key key = new Key(result.kind(), sort);
        Trouble before = lasting.get(key);
        if (before == null) {
            Trouble trouble = Trouble.first(now, first);
            lasting.put(key, trouble);
            return Optional.of(notice(result, State.NEW, sort, first, trouble));
        }
        Trouble trouble = before.by(now).again(now);
        boolean isDue = isDue(trouble, now);
        lasting.put(key, isDue ? trouble.told(now, later) : trouble);
        return isDue
                ? Optional.of(notice(result, State.LASTING, sort, later, trouble))
                : Optional.empty();
    }

    /**
     * Takes in a warning, and returns it if it is worth a message: in words that were not told
     * lately. Which name or number it is about makes no other words.
     */
    Optional<Notice> warned(Run run, String warning, Instant now) {
        String words =
                run.backup() == null ? warning : warning.replace(run.backup(), "(the backup)");
        String key = run.kind() + " " + words.replaceAll("[0-9]+", "#");
        Trouble known = warnings.get(key);
        Trouble before = known == null ? null : known.by(now);
        RunEvent cause = HookEvents.of(HookPoint.ON_WARNING, run, warning, now);
        boolean isNew =
                before == null || Duration.between(before.last(), now).compareTo(reminder) >= 0;
        if (isNew) {
            warnings.put(key, Trouble.first(now, Level.WARNING));
            return Optional.of(
                    notice(cause, run.kind(), State.SINGLE, Sort.WARNING, Level.WARNING, null));
        }
        Trouble trouble = before.again(now);
        boolean isDue = isDue(trouble, now);
        warnings.put(key, isDue ? trouble.told(now, Level.WARNING) : trouble);
        return isDue
                ? Optional.of(
                        notice(
                                cause,
                                run.kind(),
                                State.LASTING,
                                Sort.WARNING,
                                Level.WARNING,
                                trouble))
                : Optional.empty();
    }

    /** Returns the notice that something is no longer in the configuration. */
    static Notice withdrawn(Run what, String title, String text, Instant now) {
        RunEvent cause = HookEvents.of(HookPoint.ON_NOTICE, what, text, now);
        String of = String.join("/", what.target(), now.toString(), title);
        return new Notice(
                HookPoint.ON_NOTICE.word(),
                now,
                UUID.nameUUIDFromBytes(of.getBytes(StandardCharsets.UTF_8)).toString(),
                Level.WARNING.word(),
                State.SINGLE.word(),
                Sort.WITHDRAWN.word(),
                what.target(),
                null,
                title,
                text,
                null,
                null,
                null,
                cause);
    }

    private boolean isDue(Trouble trouble, Instant now) {
        return Duration.between(trouble.told(), now).compareTo(reminder) >= 0;
    }

    private static Notice single(RunResult result, Sort sort, Level level) {
        return notice(result, State.SINGLE, sort, level, null);
    }

    private static Notice notice(
            RunResult result, State state, Sort sort, Level level, Trouble trouble) {
        RunEvent cause = HookEvents.of(result, result.finishedAt());
        return notice(cause, result.kind(), state, sort, level, trouble);
    }

    private static Notice notice(
            RunEvent cause, RunKind kind, State state, Sort sort, Level level, Trouble trouble) {
        String what = kind == null ? "what was cut off" : kind.name();
        Instant now = cause.time();
        String of =
                String.join(
                        "/",
                        cause.target(),
                        cause.run(),
                        state.word(),
                        sort == null ? "" : sort.word(),
                        sort == Sort.WARNING ? cause.reason() : "");
        return new Notice(
                HookPoint.ON_NOTICE.word(),
                now,
                UUID.nameUUIDFromBytes(of.getBytes(StandardCharsets.UTF_8)).toString(),
                level.word(),
                state.word(),
                sort == null ? null : sort.word(),
                cause.target(),
                cause.kind(),
                cause.target() + ": " + title(what, cause, state, sort, trouble),
                text(cause),
                trouble == null ? null : trouble.since(),
                trouble == null ? null : Duration.between(trouble.since(), now).toMillis(),
                trouble == null ? null : trouble.count(),
                cause);
    }

    private static String title(
            String what, RunEvent cause, State state, Sort sort, Trouble trouble) {
        if (state == State.RECOVERED) {
            return "%s works again, after %s (%s %s)"
                    .formatted(
                            what,
                            Ages.format(Duration.between(trouble.since(), cause.time())),
                            times(trouble.count()),
                            sort.word());
        }
        if (sort == null) {
            return what + " done";
        }
        if (state == State.LASTING) {
            String still =
                    switch (sort) {
                        case FAILED -> "still fails";
                        case SKIPPED -> "is still skipped";
                        case MISSED -> "is still missed";
                        case WITHDRAWN -> "is still withdrawn";
                        case WARNING -> "still warns";
                    };
            return "%s %s, %s since %s"
                    .formatted(
                            what,
                            still,
                            times(trouble.count()),
                            trouble.since().truncatedTo(ChronoUnit.SECONDS));
        }
        if (sort == Sort.WARNING) {
            return what + ": warning";
        }
        boolean cutOff = Outcome.INTERRUPTED.word().equals(cause.outcome());
        return what + " " + (cutOff ? Outcome.INTERRUPTED.word() : sort.word());
    }

    private static String times(int count) {
        return count == 1 ? "once" : count + " times";
    }

    private static String text(RunEvent cause) {
        if (cause.reason() != null) {
            return cause.reason();
        }
        if (cause.summary() != null) {
            return cause.summary();
        }
        return cause.backup() == null ? "" : cause.backup() + " is proven";
    }
}
