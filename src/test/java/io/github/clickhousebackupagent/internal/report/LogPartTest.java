package io.github.clickhousebackupagent.internal.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.Arrays;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Of a run all of its own is shown, and nothing of another. */
class LogPartTest {

    private static final String FIRST = "20261122T203000Z-000001";
    private static final String SECOND = "20261122T213000Z-000002";

    @TempDir Path directory;

    private LogPart read(String run, int most, int size, String log) {
        try {
            Path file = directory.resolve("node_backup_ch.log");
            Files.writeString(file, log, StandardCharsets.UTF_8);
            return search(run, most, size).read(file, null, null);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static LogPart.Search search(String run, int most, int size) {
        return new LogPart.Search(run, most, size, () -> {});
    }

    private static String line(String time, String run, String text) {
        return "%s run=%s target=node operation= [INFO] %s%n".formatted(time, run, text);
    }

    private static final String LOG =
            "\n##### started at 2026-11-22_20-30-00 #####\n"
                    + line("2026-11-22T20:30:00Z", FIRST, "FULL backup begins, by hand")
                    + "POST /backup/create answered 200\n{\n  \"status\" : \"acknowledged run=x\"\n}\n"
                    + line("2026-11-22T20:30:01Z", FIRST, "done")
                    + "\n##### finished at 2026-11-22_20-30-01 #####\n"
                    + "\n##### started at 2026-11-22_21-30-00 #####\n"
                    + line("2026-11-22T22:30:00+01:00", SECOND, "DIFF backup begins")
                    + "GET /backup/list answered 200\n";

    @Test
    void blocksBelongToTheRunThatWasAtWork() {
        assertThat(read(FIRST, 100, 10_000, LOG).lines())
                .containsExactly(
                        "##### started at 2026-11-22_20-30-00 #####",
                        "2026-11-22T20:30:00Z run="
                                + FIRST
                                + " target=node operation= [INFO] FULL backup begins, by hand",
                        "POST /backup/create answered 200",
                        "{",
                        "  \"status\" : \"acknowledged run=x\"",
                        "}",
                        "2026-11-22T20:30:01Z run=" + FIRST + " target=node operation= [INFO] done",
                        "",
                        "##### finished at 2026-11-22_20-30-01 #####");
        assertThat(read(SECOND, 100, 10_000, LOG).lines())
                .containsExactly(
                        "##### started at 2026-11-22_21-30-00 #####",
                        "2026-11-22T22:30:00+01:00 run="
                                + SECOND
                                + " target=node operation= [INFO] DIFF backup begins",
                        "GET /backup/list answered 200");
        assertThat(read("20260101T000000Z-000000", 100, 10_000, LOG).lines()).isEmpty();
    }

    @Test
    void ofALongOneTheEndIsShownAndThatItIsNotAll() {
        LogPart few = read(FIRST, 2, 10_000, LOG);
        assertThat(few.cut()).isTrue();
        assertThat(few.lines()).last().asString().startsWith("##### finished");
        assertThat(few.lines()).hasSizeLessThanOrEqualTo(2);
        LogPart small = read(FIRST, 100, 60, LOG);
        assertThat(small.cut()).isTrue();
        assertThat(String.join("\n", small.lines())).hasSizeLessThanOrEqualTo(60);
        String huge = LOG + "x".repeat(1_000_000) + "\n";
        assertThat(String.join("\n", read(SECOND, 100, 10_000, huge).lines()))
                .hasSizeLessThan(5000);
    }

    @Test
    void aLogThatIsNotThereSaysNothing() {
        assertThat(search(FIRST, 10, 100).read(directory.resolve("none.log"), null, null).lines())
                .isEmpty();
    }

    /** As the log does it each week. */
    private void rotate(String week, String text, Instant at) throws IOException {
        Path old = directory.resolve("node_backup_ch.log." + week + ".gz");
        try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(old))) {
            out.write(text.getBytes(StandardCharsets.UTF_8));
        }
        Files.setLastModifiedTime(old, FileTime.from(at));
    }

    @Test
    void aRunOfAWeekAgoIsReadFromTheLogOfThatWeek() throws Exception {
        Instant begun = Instant.parse("2026-11-22T20:30:00Z");
        // Of before: it is not even opened.
        Files.writeString(directory.resolve("node_backup_ch.log.2026-W46.1.gz"), "no gzip");
        Files.setLastModifiedTime(
                directory.resolve("node_backup_ch.log.2026-W46.1.gz"),
                FileTime.from(begun.minusSeconds(900)));
        rotate("2026-W47.1", LOG, begun.plusSeconds(86_400));
        Path log = directory.resolve("node_backup_ch.log");
        Files.writeString(log, line("2026-12-01T20:30:00Z", "20261201T203000Z-000009", "later"));

        LogPart part = search(FIRST, 100, 10_000).read(log, begun, begun.plusSeconds(1));

        assertThat(part.file()).isEqualTo("node_backup_ch.log.2026-W47.1.gz");
        assertThat(part.cut()).isFalse();
        assertThat(part.lines()).first().isEqualTo("##### started at 2026-11-22_20-30-00 #####");
        assertThat(part.lines()).last().asString().startsWith("##### finished at");
        assertThat(part.lines()).hasSize(9);
    }

    @Test
    void aRunThatWasAtWorkWhenTheLogWasBegunAnewIsReadFromBoth() throws Exception {
        Instant begun = Instant.parse("2026-11-22T20:30:00Z");
        int middle = LOG.indexOf("POST /backup/create");
        rotate("2026-W47.1", LOG.substring(0, middle), begun.plusSeconds(1));
        // While it is compressed it is there as it was, too.
        Path plain = directory.resolve("node_backup_ch.log.2026-W47.1");
        Files.writeString(plain, LOG.substring(0, middle));
        Files.setLastModifiedTime(plain, FileTime.from(begun.plusSeconds(1)));
        Path log = directory.resolve("node_backup_ch.log");
        Files.writeString(
                log, line("2026-11-22T20:30:01Z", FIRST, "in the new one") + LOG.substring(middle));

        LogPart part = search(FIRST, 100, 10_000).read(log, begun, null);

        assertThat(part.file()).isEqualTo("node_backup_ch.log");
        assertThat(part.lines()).hasSize(10);
        assertThat(part.lines().get(2)).endsWith("in the new one");
    }

    @Test
    void anOldLogThatIsDamagedIsToldAndNotTakenForOneThatSaysNothing() throws Exception {
        Instant begun = Instant.parse("2026-11-22T20:30:00Z");
        rotate("2026-W47.1", LOG, begun.plusSeconds(60));
        Path old = directory.resolve("node_backup_ch.log.2026-W47.1.gz");
        byte[] half = Files.readAllBytes(old);
        Files.write(old, Arrays.copyOf(half, half.length / 2));
        Files.setLastModifiedTime(old, FileTime.from(begun.plusSeconds(60)));

        assertThatThrownBy(
                        () ->
                                search(FIRST, 100, 10_000)
                                        .read(directory.resolve("node_backup_ch.log"), begun, null))
                .isInstanceOf(UncheckedIOException.class)
                .hasMessageStartingWith(old + ": cannot be read: ");
    }
}
