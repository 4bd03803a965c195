package io.github.clickhousebackupagent.internal.waiting;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.clickhousebackupagent.config.HttpConfig;
import java.net.URI;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CallbackAddressTest {

    private static final URI LOCAL = URI.create("http://127.0.0.1:7171");

    /** Documentation addresses: nothing is sent there. */
    private static final URI ELSEWHERE = URI.create("http://192.0.2.1:7171");

    @Test
    void offIsNever() {
        assertThat(new CallbackAddress(new HttpConfig("0.0.0.0", 1, "off"), 1).towards(LOCAL))
                .isEmpty();
    }

    @Test
    void whoDoesNotListenIsNotCalled() {
        assertThat(
                        new CallbackAddress(new HttpConfig(null, null, "http://agent:1"), 0)
                                .towards(LOCAL))
                .isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"http://agent:8171", "http://agent:8171/", "http://agent:8171//"})
    void whatIsConfiguredIsToldAsItIs(String url) {
        assertThat(new CallbackAddress(new HttpConfig(null, null, url), 1).towards(ELSEWHERE))
                .contains("http://agent:8171/callback/");
    }

    @Test
    void aServerOnThisMachineCallsLoopback() {
        assertThat(new CallbackAddress(HttpConfig.defaults(), 8171).towards(LOCAL))
                .contains("http://127.0.0.1:8171/callback/");
        assertThat(
                        new CallbackAddress(new HttpConfig("0.0.0.0", 0, null), 4711)
                                .towards(URI.create("http://localhost")))
                .contains("http://127.0.0.1:4711/callback/");
    }

    @Test
    void aServerElsewhereCannotCallLoopbackAndIsNotToldTo() {
        assertThat(new CallbackAddress(HttpConfig.defaults(), 8171).towards(ELSEWHERE))
                .as("either no way there at all, or not by loopback")
                .isEmpty();
    }

    @Test
    void aServerWhoseNameIsUnknownIsNotTold() {
        assertThat(
                        new CallbackAddress(HttpConfig.defaults(), 8171)
                                .towards(URI.create("http://no-such-host.invalid:7171")))
                .isEmpty();
    }

    @Test
    void anAddressOfVersionSixIsInBrackets() {
        assertThat(
                        new CallbackAddress(new HttpConfig("::1", 1, null), 8171)
                                .towards(URI.create("http://127.0.0.1:7171")))
                .contains("http://[0:0:0:0:0:0:0:1]:8171/callback/");
    }
}
