package io.github.clickhousebackupagent.internal.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Whoever calls all the time keeps nobody else, and no backup, from having its turn. */
class CallRateTest {

    private final CallRate rate = new CallRate();

    private void flood() {
        // Over the end of a second, twice as many may get through.
        IntStream.range(0, 3 * CallRate.MOST).forEach(i -> rate.require("10.0.0.1"));
    }

    @Test
    void tooManyCallsAreRefusedForAMomentAndThoseOfOthersAreNot() {
        assertThatThrownBy(this::flood)
                .isInstanceOfSatisfying(
                        ProblemException.class,
                        refused -> {
                            assertThat(refused.problem().status()).isEqualTo(429);
                            assertThat(refused.headers()).containsEntry("Retry-After", "1");
                        });

        rate.require("10.0.0.2");
        await().atMost(Duration.ofSeconds(10))
                .ignoreException(ProblemException.class)
                .untilAsserted(() -> rate.require("10.0.0.1"));
    }
}
