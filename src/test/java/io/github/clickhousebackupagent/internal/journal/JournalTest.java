package io.github.clickhousebackupagent.internal.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JournalTest {

    private static final Instant TIME = Instant.parse("2026-11-22T12:00:00.123456789Z");

    @TempDir Path directory;

    private Path file;
    private Journal journal;

    @BeforeEach
    void open() {
        file = directory.resolve("state/node/runs.jsonl");
        journal = new Journal(file);
    }

    @Test
    void nothingWasWrittenYet() {
        assertThat(journal.read()).isEmpty();
        assertThat(journal.runs()).isEmpty();
        assertThat(file).doesNotExist();
        assertThat(journal.file()).isEqualTo(file);
    }

    @Test
    void anEventComesBackAsItWasWritten() {
        JournalEvent event =
                new JournalEvent(
                        TIME,
                        "r1",
                        JournalEvent.BASE_CHOSEN,
                        Map.of("backup", "A \"quoted\"\nÄ☃", "size", 42));

        journal.append(event);

        assertThat(file).exists();
        assertThat(new Journal(file).read()).containsExactly(event);
        assertThat(event.detail("size")).isEqualTo("42");
        assertThat(event.detail("nothing")).isNull();
    }

    @Test
    void anEventIsOneLineThatPeopleAndToolsCanRead() throws Exception {
        journal.append(new JournalEvent(TIME, "r1", "begun", Map.of("kind", "full")));

        assertThat(Files.readString(file))
                .isEqualTo(
                        "{\"time\":\"2026-11-22T12:00:00.123456789Z\",\"run\":\"r1\",\"event\":\"begun\",\"kind\":\"full\"}\n");
    }

    @Test
    void whatIsNotKnownIsLeftOut() {
        Map<String, Object> details = new HashMap<>();
        details.put("base", null);
        journal.append(new JournalEvent(TIME, "r1", "base-chosen", details));

        assertThat(file).content().doesNotContain("base\"");
        assertThat(journal.read().get(0).details()).isEmpty();
    }

    @Test
    void theOrderIsThatOfTheWrites() {
        for (int i = 0; i < 20; i++) {
            journal.append(event("r" + i % 3, "e" + i));
        }

        assertThat(journal.read())
                .extracting(JournalEvent::event)
                .containsExactlyElementsOf(
                        java.util.stream.IntStream.range(0, 20).mapToObj(i -> "e" + i).toList());
        assertThat(journal.runs().keySet()).containsExactly("r0", "r1", "r2");
        assertThat(journal.runs().get("r1")).hasSize(7);
    }

    @Test
    void aTornLastLineIsIgnored() throws Exception {
        journal.append(event("r1", "begun"));
        append("{\"time\":\"2026-11-22T12:00:00Z\",\"run\":\"r1\",\"eve");

        assertThat(journal.read()).containsExactly(event("r1", "begun"));
    }

    @Test
    void aLastLineWithoutItsEndIsTornEvenIfItReadsWell() throws Exception {
        journal.append(event("r1", "begun"));
        append("{\"time\":\"2026-11-22T12:00:00Z\",\"run\":\"r1\",\"event\":\"ended\"}");

        assertThat(journal.read()).containsExactly(event("r1", "begun"));
    }

    @Test
    void aTornLineDoesNotSwallowTheNextEvent() throws Exception {
        journal.append(event("r1", "begun"));
        append("{\"time\":\"2026-11-22T12:00:00Z\",\"run\":\"r1\",\"eve");

        journal.append(event("r1", "ended"));
        journal.append(event("r2", "begun"));

        assertThat(new Journal(file).read())
                .containsExactly(event("r1", "begun"), event("r1", "ended"), event("r2", "begun"));
    }

    @Test
    void aLineThatIsTornInTheMiddleOfALetterDoesNotHideTheOthers() throws Exception {
        journal.append(event("r1", "begun"));
        byte[] torn = "{\"reason\":\"Platte voll: Ä".getBytes(StandardCharsets.UTF_8);
        Files.write(file, Arrays.copyOf(torn, torn.length - 1), StandardOpenOption.APPEND);

        assertThat(journal.read()).containsExactly(event("r1", "begun"));
        journal.append(event("r1", "ended"));
        assertThat(journal.read()).containsExactly(event("r1", "begun"), event("r1", "ended"));
    }

    @Test
    void anEventOfANewerAgentIsKept() throws Exception {
        journal.append(event("r1", "begun"));
        append(
                "{\"time\":\"2026-11-22T12:00:00Z\",\"run\":\"r1\",\"event\":\"new\",\"list\":[1],\"map\":{\"a\":1}}\n");

        assertThat(journal.read()).hasSize(2);
        assertThat(journal.read().get(1).detail("list")).isEqualTo("[1]");
    }

    @Test
    void anEmptyJournalTakesEvents() throws Exception {
        Files.createDirectories(file.getParent());
        Files.createFile(file);

        journal.append(event("r1", "begun"));

        assertThat(journal.read()).containsExactly(event("r1", "begun"));
    }

    @Test
    void manyWritersDoNotTearEachOthersLines() {
        List<CompletableFuture<Void>> writers = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            int number = i;
            writers.add(
                    CompletableFuture.runAsync(
                            () -> {
                                for (int j = 0; j < 20; j++) {
                                    journal.append(event("r" + number, "e" + j));
                                }
                            }));
        }
        writers.forEach(CompletableFuture::join);

        assertThat(journal.read()).hasSize(160);
        assertThat(journal.runs()).hasSize(8);
    }

    @Test
    void anAgentAndACommandThatWriteAtOnceLoseNoEventAndNoReaderSeesHalfOfOne() throws Exception {
        int each = 1_000;
        Process command =
                new ProcessBuilder(
                                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                                "-Xshare:auto",
                                "-XX:TieredStopAtLevel=1",
                                "-cp",
                                System.getProperty("java.class.path"),
                                Writer.class.getName(),
                                file.toString(),
                                Integer.toString(each))
                        .redirectError(ProcessBuilder.Redirect.INHERIT)
                        .start();
        try {
            assertThat(command.getInputStream().read()).as("it writes").isEqualTo('w');
            // Another object on the same file: a second agent in this process.
            CompletableFuture<Void> agent =
                    CompletableFuture.runAsync(() -> write(new Journal(file), "agent", each));
            Journal reader = new Journal(file);
            List<JournalEvent> seen = new ArrayList<>();
            long end = 0;
            while (seen.size() < 3 * each && (command.isAlive() || !agent.isDone())) {
                Journal.Tail tail = reader.readFrom(end);
                seen.addAll(tail.events());
                end = tail.end();
                journal.append(event("reader", "r" + seen.size()));
            }
            agent.join();
            assertThat(command.waitFor()).isZero();
            seen.addAll(reader.readFrom(end).events());

            for (String writer : List.of("agent", "command")) {
                assertThat(seen)
                        .filteredOn(event -> writer.equals(event.run()))
                        .extracting(JournalEvent::event)
                        .containsExactlyElementsOf(
                                java.util.stream.IntStream.range(0, each)
                                        .mapToObj(i -> "e" + i)
                                        .toList());
            }
            assertThat(Files.readString(file)).doesNotContain("torn");
        } finally {
            command.destroyForcibly();
        }
    }

    @Test
    void aLineThatAnotherProcessLeftTornIsEndedByWhoeverWritesNext() throws Exception {
        Journal other = new Journal(file);
        journal.append(event("r1", "begun"));
        append("{\"time\":\"2026-11-22T12:00:00Z\",\"run\":\"r9\",\"eve");

        other.append(event("r2", "begun"));
        journal.append(event("r1", "ended"));

        assertThat(journal.read())
                .containsExactly(event("r1", "begun"), event("r2", "begun"), event("r1", "ended"));
    }

    @Test
    void whoeverHasTheJournalLockedDoesNotHoldARunUpForEver() throws Exception {
        journal.append(event("r1", "begun"));
        try (FileChannel holder = FileChannel.open(file, StandardOpenOption.WRITE)) {
            holder.lock();

            Journal hurried = new Journal(file, Duration.ofSeconds(1));
            assertThatThrownBy(() -> hurried.append(event("r1", "ended")))
                    .isInstanceOf(JournalException.class)
                    .hasMessageContaining("another process has had it locked for 1 s");
        }
        journal.append(event("r2", "begun"));
        assertThat(journal.read()).containsExactly(event("r1", "begun"), event("r2", "begun"));
    }

    /** Writes as a command beside an agent does. */
    static final class Writer {
        private Writer() {}

        public static void main(String[] arguments) {
            System.out.print('w');
            System.out.flush();
            write(new Journal(Path.of(arguments[0])), "command", Integer.parseInt(arguments[1]));
        }
    }

    private static void write(Journal to, String run, int events) {
        for (int i = 0; i < events; i++) {
            to.append(event(run, "e" + i));
        }
    }

    @Test
    void aJournalThatCannotBeWrittenOrReadIsToldByName() throws Exception {
        Files.createDirectories(file);

        assertThatThrownBy(() -> journal.append(event("r1", "begun")))
                .isInstanceOf(JournalException.class)
                .hasMessageStartingWith(file + ": cannot be written: ");
        assertThatThrownBy(() -> journal.read())
                .isInstanceOf(JournalException.class)
                .hasMessageStartingWith(file + ": cannot be read: ");
    }

    private void append(String text) throws Exception {
        Files.writeString(file, text, StandardOpenOption.APPEND);
    }

    private static JournalEvent event(String run, String event) {
        return new JournalEvent(TIME, run, event, Map.of());
    }
}
