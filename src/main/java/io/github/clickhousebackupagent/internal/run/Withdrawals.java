package io.github.clickhousebackupagent.internal.run;

import io.github.clickhousebackupagent.config.AgentConfig;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;

/**
 * What the configuration no longer has, though backups were promised by it. An edit that takes away
 * too much looks like one that is fine: nothing fails, and nothing is late. So it is told, all of
 * an edit at once. Not thread-safe.
 */
final class Withdrawals {

    private static final Logger LOG = LogManager.getLogger(Withdrawals.class);

    /** More names are a list, and no sentence. */
    private static final int NAMED = 5;

    private final AgentConfig config;
    private final News news;
    private final Map<String, Set<String>> schedules = new TreeMap<>();
    private final Set<String> targets = new TreeSet<>();

    Withdrawals(AgentConfig config, News news) {
        this.config = config;
        this.news = news;
    }

    /** A schedule is no longer there, or no longer for a target. */
    void schedule(String schedule, String target) {
        schedules.computeIfAbsent(schedule, any -> new TreeSet<>()).add(target);
    }

    /** A target is no longer there. */
    void target(String target) {
        targets.add(target);
    }

    /** Tells of the targets that have come together since it was told last, if any have. */
    void tellTargets() {
        if (!targets.isEmpty()) {
            tell(
                    null,
                    targets,
                    "taken out of the configuration, no more backups",
                    "No more backups are made of %s. Those on remote storage stay, and nobody looks after them."
                            .formatted(named(targets)));
            targets.clear();
        }
    }

    /** Tells of the schedules that have come together since it was told last, if any have. */
    void tellSchedules() {
        if (!schedules.isEmpty()) {
            Set<String> of =
                    schedules.values().stream()
                            .flatMap(Set::stream)
                            .collect(Collectors.toCollection(TreeSet::new));
            List<String> bare = of.stream().filter(this::hasNoSchedule).toList();
            tell(
                    schedules.size() == 1 ? schedules.keySet().iterator().next() : null,
                    of,
                    (schedules.size() == 1 ? "schedule " : "schedules ")
                            + named(schedules.keySet())
                            + (schedules.size() == 1 ? " makes" : " make")
                            + " no more backups",
                    "Taken out of the configuration: "
                            + schedules.entrySet().stream()
                                    .map(
                                            one ->
                                                    "%s of %s"
                                                            .formatted(
                                                                    one.getKey(),
                                                                    named(one.getValue())))
                                    .collect(Collectors.joining("; "))
                            + (bare.isEmpty()
                                    ? "."
                                    : ". Without any schedule now: " + named(bare) + "."));
            schedules.clear();
        }
    }

    private void tell(String schedule, Set<String> of, String what, String text) {
        Run.Draft draft = new Run.Draft();
        draft.id = ""; // There is none, which is what this is about.
        draft.target = of.iterator().next();
        draft.schedule = schedule;
        Run run = draft.run();
        String title = (of.size() == 1 ? run.target() : of.size() + " targets") + ": " + what;
        LOG.warn("{}. {}", title, text);
        news.tell(listener -> listener.withdrawn(run, title, text));
    }

    private boolean hasNoSchedule(String target) {
        return config.schedules().values().stream()
                .noneMatch(schedule -> config.targetsOf(schedule).contains(target));
    }

    private static String named(Collection<String> names) {
        String first = names.stream().limit(NAMED).collect(Collectors.joining(", "));
        return names.size() > NAMED
                ? "%s and %d more".formatted(first, names.size() - NAMED)
                : first;
    }
}
