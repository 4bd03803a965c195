package io.github.clickhousebackupagent.internal.chain;

import static io.github.clickhousebackupagent.internal.chain.Items.broken;
import static io.github.clickhousebackupagent.internal.chain.Items.diff;
import static io.github.clickhousebackupagent.internal.chain.Items.full;
import static io.github.clickhousebackupagent.internal.chain.Items.item;
import static io.github.clickhousebackupagent.internal.chain.Items.list;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class ProofTest {

    private static final Base ON_B = new Base("B", true);

    @Test
    void aFullThatIsThereCounts() {
        assertThat(Proof.of("A", Base.NONE, list(full("A")))).isEqualTo(new Proof("A", 1000, 1));
    }

    @Test
    void aDiffWhoseChainIsWholeCounts() {
        assertThat(Proof.of("C", ON_B, list(full("A"), diff("B", "A"), diff("C", "B"))))
                .isEqualTo(new Proof("C", 100, 3));
    }

    @Test
    void whatIsNotInTheListDoesNotCount() {
        assertNotProven("A", Base.NONE, list(full("B")), "it is not in the remote list");
    }

    @Test
    void whatIsBrokenDoesNotCount() {
        assertNotProven(
                "A",
                Base.NONE,
                list(broken("A")),
                "the remote list says: broken (can't stat metadata.json)");
    }

    @Test
    void whatIsEmptyDoesNotCount() {
        assertNotProven("A", Base.NONE, list(item("A", "", 0, "tar")), "its size is 0");
    }

    @Test
    void aWrongBaseDoesNotCount() {
        assertNotProven(
                "C",
                ON_B,
                list(full("A"), diff("B", "A"), diff("C", "A")),
                "its base should be B, and is A");
    }

    @Test
    void aLostBaseDoesNotCount() {
        assertNotProven(
                "C",
                ON_B,
                list(full("A"), diff("B", "A"), full("C")),
                "its base should be B, and is none");
    }

    @Test
    void aMissingBaseDoesNotCount() {
        assertNotProven("C", ON_B, list(diff("C", "B")), "B is not in the list");
    }

    @Test
    void aMissingBaseOfTheBaseDoesNotCount() {
        assertNotProven("C", ON_B, list(diff("B", "A"), diff("C", "B")), "A is not in the list");
    }

    @Test
    void aBrokenBaseOfTheBaseDoesNotCount() {
        assertNotProven(
                "C", ON_B, list(broken("A"), diff("B", "A"), diff("C", "B")), "A is broken");
    }

    @Test
    void aBackupThatShouldBeCompleteAndIsNotDoesNotCount() {
        assertNotProven(
                "C", Base.NONE, list(full("A"), diff("C", "A")), "should be none, and is A");
    }

    private static void assertNotProven(String backup, Base base, Backups remote, String reason) {
        assertThatThrownBy(() -> Proof.of(backup, base, remote))
                .isInstanceOf(ProofException.class)
                .hasMessageStartingWith(backup + " is not proven: ")
                .hasMessageContaining(reason);
    }
}
