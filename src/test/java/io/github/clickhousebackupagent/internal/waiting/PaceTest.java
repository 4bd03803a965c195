package io.github.clickhousebackupagent.internal.waiting;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PaceTest {

    @ParameterizedTest
    @CsvSource({
        "PT0S, PT0.1S",
        "PT1S, PT0.1S",
        "PT2S, PT0.1S",
        "PT1M, PT3S",
        "PT200S, PT10S",
        "PT48H, PT10S",
        "PT-5S, PT0.1S"
    })
    void theWaitAddsATwentiethAndNeverMoreThanTenSeconds(Duration elapsed, Duration pause) {
        assertThat(Pace.ASKING.pause(elapsed)).isEqualTo(pause);
    }

    @ParameterizedTest
    @CsvSource({"PT0S, PT1S", "PT30S, PT30S", "PT5M, PT5M", "PT48H, PT5M"})
    void aServerThatCallsBackIsAskedRarely(Duration elapsed, Duration pause) {
        assertThat(Pace.CALLED_BACK.pause(elapsed)).isEqualTo(pause);
    }

    @Test
    void anUploadOfThreeSecondsNeedsFewQuestions() {
        Duration elapsed = Duration.ZERO;
        int questions = 0;
        while (elapsed.compareTo(Duration.ofSeconds(3)) < 0) {
            elapsed = elapsed.plus(Pace.ASKING.pause(elapsed));
            questions++;
        }

        assertThat(questions).isLessThanOrEqualTo(30);
        assertThat(elapsed).isLessThan(Duration.ofMillis(3150));
    }
}
