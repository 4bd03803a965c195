package io.github.clickhousebackupagent.internal.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.clickhousebackupagent.config.AgentConfig;
import io.github.clickhousebackupagent.config.ConfigLoader;
import io.github.clickhousebackupagent.internal.journal.JournalEvent;
import io.github.clickhousebackupagent.internal.journal.JournalException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JournalsTest {

    private static final Instant NOON = Instant.parse("2026-11-22T12:00:00Z");

    @TempDir Path directory;

    /** Alerts go by these counts, and what is open is gone on with. */
    @Test
    void aJournalThatFailsHalfWayThroughIsCountedOnce() throws Exception {
        Journals journals = new Journals(config(), Clock.fixed(NOON, ZoneOffset.UTC));
        String wordy = "x".repeat(1_000);
        for (int i = 0; i < 200; i++) { // Some blocks of what is read at a time.
            String run = "run-" + i;
            journals.write(
                    "a",
                    new JournalEvent(
                            NOON,
                            run,
                            JournalEvent.BEGUN,
                            Map.of("kind", "full", "schedule", "weekly")),
                    new JournalEvent(
                            NOON.plusSeconds(60),
                            run,
                            JournalEvent.ENDED,
                            Map.of("outcome", "failed", "stage", "create", "reason", wordy)));
        }
        journals.write(
                "a", new JournalEvent(NOON, "open", JournalEvent.BEGUN, Map.of("kind", "full")));
        Path file = journals.of("a").file();
        long whole = Files.size(file);
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            channel.write(ByteBuffer.wrap(new byte[] {'\n'}), whole + 50_000_000);
        }
        for (int i = 0; i < 3; i++) {
            assertThatThrownBy(() -> journals.figures("a"))
                    .isInstanceOf(JournalException.class)
                    .hasMessageContaining("found a line of more than");
        }

        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            channel.truncate(whole);
        }

        TargetFigures figures = journals.figures("a");
        assertThat(figures.failures()).isEqualTo(Map.of("weekly", 200));
        assertThat(figures.tallies())
                .singleElement()
                .satisfies(
                        tally -> assertThat(tally.ended()).isEqualTo(Map.of(Outcome.FAILED, 200L)));
        assertThat(journals.look("a", TargetState::unfinished))
                .singleElement()
                .satisfies(events -> assertThat(events).hasSize(1));
    }

    private AgentConfig config() {
        return new ConfigLoader(Map.<String, String>of()::get, Clock.systemUTC())
                .parse(
                        "t",
                        """
                        targets:
                          a: { url: "http://a:1" }
                        zone: UTC
                        state-directory: "%s"
                        log-directory: "%s"
                        """
                                .formatted(directory, directory));
    }
}
