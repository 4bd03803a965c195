package io.github.clickhousebackupagent.internal.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Whose pages may read what is told, by which names of this machine. */
class AccessTest {

    /** As where {@code bind} is a name that stands in /etc/hosts beside localhost. */
    private static final Access HERE = new Access(null, null, false, "Backups.internal", true);

    @ParameterizedTest
    @ValueSource(
            strings = {
                "backups.internal:8171",
                "BACKUPS.INTERNAL",
                "localhost:8171",
                "127.0.0.1:8171",
                "[::1]:8171"
            })
    void commandsReachAnAgentByTheNameThatItListensOn(String host) {
        assertThatCode(() -> HERE.requireOurs(host, null, null, false)).doesNotThrowAnyException();
    }

    @ParameterizedTest
    @ValueSource(strings = {"evil.test", "backups.internal.evil.test", "internal", ""})
    void aNameThatSomebodyLetsPointHereIsNoneOfOurs(String host) {
        assertThatThrownBy(() -> HERE.requireOurs(host, null, null, false))
                .isInstanceOf(ProblemException.class)
                .hasMessageContaining("Host: found '" + host + "'");
    }

    @ParameterizedTest
    @CsvSource({
        "https://localhost:8172, localhost:8172, true",
        "https://evil.test:8172, localhost:8172, false",
        "https://evil.test:8172, , false",
        "null, localhost:8172, false"
    })
    void aPageIsOursIfItIsOfTheAddressThatIsCalled(String origin, String host, boolean ours) {
        if (ours) {
            assertThatCode(() -> HERE.requireOurs(host, origin, null, true))
                    .doesNotThrowAnyException();
        } else {
            assertThatThrownBy(() -> HERE.requireOurs(host, origin, null, true))
                    .isInstanceOf(ProblemException.class)
                    .hasMessageContaining("Origin: found '" + origin + "'");
        }
    }

    @Test
    void whetherOnlyThisMachineReachesItFollowsFromTheAddress() {
        assertThat(new Access(null, null, false, "localhost").hereOnly()).isTrue();
        assertThat(new Access(null, null, false, "127.0.0.1").hereOnly()).isTrue();
        assertThat(new Access(null, null, false, "::1").hereOnly()).isTrue();
        assertThat(new Access(null, null, false, "0.0.0.0").hereOnly()).isFalse();
        assertThat(new Access(null, null, false, "no-such-host.invalid").hereOnly()).isFalse();
    }
}
