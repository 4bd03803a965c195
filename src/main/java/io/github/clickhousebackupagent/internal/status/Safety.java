package io.github.clickhousebackupagent.internal.status;

import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * Whether all is safe, for programs and for people.
 *
 * @param safe whether each target has a proven backup that is as young as promised
 * @param sentence the same in words: all are, or which are not and why; and which are paused, of
 *     which there will be no more backups until somebody thinks of it
 */
public record Safety(boolean safe, String sentence) {

    /** More names are a list, and no sentence. */
    private static final int NAMED = 3;

    /** Returns that of some targets. */
    public static Safety of(List<TargetStatus> all) {
        List<TargetStatus> unsafe = all.stream().filter(one -> !one.isSafe()).toList();
        // One that is unsafe by that is told as such.
        List<TargetStatus> paused =
                all.stream()
                        .filter(TargetStatus::isPaused)
                        .filter(one -> one.isSafe() || one.unsafe().why() != Unsafe.Why.PAUSED)
                        .toList();
        String told = paused.isEmpty() ? "" : "; " + paused(paused);
        return new Safety(
                unsafe.isEmpty(),
                unsafe.isEmpty() ? safe(all, paused) : unsafe(unsafe, all.size()) + told + ".");
    }

    private static String safe(List<TargetStatus> all, List<TargetStatus> paused) {
        String forNow = paused.isEmpty() ? "" : " for now";
        if (all.size() == 1) {
            TargetStatus one = all.get(0);
            return "%s is safe%s."
                    .formatted(
                            one.target(), paused.isEmpty() ? "" : forNow + ", and " + pause(one));
        }
        return "All %d targets are safe%s."
                .formatted(all.size(), paused.isEmpty() ? "" : forNow + "; " + paused(paused));
    }

    private static String unsafe(List<TargetStatus> unsafe, int all) {
        return "%d of %d target%s not safe: %s"
                .formatted(
                        unsafe.size(),
                        all,
                        all == 1 ? " is" : "s are",
                        named(unsafe, one -> one.why(Safety::time).orElse("")));
    }

    private static String paused(List<TargetStatus> paused) {
        return "%d %s paused: %s"
                .formatted(
                        paused.size(),
                        paused.size() == 1 ? "is" : "are",
                        named(paused, one -> pause(one).replaceFirst("^paused ", "")));
    }

    private static String pause(TargetStatus one) {
        return "paused %ssince %s"
                .formatted(
                        one.verdict() == Verdict.PAUSED ? "" : "in part ",
                        one.pausedSince().map(Safety::time).orElse("-"));
    }

    private static String named(List<TargetStatus> some, Function<TargetStatus, String> why) {
        String first =
                some.stream()
                        .limit(NAMED)
                        .map(one -> one.target() + " (" + why.apply(one) + ")")
                        .collect(Collectors.joining(", "));
        return some.size() > NAMED ? "%s and %d more".formatted(first, some.size() - NAMED) : first;
    }

    private static String time(Instant moment) {
        return moment.truncatedTo(ChronoUnit.SECONDS).toString();
    }
}
