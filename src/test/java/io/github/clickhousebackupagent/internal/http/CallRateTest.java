package io.github.clickhousebackupagent.internal.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Whoever calls all the time keeps nobody else, and no backup, from having its turn. */
class CallRateTest {

    private final CallRate rate = new CallRate();

    @Test
    void tooManyCallsAreRefusedForAMomentAndThoseOfOthersAreNot() {
        // Over the end of a second, twice as many may get through.
        long taken =
                IntStream.range(0, 3 * CallRate.MOST).filter(i -> rate.takes("10.0.0.1")).count();

        assertThat(taken).isBetween((long) CallRate.MOST, 2L * CallRate.MOST);
        assertThat(rate.takes("10.0.0.2")).isTrue();
        await().atMost(Duration.ofSeconds(10)).until(() -> rate.takes("10.0.0.1"));
    }
}
