package io.github.clickhousebackupagent.internal.deletion;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.clickhousebackupagent.api.BackupItem;
import io.github.clickhousebackupagent.internal.chain.Backups;
import io.github.clickhousebackupagent.internal.deletion.DeletionPlan.Item;
import io.github.clickhousebackupagent.internal.deletion.DeletionPlan.MarkerChange;
import io.github.clickhousebackupagent.internal.order.Place;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

/** Named after what somebody would lose. */
class DeletionPlannerTest {

    private static final List<BackupItem> REMOTE =
            List.of(
                    item("FULL_1", "", 1),
                    item("DIFF_1a", "FULL_1", 2),
                    item("DIFF_1b", "DIFF_1a", 3),
                    item("FULL_2", "", 4),
                    item("DIFF_2a", "FULL_2", 5));

    @Test
    void aBackupThatCouldNotBeRestoredAnyMore() {
        DeletionPlan plan = planner("DIFF_2a").plan(named("FULL_1"));

        assertThat(plan.refusals())
                .containsExactly(
                        "FULL_1 is needed by DIFF_1a, DIFF_1b, which could not be restored any more; --with-dependants deletes them, too");
    }

    @Test
    void aWholeChainOfWhichOnlyTheBaseWasNamed() {
        DeletionPlan plan =
                planner("DIFF_2a").plan(wish(Place.REMOTE, List.of("FULL_1"), false, true, false));

        assertThat(plan.refused()).isFalse();
        assertThat(plan.items())
                .extracting(Item::name, Item::why)
                .containsExactly(
                        org.assertj.core.groups.Tuple.tuple("DIFF_1b", "needs FULL_1"),
                        org.assertj.core.groups.Tuple.tuple("DIFF_1a", "needs FULL_1"),
                        org.assertj.core.groups.Tuple.tuple("FULL_1", "named"));
        assertThat(plan.left()).isEqualTo(2);
        assertThat(plan.size()).isEqualTo(3 * 100);
        assertThat(plan.marker()).isNull();
    }

    /** A server takes signs that it does not know out of a name, and deletes what is then named. */
    @Test
    void aBackupThatHasTheNameOfAnotherWithoutABlank() {
        DeletionPlanner planner =
                local(item("FULL_1", "", 1), item("FULL _1", "", 2), item("FULL_2", "", 3));

        assertThat(planner.plan(wish(Place.LOCAL, List.of(), true, false, true)).refusals())
                .singleElement()
                .asString()
                .startsWith("backup: found 'FULL _1'; allowed: letters, digits");
        assertThat(planner.plan(wish(Place.LOCAL, List.of("FULL_2"), false, false, true)).refused())
                .isFalse();
    }

    @Test
    void theLastBackup() {
        assertThat(planner("DIFF_2a").plan(named("DIFF_2a")).refusals())
                .containsExactly(
                        "DIFF_2a is the last backup, which the marker names; --force deletes it all the same");
    }

    @Test
    void theLastFull() {
        assertThat(
                        planner("DIFF_2a")
                                .plan(wish(Place.REMOTE, List.of("FULL_2"), false, true, false))
                                .refusals())
                .containsExactly(
                        "DIFF_2a is the last backup, which the marker names; --force deletes it all the same",
                        "FULL_2 is the last FULL; --force deletes it all the same");
    }

    @Test
    void aMarkerThatNamesWhatIsGone() {
        assertThat(planner("DIFF_2a").plan(forced("DIFF_2a")).marker())
                .isEqualTo(new MarkerChange("DIFF_2a", "FULL_2"));
        assertThat(
                        planner("DIFF_2a")
                                .plan(wish(Place.REMOTE, List.of("FULL_2"), false, true, true))
                                .marker())
                .isEqualTo(new MarkerChange("DIFF_2a", "DIFF_1b"));
        assertThat(planner("DIFF_2a").plan(all(Place.REMOTE)).marker())
                .isEqualTo(new MarkerChange("DIFF_2a", null));
    }

    @Test
    void aBackupOfSomebodyElseIsNotWhatTheMarkerNamesNext() {
        DeletionPlanner planner =
                new DeletionPlanner(
                        new Backups(List.of()),
                        new Backups(REMOTE),
                        Optional.of("DIFF_2a"),
                        Map.of(),
                        name -> name.endsWith("1"));

        assertThat(planner.plan(forced("DIFF_2a")).marker().to()).isEqualTo("FULL_1");
    }

    @Test
    void whatARunIsAtWorkOn() {
        DeletionPlanner planner =
                new DeletionPlanner(
                        new Backups(REMOTE),
                        new Backups(REMOTE),
                        Optional.of("DIFF_2a"),
                        Map.of("DIFF_1b", "run r1 (diff), which is in its stage upload"),
                        name -> true);

        for (DeletionWish wish : List.of(forced("DIFF_1b"), all(Place.REMOTE), all(Place.LOCAL))) {
            assertThat(planner.plan(wish).refusals())
                    .containsExactly(
                            "DIFF_1b is in use by run r1 (diff), which is in its stage upload");
        }
    }

