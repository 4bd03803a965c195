package io.github.clickhousebackupagent.internal.live;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.clickhousebackupagent.internal.run.Outcome;
import io.github.clickhousebackupagent.internal.run.RunKind;
import io.github.clickhousebackupagent.internal.run.RunResult;
import io.github.clickhousebackupagent.internal.run.Stage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Who listens hears it all, and who is slow or one too many costs the others nothing. */
class HubTest {

    private static final Instant NOW = Instant.parse("2026-11-22T20:30:00Z");
    private static final Duration LOOK = Duration.ofMillis(20);

    @TempDir Path directory;

    private Path journal;
    private Hub hub;

    @BeforeEach
    void makeHub() {
        journal = directory.resolve("runs.jsonl");
        hub =
                new Hub(
                        Clock.fixed(NOW, ZoneOffset.UTC),
                        2,
                        1,
                        LOOK,
                        () -> Set.of("node"),
                        any -> journal);
    }

    @AfterEach
    void closeHub() {
        hub.close();
    }

    private static final class Heard implements Hub.Reader {
        private final List<String> texts = new CopyOnWriteArrayList<>();
        private final int most;
        private final String address;
        private volatile boolean ended;

        Heard(int most) {
            this(most, null);
        }

        Heard(int most, String address) {
            this.most = most;
            this.address = address;
        }

        @Override
        public String address() {
            return address;
        }

        @Override
        public boolean send(String text) {
            if (texts.size() >= most) {
                return false;
            }
            texts.add(text);
            return true;
        }

        @Override
        public void end() {
            ended = true;
        }
    }

    private static RunResult failed() {
        return new RunResult(
                "20261122T203000Z-000001",
                "node",
                RunKind.DIFF,
                null,
                "DIFF_1",
                "FULL_1",
                Outcome.FAILED,
                Stage.MOVE_MARKER,
                "no \"space\"\nleft",
                RunResult.Failure.OPERATION,
                NOW,
                NOW,
                null,
                null,
                null);
    }

    @Test
    void whoListensIsGreetedAndToldOnOneLineWhateverStandsInIt() {
        Heard reader = new Heard(10);
        assertThat(hub.join(reader)).isTrue();
        hub.listener().ended(failed());
        hub.edited();

        assertThat(reader.texts)
                .containsExactly(
                        "event: hello\ndata: {\"event\":\"hello\",\"time\":\"2026-11-22T20:30:00Z\"}\n\n",
                        "event: ended\ndata: {\"event\":\"ended\",\"time\":\"2026-11-22T20:30:00Z\",\"target\":\"node\",\"run\":\"20261122T203000Z-000001\",\"kind\":\"diff\",\"stage\":\"move-marker\",\"backup\":\"DIFF_1\",\"outcome\":\"failed\",\"reason\":\"no \\\"space\\\"\\nleft\"}\n\n",
                        "event: edit\ndata: {\"event\":\"edit\",\"time\":\"2026-11-22T20:30:00Z\"}\n\n");
    }

    @Test
    void whoIsTooSlowIsLetGoAndTheOthersHearOn() {
        Heard slow = new Heard(2);
        Heard quick = new Heard(100);
        hub.join(slow);
        hub.join(quick);
        for (int i = 0; i < 5; i++) {
            hub.listener().ended(failed());
        }
        assertThat(slow.ended).isTrue();
        assertThat(slow.texts).hasSize(2);
        assertThat(quick.texts).hasSize(6);
        assertThat(hub.readers()).isEqualTo(1);
    }

    @Test
    void oneCallerElsewhereDoesNotTakeThePlacesOfAll() {
        Heard first = new Heard(10, "10.0.0.1");
        assertThat(hub.join(first)).isTrue();
        assertThat(hub.join(new Heard(10, "10.0.0.1"))).isFalse();
        assertThat(hub.join(new Heard(10, "10.0.0.2"))).isTrue();
        hub.leave(first);
        assertThat(hub.join(new Heard(10, "10.0.0.1"))).isTrue();
    }

    @Test
    void oneTooManyIsNotTakenInUntilAnotherHasLeft() {
        Heard first = new Heard(10);
        hub.join(first);
        hub.join(new Heard(10));
        assertThat(hub.join(new Heard(10))).isFalse();
        hub.leave(first);
        assertThat(hub.join(new Heard(10))).isTrue();
    }

    @Test
    void allAreSentAwayWhenItChangesWhoMayListenAndMayComeAgain() {
        Heard reader = new Heard(10);
        hub.join(reader);
        hub.sendAway();
        assertThat(reader.ended).isTrue();
        assertThat(hub.readers()).isZero();
        assertThat(hub.join(new Heard(10))).isTrue();
        hub.close();
        assertThat(hub.join(new Heard(10))).isFalse();
    }

    @Test
    void whatAnotherProcessWritesIntoAJournalIsToldAndWhatWasToldAlreadyIsNot() throws IOException {
        Files.writeString(journal, "{}\n");
        Heard reader = new Heard(100);
        hub.join(reader);
        write();
        await().until(() -> reader.texts.size() == 2);
        assertThat(reader.texts.get(1)).contains("\"event\":\"changed\"", "\"target\":\"node\"");
        write();
        hub.listener().ended(failed());
        long before = reader.texts.stream().filter(text -> text.contains("changed")).count();
        write();
        await().until(
                        () ->
                                reader.texts.stream()
                                                .filter(text -> text.contains("changed"))
                                                .count()
                                        == before + 1);
    }

    private void write() throws IOException {
        Files.writeString(journal, "{}\n", StandardOpenOption.APPEND);
    }

    @Test
    void whereNobodyListensNothingIsLookedAtAndNoThreadIsLeft() {
        Heard reader = new Heard(10);
        hub.join(reader);
        assertThat(looking()).isEqualTo(1);
        hub.leave(reader);
        await().until(() -> looking() == 0);
    }

    private static long looking() {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().equals("live"))
                .count();
    }
}
