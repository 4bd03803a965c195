package io.github.clickhousebackupagent.internal.chain;

import static io.github.clickhousebackupagent.internal.chain.Items.broken;
import static io.github.clickhousebackupagent.internal.chain.Items.diff;
import static io.github.clickhousebackupagent.internal.chain.Items.full;
import static io.github.clickhousebackupagent.internal.chain.Items.list;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class BackupsTest {

    @Test
    void aChainLeadsFromTheFullToItsEnd() {
        Chain chain = list(diff("C", "B"), full("A"), diff("X", "A"), diff("B", "A")).chain("C");

        assertThat(chain.names()).containsExactly("A", "B", "C");
        assertThat(chain.full()).isEqualTo("A");
        assertThat(chain.length()).isEqualTo(3);
    }

    @Test
    void aBackupWithoutBaseIsAChainOfItsOwn() {
        assertThat(list(full("A")).chain("A").names()).containsExactly("A");
    }

    @Test
    void whatIsNotThereHasNoChain() {
        assertThatThrownBy(() -> list().chain("A"))
                .isInstanceOf(BrokenChainException.class)
                .hasMessage("the chain of A is not whole: A is not in the list");
    }

    @Test
    void aMissingBaseIsNamed() {
        assertThatThrownBy(() -> list(diff("C", "B"), diff("B", "A")).chain("C"))
                .isInstanceOf(BrokenChainException.class)
                .hasMessage("the chain of C is not whole: A is not in the list");
    }

    @Test
    void aBrokenBaseInTheMiddleIsNamed() {
        assertThatThrownBy(() -> list(full("A"), broken("B"), diff("C", "B")).chain("C"))
                .isInstanceOf(BrokenChainException.class)
                .hasMessage("the chain of C is not whole: B is broken (can't stat metadata.json)");
    }

    @Test
    void aCircleEndsTheSearch() {
        assertThatThrownBy(() -> list(diff("A", "B"), diff("B", "A")).chain("A"))
                .isInstanceOf(BrokenChainException.class)
                .hasMessageContaining("A is its own base");
        assertThatThrownBy(() -> list(diff("A", "A")).chain("A"))
                .isInstanceOf(BrokenChainException.class);
    }

    @Test
    void aBrokenBackupIsThereButNotWhole() {
        Backups backups = list(broken("A"), full("B"));

        assertThat(backups.has("A")).isTrue();
        assertThat(backups.hasWhole("A")).isFalse();
        assertThat(backups.hasWhole("B")).isTrue();
        assertThat(backups.has("C")).isFalse();
        assertThat(backups.hasWhole("C")).isFalse();
    }
}