    @Test
    void theOnlyCopy() {
        DeletionPlanner planner = local(item("DIFF_2a", "", 5), item("BY_HAND", "", 6));

        assertThat(
                        planner.plan(wish(Place.LOCAL, List.of("DIFF_2a"), false, false, false))
                                .refused())
                .isFalse();
        assertThat(
                        planner.plan(wish(Place.LOCAL, List.of("BY_HAND"), false, false, false))
                                .refusals())
                .containsExactly(
                        "BY_HAND is nowhere else: the remote list does not have it, whole; --force deletes it all the same");
        assertThat(planner.plan(all(Place.LOCAL)).refused()).isFalse();
    }

    /** A server answers with an empty remote list when its storage is out of reach. */
    @Test
    void everyLocalCopyWhileTheStorageIsOutOfReach() {
        DeletionPlanner planner =
                new DeletionPlanner(
                        new Backups(REMOTE),
                        new Backups(List.of()),
                        Optional.of("DIFF_2a"),
                        Map.of(),
                        name -> true);

        assertThat(
                        planner.plan(
                                        wish(
                                                Place.LOCAL,
                                                List.of("FULL_1", "FULL_2"),
                                                false,
                                                false,
                                                false))
                                .refusals())
                .hasSize(2);
    }

    @Test
    void remainsOfACreateThatWasCutOffAreNobodysOnlyCopy() {
        DeletionPlanner planner =
                local(new BackupItem("HALF", "2026-11-22 12:00:00", 0, "local", "", "old-format"));

        assertThat(planner.plan(wish(Place.LOCAL, List.of("HALF"), false, false, false)).refused())
                .isFalse();
    }

    @Test
    void aShellOfABackupThatAServerUploadsFromItsLocalCopy() {
        DeletionPlan plan = local(item("DIFF_2a", "", 5)).plan(forced("DIFF_2a"));

        assertThat(plan.items()).extracting(Item::localToo).containsExactly(true);
        assertThat(planner("DIFF_2a").plan(forced("DIFF_2a")).items())
                .extracting(Item::localToo)
                .containsExactly(false);
    }

    @Test
    void anotherBackupThanTheOneThatWasMeant() {
        assertThat(planner("DIFF_2a").plan(named("DIFF_2")).refusals())
                .containsExactly("DIFF_2 is not in the remote list (did you mean DIFF_2a?)");
    }

    /** Whatever is asked for: what is left can be restored as before, unless all is to go. */
    @Property(tries = 2000)
    void nothingThatIsLeftLosesItsBase(
            @ForAll @Size(min = 1, max = 8) List<@IntRange(min = -1, max = 7) Integer> bases,
            @ForAll @Size(max = 4) Set<@IntRange(max = 7) Integer> wanted,
            @ForAll boolean withDependants,
            @ForAll boolean force) {
        List<BackupItem> items = new ArrayList<>();
        for (int i = 0; i < bases.size(); i++) {
            boolean based = bases.get(i) >= 0 && bases.get(i) < i;
            items.add(item("B" + i, based ? "B" + bases.get(i) : "", i));
        }
        List<String> names =
                wanted.stream().filter(i -> i < items.size()).map(i -> "B" + i).toList();
        Backups before = new Backups(items);
        DeletionPlan plan =
                new DeletionPlanner(
                                new Backups(List.of()),
                                before,
                                Optional.of("B0"),
                                Map.of(),
                                name -> true)
                        .plan(wish(Place.REMOTE, names, false, withDependants, force));
        if (plan.refused()) {
            return;
        }
        Set<String> gone = new HashSet<>();
        for (String name : plan.names()) {
            gone.add(name);
            Backups rest =
                    new Backups(items.stream().filter(i -> !gone.contains(i.name())).toList());
            // After each single deletion, as the next one may never come.
            assertThat(rest.names()).allMatch(rest::isRestorable);
        }
        assertThat(plan.names()).containsAll(names);
        if (plan.marker() != null && plan.marker().to() != null) {
            assertThat(gone).doesNotContain(plan.marker().to());
        }
        assertThat(gone.contains("B0")).isEqualTo(plan.marker() != null);
    }

    private static DeletionPlanner planner(String marker) {
        return new DeletionPlanner(
                new Backups(List.of()),
                new Backups(REMOTE),
                Optional.of(marker),
                Map.of(),
                name -> true);
    }

    private static DeletionPlanner local(BackupItem... items) {
        return new DeletionPlanner(
                new Backups(List.of(items)),
                new Backups(REMOTE),
                Optional.of("DIFF_2a"),
                Map.of(),
                name -> true);
    }

    private static DeletionWish named(String name) {
        return wish(Place.REMOTE, List.of(name), false, false, false);
    }

    private static DeletionWish forced(String name) {
        return wish(Place.REMOTE, List.of(name), false, false, true);
    }

    private static DeletionWish all(Place place) {
        return wish(place, List.of(), true, false, false);
    }

    private static DeletionWish wish(
            Place place, List<String> names, boolean all, boolean withDependants, boolean force) {
        return new DeletionWish(place, names, all, withDependants, force);
    }

    private static BackupItem item(String name, String base, int minute) {
        String created = "2026-11-22 12:%02d:00".formatted(minute);
        return new BackupItem(name, created, 100, "remote", base, "tar, regular");
    }
}
