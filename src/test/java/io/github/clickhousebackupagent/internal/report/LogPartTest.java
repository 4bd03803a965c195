package io.github.clickhousebackupagent.internal.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
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
            return LogPart.of(file, run, most, size);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
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
        assertThat(LogPart.of(directory.resolve("none.log"), FIRST, 10, 100).lines()).isEmpty();
    }
}
