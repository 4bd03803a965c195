package io.github.clickhousebackupagent.internal.inventory;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.clickhousebackupagent.api.BackupItem;
import io.github.clickhousebackupagent.config.BackupKind;
import io.github.clickhousebackupagent.internal.order.Place;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a person who must restore is told of the backups that are there. */
class InventoryTest {

    private static final String NO_TIME = "0001-01-01 00:00:00";

    private final List<BackupItem> local = new ArrayList<>();
    private final List<BackupItem> remote = new ArrayList<>();
    private Known known = Known.only(Optional.empty());

    @Test
    void aBackupKnowsItsPlacesItsChainAndWhatIsBasedOnIt() {
        remote("F1", "");
        remote("D1", "F1");
        remote("D2", "D1");
        local("D2");
        local("L1");

        assertThat(entry("D2").places()).containsExactly(Place.LOCAL, Place.REMOTE);
        assertThat(entry("D2").kind()).isEqualTo(BackupKind.DIFF);
        assertThat(entry("D2").base()).isEqualTo("D1");
        assertThat(entry("D2").chain()).containsExactly("F1", "D1", "D2");
        assertThat(entry("F1").chain()).containsExactly("F1");
        assertThat(entry("F1").dependants()).containsExactly("D1");
        assertThat(entry("L1").state()).isEqualTo(State.LOCAL_ONLY);
        assertThat(entry("L1").chain()).containsExactly("L1");
        assertThat(inventory().find("none")).isEmpty();
    }

    @Test
    void onlyWhatTheMarkerNamesIsTheLastAndOnlyWhatWeProvedIsProven() {
        remote("F1", "");
        remote("F2", "");
        remote("F3", "");
        known = new Known(Optional.of("F3"), Set.of("F2", "F3"), Map.of(), Map.of());

        assertThat(inventory().entries())
                .extracting(Entry::state)
                .containsExactly(State.WHOLE, State.PROVEN, State.LAST);
        assertThat(inventory().warnings()).isEmpty();
    }

    @Test
    void whatWasProvenOnceIsBrokenWhenAPartOfItsChainIsGone() {
        remote("D1", "F1");
        remote("D2", "D1");
        known = new Known(Optional.of("D2"), Set.of("D1", "D2"), Map.of(), Map.of());

        assertThat(entry("D2").state()).isEqualTo(State.BROKEN);
        assertThat(entry("D2").reason()).isEqualTo("F1 is not in the list");
        assertThat(entry("D2").proven()).isTrue();
        assertThat(entry("D2").restorable()).isFalse();
        assertThat(inventory().warnings())
                .containsExactly("the marker names D2, which is broken: F1 is not in the list");
    }

    @Test
    void theServersReasonIsToldOnce() {
        remote("F1", NO_TIME, 0, "", "broken (can't stat metadata.json)");
        remote("D1", "F1");
        local("L4", "old-format");
        local("L8", "broken metadata.json not found");

        assertThat(entry("F1").reason()).isEqualTo("can't stat metadata.json");
        assertThat(entry("F1").kind()).as("it has no metadata").isNull();
        assertThat(entry("F1").age(Instant.now())).isNull();
        assertThat(entry("F1").size()).isNull();
        assertThat(entry("D1").reason()).isEqualTo("F1 is broken (can't stat metadata.json)");
        assertThat(entry("L4").reason()).isEqualTo("it has no metadata (old-format)");
        assertThat(entry("L8").reason()).isEqualTo("metadata.json not found");
        assertThat(entry("L4").state()).isEqualTo(State.BROKEN);
    }

    @Test
    void anEmptyPartOfAChainIsNoBackup() {
        remote("F1", "2026-11-22 12:00:00", 0, "", "tar, regular");
        remote("D1", "F1");

        assertThat(entry("F1").reason()).isEqualTo("it has no size in the list");
        assertThat(entry("D1").reason()).isEqualTo("F1 has no size in the list");
    }

    @Test
    void aWholeCopyOnDiskIsNotHiddenByABrokenOneOnRemoteStorage() {
        remote("F1", NO_TIME, 0, "", "broken (can't stat metadata.json)");
        local("F1");
        remote("F2", "");
        local("F2", "old-format");

        assertThat(entry("F1").state()).isEqualTo(State.BROKEN);
        assertThat(entry("F1").note()).isEqualTo("the local copy is whole");
        assertThat(entry("F1").size()).as("of the copy that has one").isEqualTo(7);
        assertThat(entry("F2").state()).isEqualTo(State.WHOLE);
        assertThat(entry("F2").note())
                .isEqualTo("the local copy is broken: it has no metadata (old-format)");
    }

    @Test
    void whatIsBeingUploadedIsNotTakenForRubbish() {
        remote("F1", NO_TIME, 0, "", "broken (can't stat metadata.json)");
        known = new Known(Optional.empty(), Set.of(), Map.of(), Map.of("F1", "upload"));

        assertThat(entry("F1").note()).isEqualTo("its run is not over, in upload");
    }

