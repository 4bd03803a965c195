package io.github.clickhousebackupagent.internal.run;

import io.github.clickhousebackupagent.api.BackupItem;
import io.github.clickhousebackupagent.config.AgentConfig;
import io.github.clickhousebackupagent.internal.chain.Backups;
import io.github.clickhousebackupagent.internal.deletion.DeletionPlan;
import io.github.clickhousebackupagent.internal.deletion.DeletionPlanner;
import io.github.clickhousebackupagent.internal.deletion.DeletionWish;
import io.github.clickhousebackupagent.internal.journal.JournalEvent;
import io.github.clickhousebackupagent.internal.marker.Markers;
import io.github.clickhousebackupagent.internal.order.BackupAt;
import io.github.clickhousebackupagent.internal.order.DeleteOrder;
import io.github.clickhousebackupagent.internal.order.Place;
import java.time.Clock;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/** The steps of a deletion. Each is a method that a route calls. Thread-safe. */
public final class Deletions {

    private final AgentConfig config;
    private final Clock clock;
    private final Markers markers;
    private final Journals journals;
    private final BackupSteps steps;

    Deletions(AgentConfig config, Clock clock, Journals journals, BackupSteps steps) {
        this.config = config;
        this.clock = clock;
        this.markers = new Markers(config);
        this.journals = journals;
        this.steps = steps;
    }

    /**
     * Returns what a deletion would do, or why it would not.
     *
     * @param local what is on the server's disk
     * @param remote what is on remote storage
     */
    public DeletionPlan plan(
            String target, DeletionWish wish, List<BackupItem> local, List<BackupItem> remote) {
        return planner(target, null, local, remote).plan(wish);
    }

    /**
     * Makes sure, right before anything is deleted, that what was agreed to destroys no more than
     * that: the world may have changed since the plan was shown.
     *
     * @param local what is on the server's disk
     * @param remote what is on remote storage
     * @return the run with what is left to do; with a marker if that must be put right before
     * @throws RefusedException if something would be destroyed
     */
    public Run check(Run run, List<BackupItem> local, List<BackupItem> remote) {
        DeleteOrder order = run.delete();
        Backups there = new Backups(order.place() == Place.LOCAL ? local : remote);
        if (order.place() == Place.REMOTE && there.isEmpty()) {
            throw new RefusedException(
                    List.of("the remote list is empty now, as when the storage is out of reach"));
        }
        // One that is gone by now is told, too: a list may not show everything.
        DeletionPlan plan = planAsAgreed(run, order.names(), local, remote);
        return run.with(
                draft -> {
                    draft.left = copies(plan);
                    draft.marker = plan.marker() == null ? null : plan.marker().from();
                    draft.backup = plan.marker() == null ? null : plan.marker().to();
                });
    }

    /**
     * Makes sure of the same before the next deletion, as far as it concerns what is left to do.
     *
     * @throws RefusedException if something would be destroyed
     */
    public void checkAgain(Run run, List<BackupItem> local, List<BackupItem> remote) {
        if (!run.kind().equals(RunKind.DELETE)) {
            return; // What a restore clears away is in no list as whole.
        }
        Place place = run.delete().place();
        Backups there = new Backups(place == Place.LOCAL ? local : remote);
        List<String> names =
                run.left().stream().map(BackupAt::name).distinct().filter(there::has).toList();
        planAsAgreed(run, names, local, remote);
    }

    private DeletionPlan planAsAgreed(
            Run run, List<String> names, List<BackupItem> local, List<BackupItem> remote) {
        DeleteOrder order = run.delete();
        DeletionPlan plan =
                planner(run.target(), run.id(), local, remote)
                        .plan(new DeletionWish(order.place(), names, false, false, order.force()));
        if (plan.refused()) {
            throw new RefusedException(plan.refusals());
        }
        return plan;
    }

    private static List<BackupAt> copies(DeletionPlan plan) {
        List<BackupAt> copies = new ArrayList<>();
        for (DeletionPlan.Item item : plan.items()) {
            if (item.localToo()) {
                copies.add(new BackupAt(Place.LOCAL, item.name()));
            }
            copies.add(new BackupAt(plan.place(), item.name()));
        }
        return copies;
    }

    /** Returns, of both lists, that of the place that a run deletes from now. */
    public List<BackupItem> there(Run run, List<BackupItem> local, List<BackupItem> remote) {
        return run.deletesFrom().equals(Place.LOCAL.word()) ? local : remote;
    }

    /** Returns the run with the next backup that is to be deleted. */
    public Run next(Run run) {
        return run.at(Stage.DELETE, clock.instant())
                .with(draft -> draft.backup = run.left().get(0).name());
    }

    /** Takes in that a backup was deleted. */
    public Run deleted(Run run) {
        List<BackupAt> left = run.left().subList(1, run.left().size());
        long still = left.stream().filter(c -> c.place() == run.delete().place()).count();
        long done = run.delete().names().size() - still;
        return run.with(
                draft -> {
                    draft.left = left;
                    draft.summary = summary(run, done);
                });
    }

    private String summary(Run run, long done) {
        String many = done == 1 ? "1 backup" : done + " backups";
        String marker =
                run.marker() == null
                        ? ""
                        : markers.read(run.target())
                                .map(name -> "; the marker names " + name + " now")
                                .orElse("; there is no marker now");
        return "%s deleted from %s%s".formatted(many, run.delete().place().word(), marker);
    }

    private DeletionPlanner planner(
            String target, String own, List<BackupItem> local, List<BackupItem> remote) {
        return new DeletionPlanner(
                new Backups(local),
                new Backups(remote),
                markers.read(target),
                inUse(target, own),
                mayBeMarked(target));
    }

    /**
     * Returns which backups the marker may name: those that were proven, if the journal knows any.
     */
    private Predicate<String> mayBeMarked(String target) {
        Set<String> proven =
                RunHistory.standing(journals.of(target), target).proven().stream()
                        .map(Standing.Proven::backup)
                        .collect(Collectors.toSet());
        return proven.isEmpty() ? journals.look(target, steps::mayBeOurs) : proven::contains;
    }

    /** Returns what runs are at work on, or will be when they go on: backups and their bases. */
    private Map<String, String> inUse(String target, String own) {
        Map<String, String> inUse = new HashMap<>();
        for (List<JournalEvent> events : journals.look(target, TargetState::unfinished)) {
            Run run = Replay.of(target, events);
            if (run.id().equals(own)) {
                continue;
            }
            String what =
                    "run %s (%s), which is in its stage %s"
                            .formatted(
                                    run.id(),
                                    run.kind() == null ? "of an unknown kind" : run.kind().word(),
                                    run.stage().word());
            if (run.backup() != null) {
                inUse.put(run.backup(), what);
            }
            if (run.base() != null && run.base().present()) {
                inUse.put(run.base().name(), what);
            }
        }
        return inUse;
    }
}
