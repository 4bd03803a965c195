package io.github.clickhousebackupagent.internal.waiting;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PaceTest {

    private static final Duration SILENCE = Duration.ofMinutes(30);
    private static final Duration CREATE = Duration.ofMinutes(1);
    private static final Duration UPLOAD = Duration.ofMinutes(59);

    /** What a run asks besides: two lists, before each of two operations whether all is quiet. */
    private static final int OTHER_CALLS = 8;

    @ParameterizedTest
    @CsvSource({
        "PT0S, PT0.1S",
        "PT1S, PT0.1S",
        "PT2S, PT0.1S",
        "PT1M, PT3S",
        "PT10M, PT30S",
        "PT48H, PT30S",
        "PT-5S, PT0.1S"
    })
    void theWaitAddsATwentiethAndNeverMoreThanHalfAMinute(Duration elapsed, Duration pause) {
        assertThat(Pace.asking(1).pause(elapsed)).isEqualTo(pause);
    }

    @ParameterizedTest
    @CsvSource({"PT0S, PT4S", "PT1M, PT4S", "PT2M, PT6S", "PT48H, PT30S"})
    void aThousandRunsDoNotKeepTheMachineBusyByAsking(Duration elapsed, Duration pause) {
        assertThat(Pace.asking(1000).pause(elapsed)).isEqualTo(pause);
        assertThat(Pace.asking(25)).isEqualTo(Pace.asking(1));
        assertThat(Pace.asking(10_000).pause(elapsed)).isEqualTo(Duration.ofSeconds(40));
    }

    @ParameterizedTest
    @CsvSource({"PT0S, PT1M30S", "PT4S, PT1M30S", "PT30S, PT10M", "PT90S, PT30M", "PT48H, PT30M"})
    void aServerThatCallsBackIsAskedRarely(Duration elapsed, Duration pause) {
        assertThat(Pace.calledBack(SILENCE).pause(elapsed)).isEqualTo(pause);
    }

    @Test
    void whoWantsToKnowSoonerThatAServerIsGoneIsToldSooner() {
        Pace pace = Pace.calledBack(Duration.ofSeconds(20));

        assertThat(pace.pause(Duration.ZERO)).isEqualTo(Duration.ofSeconds(20));
        assertThat(pace.pause(UPLOAD)).isEqualTo(Duration.ofSeconds(20));
    }

    @Test
    void anUploadOfThreeSecondsNeedsFewQuestions() {
        assertThat(questions(Pace.asking(1), Duration.ofSeconds(3))).isLessThanOrEqualTo(30);
    }

    @Test
    void anHourIsNoLoadToTheServer() {
        int asking = questions(Pace.asking(1), CREATE) + questions(Pace.asking(1), UPLOAD);
        Pace called = Pace.calledBack(SILENCE);
        int calledBack = questions(called, CREATE) + questions(called, UPLOAD);

        assertThat(OTHER_CALLS + asking).isLessThanOrEqualTo(400);
        assertThat(OTHER_CALLS + calledBack).isLessThanOrEqualTo(10);
    }

    /** Returns how often it is asked before an operation is over, in vain. */
    private static int questions(Pace pace, Duration operation) {
        Duration elapsed = pace.pause(Duration.ZERO);
        int questions = 0;
        while (elapsed.compareTo(operation) < 0) {
            elapsed = elapsed.plus(pace.pause(elapsed));
            questions++;
        }
        return questions;
    }
}
