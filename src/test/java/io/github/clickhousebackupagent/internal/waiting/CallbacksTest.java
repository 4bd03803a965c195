package io.github.clickhousebackupagent.internal.waiting;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.clickhousebackupagent.internal.waiting.Callbacks.Wake;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(20)
class CallbacksTest {

    private static final Duration LONG = Duration.ofMinutes(5);
    private static final Duration SILENCE = Duration.ofMinutes(7);
    private static final Duration SHORT = Duration.ofMillis(1);

    private final Callbacks callbacks = new Callbacks(SILENCE);
    private final ExecutorService threads = Executors.newCachedThreadPool();

    @AfterEach
    void end() {
        callbacks.close();
        threads.shutdownNow();
    }

    @Test
    void withoutACallTheTimeEndsThePause() {
        assertThat(callbacks.pause(callbacks.open("node"), SHORT)).isEqualTo(Wake.TIME);
    }

    @Test
    void aCallBeforeThePauseIsNotLost() {
        String token = callbacks.open("node");

        assertThat(callbacks.arrived(token)).isTrue();

        assertThat(callbacks.pause(token, LONG)).isEqualTo(Wake.CALLBACK);
    }

    @Test
    void aCallEndsThePauseAtOnce() throws Exception {
        String token = callbacks.open("node");
        CompletableFuture<Wake> pause = pausing(token);

        callbacks.arrived(token);

        assertThat(pause.get(5, TimeUnit.SECONDS)).isEqualTo(Wake.CALLBACK);
    }

    @Test
    void manyCallsEndOnePauseOnly() {
        String token = callbacks.open("node");
        callbacks.arrived(token);
        callbacks.arrived(token);
        callbacks.arrived(token);

        assertThat(callbacks.pause(token, LONG)).isEqualTo(Wake.CALLBACK);
        assertThat(callbacks.pause(token, SHORT)).isEqualTo(Wake.TIME);
    }

    @Test
    void aForgedTokenWakesNobodyAndChangesNoPace() throws Exception {
        String token = callbacks.open("node");
        CompletableFuture<Wake> pause = pausing(token);

        assertThat(callbacks.arrived("0".repeat(32))).isFalse();
        assertThat(callbacks.arrived(token.toUpperCase(java.util.Locale.ROOT) + "x")).isFalse();
        callbacks.expect(token);
        assertThat(callbacks.pace(token)).isEqualTo(Pace.asking(1));
        assertThat(pause).isNotDone();
    }

    @Test
    void aCallForOneRunDoesNotWakeAnother() {
        String mine = callbacks.open("node");
        String other = callbacks.open("node");

        callbacks.arrived(other);

        assertThat(callbacks.pause(mine, SHORT)).isEqualTo(Wake.TIME);
        assertThat(callbacks.pause(other, SHORT)).isEqualTo(Wake.CALLBACK);
    }

    @Test
    void aCallAfterTheRunIsOverChangesNothing() {
        String token = callbacks.open("node");
        callbacks.close(token);

        assertThat(callbacks.arrived(token)).isFalse();
        String next = callbacks.open("node");
        callbacks.expect(next);
        assertThat(callbacks.pace(next)).isEqualTo(Pace.asking(1));
    }

    @Test
    void aServerThatCallsIsAskedLessOftenUntilItMissesACall() {
        String token = callbacks.open("node");
        callbacks.expect(token);
        assertThat(callbacks.pace(token)).isEqualTo(Pace.asking(1));

        callbacks.arrived(token);
        assertThat(callbacks.ended(token)).isTrue();

        callbacks.expect(token);
        assertThat(callbacks.pace(token)).isEqualTo(Pace.calledBack(SILENCE));
        assertThat(callbacks.ended(token)).isFalse();

        callbacks.expect(token);
        assertThat(callbacks.pace(token)).isEqualTo(Pace.asking(1));
    }

    @Test
    void aServerThatCalledBeforeItsRowWasRightIsNotLeftAlone() {
        String token = callbacks.open("node");
        callbacks.callsBack("node");
        callbacks.expect(token);
        assertThat(callbacks.pace(token)).isEqualTo(Pace.calledBack(SILENCE));

        callbacks.arrived(token);

        assertThat(callbacks.pace(token)).as("no other call will come").isEqualTo(Pace.asking(1));
    }

    @Test
    void whatNoCallCanComeForIsAskedForAsIfThereWereNone() {
        String known = callbacks.open("node");
        callbacks.callsBack("node");

        assertThat(callbacks.pace(known))
                .as("begun by another process, whose address it was told")
                .isEqualTo(Pace.asking(1));
        assertThat(callbacks.ended(known)).as("nor is a call missed").isFalse();

        callbacks.expect(known);
        assertThat(callbacks.pace(known)).isEqualTo(Pace.calledBack(SILENCE));
    }

    @Test
    void theCallsOfOneServerSayNothingOfAnother() {
        String calling = callbacks.open("node");
        String other = callbacks.open("other");
        callbacks.expect(other);

        callbacks.arrived(calling);

        assertThat(callbacks.pace(other)).isEqualTo(Pace.asking(2));
    }

    @Test
    void aRunThatGoesOnAfterAnEditIsStillCalled() {
        callbacks.open("node", "token");
        callbacks.callsBack("node");

        assertThat(callbacks.pace("token")).isEqualTo(Pace.calledBack(SILENCE));
    }

    @Test
    void theStopWakesAllAndLetsNobodyPauseAgain() {
        List<CompletableFuture<Wake>> pauses = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            pauses.add(pausing(callbacks.open("node" + i)));
        }
        assertThat(callbacks.closed()).isFalse();

        callbacks.close();

        assertThat(callbacks.closed()).isTrue();
        await().atMost(Duration.ofSeconds(5))
                .until(() -> pauses.stream().allMatch(CompletableFuture::isDone));
        assertThat(pauses).allSatisfy(p -> assertThat(p.join()).isEqualTo(Wake.STOP));
        assertThat(callbacks.pause(callbacks.open("late"), LONG)).isEqualTo(Wake.STOP);
    }

    @Test
    void anInterruptedPauseIsAStop() throws Exception {
        String token = callbacks.open("node");
        CompletableFuture<Wake> pause = pausing(token);

        threads.shutdownNow();

        assertThat(pause.get(5, TimeUnit.SECONDS)).isEqualTo(Wake.STOP);
    }

    @Test
    void tokensCannotBeGuessedAndSurviveDecodingTwice() {
        Set<String> tokens = new HashSet<>();
        for (int i = 0; i < 1000; i++) {
            tokens.add(callbacks.open("node"));
        }

        assertThat(tokens).hasSize(1000).allMatch(token -> token.matches("[0-9a-f]{32}"));
    }

    /** Returns a pause that has begun. */
    private CompletableFuture<Wake> pausing(String token) {
        CompletableFuture<Thread> thread = new CompletableFuture<>();
        CompletableFuture<Wake> pause =
                CompletableFuture.supplyAsync(
                        () -> {
                            thread.complete(Thread.currentThread());
                            return callbacks.pause(token, LONG);
                        },
                        threads);
        await().until(() -> thread.join().getState() == Thread.State.TIMED_WAITING);
        return pause;
    }
}
