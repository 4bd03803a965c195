package io.github.clickhousebackupagent.internal.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.ByteBuffer;
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
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Predicate;
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

    /** Else the runs that it tells of would be taken for none. */
    /** Who was told that it cannot be written must not find it done after the next start. */
    @Test
    void whatWasNotForcedToDiskIsTakenBack() throws Exception {
        journal.append(event("r1", "begun"));
        AtomicInteger failures = new AtomicInteger();
        Journal failing =
                new Journal(
                        file,
                        Duration.ofSeconds(10),
                        written -> {
                            failures.incrementAndGet();
                            throw new IOException("the disk is gone");
                        });

        assertThatThrownBy(() -> failing.append(event("r2", "requested")))
                .isInstanceOf(JournalException.class)
                .hasMessageContaining("cannot be written")
                .hasMessageContaining("the disk is gone");

        assertThat(failures).as("that it was taken back is forced, too").hasValue(2);
        assertThat(journal.read()).containsExactly(event("r1", "begun"));
        journal.append(event("r1", "ended"));
        assertThat(journal.read()).containsExactly(event("r1", "begun"), event("r1", "ended"));
    }

    @Test
    void aFolderThatCannotBeLookedIntoIsNotTakenForOneWithoutAJournal() throws Exception {
        Files.createDirectories(file.getParent().getParent());
        Files.createFile(file.getParent());

        assertThatThrownBy(() -> journal.read())
                .isInstanceOf(JournalException.class)
                .hasMessageStartingWith(file + ": cannot be read: ");
    }

    @Test
    void aRunDoesNotWaitForSomebodyWhoReadsItsJournal() throws Exception {
        journal.append(event("r1", "begun"));
        CountDownLatch reads = new CountDownLatch(3);
        CountDownLatch written = new CountDownLatch(1);
        List<CompletableFuture<List<JournalEvent>>> readers = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            boolean backwards = i == 1;
            boolean between = i == 2;
            List<JournalEvent> seen = new ArrayList<>();
            Predicate<JournalLine> line =
                    one -> {
                        reads.countDown();
                        await(written);
                        one.event().ifPresent(seen::add);
                        return true;
                    };
            readers.add(
                    CompletableFuture.supplyAsync(
                            () -> {
                                if (backwards) {
                                    journal.backwards(Instant.MAX, line);
                                } else if (between) {
                                    journal.between(Instant.MIN, Instant.MAX, line);
                                } else {
                                    journal.forEach(
                                            0,
                                            () -> {},
                                            one -> {
                                                reads.countDown();
                                                await(written);
                                                seen.add(one);
                                            });
                                }
                                return seen;
                            },
                            task -> new Thread(task).start()));
        }
        await(reads);

        CompletableFuture.runAsync(() -> journal.append(event("r1", "ended")))
                .get(20, TimeUnit.SECONDS);
        written.countDown();

        // And who reads sees what was there when he began.
        for (CompletableFuture<List<JournalEvent>> reader : readers) {
            assertThat(reader.get(20, TimeUnit.SECONDS)).containsExactly(event("r1", "begun"));
        }
        assertThat(journal.read()).hasSize(2);
    }

    private static void await(CountDownLatch latch) {
        try {
            assertThat(latch.await(20, TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Lines that are longer than what is read at once, and others, so that none begins with it. */
    @Test
    void readBackwardsItSaysTheSame() throws Exception {
        Random chance = new Random(7);
        for (int size : List.of(0, 1, 2, 40, 600)) {
            Files.deleteIfExists(file);
            for (int i = 0; i < size; i++) {
                int length = i % 20 == 7 ? 50_000 + chance.nextInt(150_000) : chance.nextInt(900);
                journal.append(
                        new JournalEvent(TIME, "r" + i, "e", Map.of("x", "Ä".repeat(length))));
            }
            List<String> runs = new ArrayList<>();
            journal.backwards(Instant.MAX, line -> runs.add(line.event().orElseThrow().run()));
            assertThat(runs)
                    .containsExactlyElementsOf(
                            java.util.stream.IntStream.range(0, size)
                                    .mapToObj(i -> "r" + (size - 1 - i))
                                    .toList());
        }
        append("{\"time\":\"2026-11-22T12:00:00Z\",\"run\":\"torn\",\"event\":\"e\"}");
        List<String> first = new ArrayList<>();
        journal.backwards(
                Instant.MAX,
                line -> {
                    first.add(line.event().orElseThrow().run());
                    return false;
                });
        assertThat(first)
                .as("what is torn is no line, and no more was wanted")
                .containsExactly("r599");
    }

    @Test
    void theLinesOfATimeAreFoundInALongJournalWithoutReadingAllOfIt() throws Exception {
        int lines = 200_000;
        Files.createDirectories(file.getParent());
        try (BufferedWriter out = Files.newBufferedWriter(file)) {
            for (int i = 0; i < lines; i++) {
                out.write(
                        "{\"time\":\"%s\",\"run\":\"r%d\",\"event\":\"e\",\"x\":\"%s\"}%n"
                                .formatted(TIME.plusSeconds(i), i, "x".repeat(i % 300)));
            }
        }
        for (int wanted : List.of(0, 1, 70_000, 123_456, lines - 1)) {
            byte[] run = ("\"r" + wanted + "\"").getBytes(StandardCharsets.UTF_8);
            List<String> found = new ArrayList<>();
            AtomicInteger looked = new AtomicInteger();
            journal.between(
                    TIME.plusSeconds(wanted),
                    TIME.plusSeconds(wanted + 10),
                    line -> {
                        looked.incrementAndGet();
                        if (line.contains(run)) {
                            found.add(line.event().orElseThrow().run());
                        }
                        return true;
                    });
            assertThat(found).containsExactly("r" + wanted);
            assertThat(looked.get()).isLessThan(lines / 40);

            AtomicReference<Instant> last = new AtomicReference<>();
            journal.backwards(
                    TIME.plusSeconds(wanted),
                    line -> {
                        last.set(line.event().orElseThrow().time());
                        return false;
                    });
            assertThat(last.get())
                    .isBetween(TIME.plusSeconds(wanted), TIME.plusSeconds(wanted + 5_000));
        }
    }

    @Test
    void whatIsNoJournalIsToldBeforeItFillsTheMemory() throws Exception {
        Files.createDirectories(file.getParent());
        try (FileChannel hole =
                FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            // Takes no room on disk: three times what the longest event could have.
            hole.write(ByteBuffer.wrap(new byte[] {'\n'}), 50_000_000);
        }
        for (Runnable reading :
                List.<Runnable>of(
                        journal::read,
                        () -> journal.backwards(Instant.MAX, line -> true),
                        () -> journal.between(Instant.MIN, Instant.MAX, line -> true))) {
            assertThatThrownBy(reading::run)
                    .isInstanceOf(JournalException.class)
                    .hasMessageContaining("found a line of more than 16777216 bytes");
        }
    }

    @Test
    void aJournalThatAnotherOneHasTakenThePlaceOfIsReadFromItsBeginning() throws Exception {
        journal.append(event("r1", "begun"), event("r1", "ended"));
        List<String> told = new ArrayList<>();
        long end = journal.forEach(0, () -> told.add("anew"), e -> told.add(e.event()));
        assertThat(told).containsExactly("begun", "ended");
        assertThat(end).isEqualTo(Files.size(file));

        Files.delete(file);
        told.clear();
        assertThat(journal.forEach(end, () -> told.add("anew"), e -> told.add(e.event()))).isZero();
        journal.append(event("r2", "begun"));
        journal.forEach(end, () -> told.add("anew"), e -> told.add(e.event()));
        assertThat(told).containsExactly("anew", "anew", "begun");
    }

    private void append(String text) throws Exception {
        Files.writeString(file, text, StandardOpenOption.APPEND);
    }

    private static JournalEvent event(String run, String event) {
        return new JournalEvent(TIME, run, event, Map.of());
    }
}