    @Test
    void backupsInACircleEndTheSearch() {
        remote("D1", "D2");
        remote("D2", "D1");

        assertThat(entry("D1").state()).isEqualTo(State.BROKEN);
        assertThat(entry("D1").reason()).endsWith("is its own base");
        assertThat(inventory().allDependants("D1")).containsExactly("D2");
    }

    @Test
    void whatNeedsABackupComesBeforeWhatItIsBasedOn() {
        remote("F1", "");
        remote("D1", "F1");
        remote("D2", "D1");
        remote("E1", "F1");
        remote("F2", "");

        List<String> all = inventory().allDependants("F1");

        assertThat(all).containsExactlyInAnyOrder("D1", "D2", "E1");
        assertThat(all.indexOf("D2")).isLessThan(all.indexOf("D1"));
        assertThat(inventory().allDependants("F2")).isEmpty();
    }

    @Test
    void aMarkerThatNamesNothingIsToldAndSoIsAnEmptyList() {
        known = Known.only(Optional.of("F9"));
        assertThat(inventory().warnings())
                .containsExactly(
                        "the remote list is empty, although the marker names F9 (is the storage"
                                + " within reach?)");

        remote("F1", "");
        assertThat(inventory().warnings())
                .containsExactly("the marker names F9, which is not in the remote list");

        known = Known.only(Optional.empty());
        assertThat(inventory().warnings()).isEmpty();
    }

    @Test
    void theOldestIsFirstAndWhatHasNoTimeIsLast() {
        remote("B", "2026-11-22 12:00:00", 1, "", "tar, regular");
        remote("C", NO_TIME, 0, "", "broken (can't stat metadata.json)");
        remote("A", "2026-11-23 12:00:00", 1, "", "tar, regular");

        assertThat(inventory().entries()).extracting(Entry::name).containsExactly("B", "A", "C");
    }

    @ParameterizedTest
    @CsvSource({
        "before 2.5.9, 2026-11-22T12:00:00Z",
        "2.4.0, 2026-11-22T12:00:00Z",
        "2.6.28, 2026-11-22T12:00:00Z",
        "2.6.29, 2026-11-22T11:00:00Z",
        "v2.8.0, 2026-11-22T11:00:00Z",
        "10.0.0, 2026-11-22T11:00:00Z",
        "built by hand, 2026-11-22T11:00:00Z"
    })
    void theTimeOfAListIsThatOfItsVersion(String version, Instant expected) {
        ServerTimes times = ServerTimes.of(version, ZoneId.of("Europe/Berlin"));

        assertThat(times.read("2026-11-22 12:00:00")).contains(expected);
        assertThat(times.read(NO_TIME)).isEmpty();
        assertThat(times.read("yesterday")).isEmpty();
    }

    @Test
    void aRunOfOursKnowsWhenItsBackupWasMadeAndAnAgeIsNeverNegative() {
        remote("F1", "2026-11-22 12:00:00", 1, "", "tar, regular");
        remote("F2", "2026-11-22 14:00:00", 1, "", "tar, regular");
        remote("F3", "2026-11-22 12:00:03", 1, "", "tar, regular");
        Instant noon = Instant.parse("2026-11-22T12:00:00Z");
        known =
                new Known(
                        Optional.empty(), Set.of(), Map.of("F1", noon.minusSeconds(60)), Map.of());

        assertThat(entry("F1").age(noon)).isEqualTo(Duration.ofSeconds(60));
        assertThat(entry("F2").age(noon)).as("a server in another zone").isNull();
        assertThat(entry("F3").age(noon)).as("a clock that goes fast").isZero();
    }

    @Test
    void aTreeShowsWhatIsBasedOnWhatAndWhatHasLostItsBase() {
        remote("F1", "");
        remote("D1", "F1");
        remote("D2", "D1");
        remote("E1", "F1");
        remote("F2", "");
        remote("X1", "F0");
        remote("X2", "X1");
        remote("Y1", "Y2");
        remote("Y2", "Y1");
        local("L1");

        Tree.Trees trees = Tree.of(inventory(), entry -> true);

        assertThat(trees.rooted())
                .extracting(Tree.Line::label)
                .containsExactly("F1", "├─ D1", "│  └─ D2", "└─ E1", "F2", "L1");
        assertThat(trees.orphans())
                .extracting(Tree.Line::label)
                .containsExactly("F0 (missing)", "└─ X1", "   └─ X2", "Y1", "└─ Y2");
    }

    private Entry entry(String name) {
        return inventory().find(name).orElseThrow();
    }

    private Inventory inventory() {
        return Inventory.of(local, remote, known, new ServerTimes(ZoneOffset.UTC));
    }

    private void remote(String name, String required) {
        String time = "2026-11-22 12:%02d:00".formatted(remote.size());
        remote(name, time, 5, required, "tar, regular");
    }

    private void remote(String name, String created, long size, String base, String description) {
        remote.add(new BackupItem(name, created, size, "remote", base, description));
    }

    private void local(String name) {
        local(name, "regular");
    }

    private void local(String name, String description) {
        String time = "2026-11-22 13:%02d:00".formatted(local.size());
        local.add(new BackupItem(name, time, 7, "local", "", description));
    }
}
