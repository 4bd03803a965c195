package io.github.clickhousebackupagent.internal.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class CostlyReadsTest {

    @Test
    void whoComesWhileOthersReadIsSentAwayAndMayComeAgain() throws Exception {
        CostlyReads reads = new CostlyReads(Duration.ofMillis(50), Duration.ofMinutes(1));
        CountDownLatch begun = new CountDownLatch(CostlyReads.AT_ONCE);
        CountDownLatch end = new CountDownLatch(1);
        List<CompletableFuture<String>> readers = new ArrayList<>();
        for (int i = 0; i < CostlyReads.AT_ONCE; i++) {
            readers.add(
                    CompletableFuture.supplyAsync(
                            () ->
                                    reads.read(
                                            inTime -> {
                                                begun.countDown();
                                                await(end);
                                                return "read";
                                            }),
                            task -> new Thread(task).start()));
        }
        await(begun);

        assertThatThrownBy(() -> reads.read(inTime -> "one too many"))
                .isInstanceOfSatisfying(
                        ProblemException.class,
                        refused -> {
                            assertThat(refused.problem().status()).isEqualTo(503);
                            assertThat(refused.headers()).containsKey("Retry-After");
                        });

        end.countDown();
        for (CompletableFuture<String> reader : readers) {
            assertThat(reader.get(20, TimeUnit.SECONDS)).isEqualTo("read");
        }
        assertThat(reads.<String>read(inTime -> "again")).isEqualTo("again");
    }

    /** Each that waits holds one of the threads that work on calls, of which there are 20. */
    @Test
    void whoComesWhileOthersWaitAlreadyIsSentAwayAtOnce() throws Exception {
        CostlyReads reads = new CostlyReads(Duration.ofMinutes(10), Duration.ofMinutes(10));
        CountDownLatch end = new CountDownLatch(1);
        AtomicInteger began = new AtomicInteger();
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < CostlyReads.AT_ONCE + CostlyReads.WAITING; i++) {
            Thread reader =
                    new Thread(
                            () ->
                                    reads.read(
                                            inTime -> {
                                                began.incrementAndGet();
                                                await(end);
                                                return "read";
                                            }));
            reader.start();
            threads.add(reader);
        }
        Awaitility.await()
                .until(
                        () ->
                                began.get() == CostlyReads.AT_ONCE
                                        && threads.stream()
                                                .allMatch(
                                                        one ->
                                                                one.getState()
                                                                        == Thread.State
                                                                                .TIMED_WAITING));

        assertThatThrownBy(() -> reads.read(inTime -> "one too many"))
                .isInstanceOfSatisfying(
                        ProblemException.class,
                        refused -> assertThat(refused.problem().status()).isEqualTo(503));

        end.countDown();
        for (Thread thread : threads) {
            thread.join();
        }
        assertThat(began).hasValue(CostlyReads.AT_ONCE + CostlyReads.WAITING);
        assertThat(reads.<String>read(inTime -> "again")).isEqualTo("again");
    }

    @Test
    void whatFailsOrTakesTooLongIsInNobodysWay() {
        CostlyReads reads = new CostlyReads(Duration.ofMillis(50), Duration.ZERO);
        for (int i = 0; i < 3 * CostlyReads.AT_ONCE; i++) {
            assertThatThrownBy(
                            () ->
                                    reads.read(
                                            inTime -> {
                                                throw new IllegalStateException("it failed");
                                            }))
                    .hasMessage("it failed");
            assertThatThrownBy(
                            () ->
                                    reads.read(
                                            inTime -> {
                                                inTime.run();
                                                return "all of it";
                                            }))
                    .isInstanceOfSatisfying(
                            ProblemException.class,
                            late -> assertThat(late.problem().status()).isEqualTo(503))
                    .hasMessageContaining("more to read than can be read");
        }
    }

    private static void await(CountDownLatch latch) {
        try {
            assertThat(latch.await(20, TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
