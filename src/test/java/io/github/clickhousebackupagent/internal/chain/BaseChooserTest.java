package io.github.clickhousebackupagent.internal.chain;

import static io.github.clickhousebackupagent.internal.chain.Items.broken;
import static io.github.clickhousebackupagent.internal.chain.Items.diff;
import static io.github.clickhousebackupagent.internal.chain.Items.full;
import static io.github.clickhousebackupagent.internal.chain.Items.list;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.clickhousebackupagent.config.BackupKind;
import io.github.clickhousebackupagent.config.BasePolicy;
import io.github.clickhousebackupagent.config.NoBasePolicy;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

class BaseChooserTest {

    private static final Backups CHAIN = list(full("A"), diff("B", "A"), diff("C", "B"));

    @Test
    void aFullNeedsNoBaseWhateverIsThere() {
        for (NoBasePolicy policy : NoBasePolicy.values()) {
            BaseChooser chooser = new BaseChooser(BasePolicy.PREVIOUS, 1, policy);

            assertThat(chooser.choose(BackupKind.FULL, Optional.of("C"), CHAIN, CHAIN))
                    .isEqualTo(new BaseChoice(BackupKind.FULL, Base.NONE, null));
            assertThat(chooser.choose(BackupKind.FULL, Optional.empty(), list(), list()))
                    .isEqualTo(new BaseChoice(BackupKind.FULL, Base.NONE, null));
        }
    }

    @Test
    void previousIsTheLastProvenBackup() {
        assertThat(diffOn(BasePolicy.PREVIOUS, 0, "C", CHAIN))
                .isEqualTo(new BaseChoice(BackupKind.DIFF, new Base("C", true), null));
    }

    @Test
    void lastFullIsWhatTheLastProvenOneLeadsBackTo() {
        assertThat(diffOn(BasePolicy.LAST_FULL, 0, "C", CHAIN))
                .isEqualTo(new BaseChoice(BackupKind.DIFF, new Base("A", true), null));
    }

    @Test
    void aBaseThatIsNoLongerLocalIsTakenFromRemoteStorage() {
        assertThat(
                        new BaseChooser(BasePolicy.PREVIOUS, 0, NoBasePolicy.FAIL)
                                .choose(
                                        BackupKind.DIFF,
                                        Optional.of("C"),
                                        CHAIN,
                                        list(full("A"), broken("C")))
                                .base())
                .isEqualTo(new Base("C", false));
    }

    @Test
    void aChainMayBeAsLongAsTheLimitAndNoLonger() {
        assertThat(diffOn(BasePolicy.PREVIOUS, 4, "C", CHAIN).base())
                .isEqualTo(new Base("C", true));

        BaseChoice choice = diffOn(BasePolicy.PREVIOUS, 3, "C", CHAIN);

        assertThat(choice.kind()).isEqualTo(BackupKind.FULL);
        assertThat(choice.base()).isEqualTo(Base.NONE);
        assertThat(choice.reason())
                .contains(
                        "its chain would have 4 backups, more than max-chain-length 3: it becomes a"
                                + " FULL");
    }

    @Test
    void aDiffOnTheLastFullIsAChainOfTwoHoweverManyThereAre() {
        assertThat(diffOn(BasePolicy.LAST_FULL, 2, "C", CHAIN).base())
                .isEqualTo(new Base("A", true));
        assertThat(diffOn(BasePolicy.LAST_FULL, 1, "C", CHAIN).kind()).isEqualTo(BackupKind.FULL);
    }

    @Test
    void zeroIsNoLimit() {
        Backups backups = list(full("B0"), diff("B1", "B0"));
        for (int i = 2; i < 300; i++) {
            backups = appended(backups, i);
        }

        assertThat(diffOn(BasePolicy.PREVIOUS, 0, "B299", backups).base())
                .isEqualTo(new Base("B299", true));
        assertThat(diffOn(BasePolicy.PREVIOUS, 72, "B299", backups).kind())
                .isEqualTo(BackupKind.FULL);
    }

    private static Backups appended(Backups to, int index) {
        java.util.List<io.github.clickhousebackupagent.api.BackupItem> items =
                new java.util.ArrayList<>();
        for (int i = 0; i < index; i++) {
            to.find("B" + i).ifPresent(items::add);
        }
        items.add(diff("B" + index, "B" + (index - 1)));
        return new Backups(items);
    }

    static Stream<Arguments> noBase() {
        return Stream.of(
                Arguments.of(
                        null, CHAIN, "there is no backup to base it on yet: take a FULL first"),
                Arguments.of("X", CHAIN, "X is not in the list"),
                Arguments.of("X", list(full("A"), broken("X")), "X is broken"),
                Arguments.of("C", list(full("A"), diff("C", "B")), "B is not in the list"),
                Arguments.of("C", list(full("A"), broken("B"), diff("C", "B")), "B is broken"),
                Arguments.of("C", list(diff("B", "C"), diff("C", "B")), "C is its own base"));
    }

    @ParameterizedTest
    @MethodSource("noBase")
    void withoutBaseItIsUploadedCompleteAndSaysWhy(String marker, Backups remote, String reason) {
        BaseChoice choice = without(NoBasePolicy.FULL_UPLOAD, marker, remote);

        assertThat(choice.kind()).isEqualTo(BackupKind.DIFF);
        assertThat(choice.base()).isEqualTo(Base.NONE);
        assertThat(choice.warning())
                .startsWith("No base: ")
                .contains(reason)
                .endsWith("; it is uploaded complete");
    }

    @ParameterizedTest
    @MethodSource("noBase")
    void withoutBaseItBecomesAFullAndSaysWhy(String marker, Backups remote, String reason) {
        BaseChoice choice = without(NoBasePolicy.PROMOTE_TO_FULL, marker, remote);

        assertThat(choice.kind()).isEqualTo(BackupKind.FULL);
        assertThat(choice.base()).isEqualTo(Base.NONE);
        assertThat(choice.warning()).contains(reason).endsWith("; it becomes a FULL");
    }

    @ParameterizedTest
    @MethodSource("noBase")
    void withoutBaseItFailsAndSaysWhy(String marker, Backups remote, String reason) {
        assertThatThrownBy(() -> without(NoBasePolicy.FAIL, marker, remote))
                .isInstanceOf(NoBaseException.class)
                .hasMessageStartingWith("no base: ")
                .hasMessageContaining(reason);
    }

    @ParameterizedTest
    @EnumSource(BasePolicy.class)
    void aBaseThatIsOnlyLocalIsNone(BasePolicy policy) {
        assertThat(
                        new BaseChooser(policy, 0, NoBasePolicy.FULL_UPLOAD)
                                .choose(BackupKind.DIFF, Optional.of("C"), list(), CHAIN)
                                .base()
                                .present())
                .isFalse();
    }

    private static BaseChoice without(NoBasePolicy policy, String marker, Backups remote) {
        return new BaseChooser(BasePolicy.PREVIOUS, 0, policy)
                .choose(BackupKind.DIFF, Optional.ofNullable(marker), remote, remote);
    }

    private static BaseChoice diffOn(BasePolicy policy, int max, String marker, Backups backups) {
        return new BaseChooser(policy, max, NoBasePolicy.FAIL)
                .choose(BackupKind.DIFF, Optional.of(marker), backups, backups);
    }
}
