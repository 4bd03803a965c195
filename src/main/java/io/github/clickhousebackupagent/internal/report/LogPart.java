package io.github.clickhousebackupagent.internal.report;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/**
 * What the log of a target says of one run, as {@link RunLog} wrote it. Lines name their run; the
 * blocks between them do not, and belong to the run that was at work: there is one at a time.
 *
 * @param lines the last ones, the oldest first
 * @param cut whether there are more before them
 */
public record LogPart(List<String> lines, boolean cut) {

    private static final int LONGEST_LINE = 4096;
    private static final String RUN = " run=";

    /** Where that stands after the longest and the shortest time. */
    private static final int FIRST = "2026-11-22T20:30:00Z".length();

    private static final int LAST = "2026-11-22T20:30:00+01:00".length();

    /** Copies the lines. */
    public LogPart {
        lines = List.copyOf(lines);
    }

    /**
     * Reads it. Of a log that was begun anew since then, nothing is left.
     *
     * @param most how many lines at most
     * @param size how many characters at most
     * @throws UncheckedIOException if the log cannot be read
     */
    public static LogPart of(Path log, String run, int most, int size) {
        Part part = new Part(run, most, size);
        // Not a strict decoder, which would fail at a letter that is not yet there as a whole.
        try (BufferedReader in =
                new BufferedReader(
                        new InputStreamReader(Files.newInputStream(log), StandardCharsets.UTF_8))) {
            for (String line = in.readLine(); line != null; line = in.readLine()) {
                part.accept(line);
            }
        } catch (NoSuchFileException e) {
            return new LogPart(List.of(), false); // No run has written to it.
        } catch (IOException e) {
            throw new UncheckedIOException(log + ": cannot be read: " + e, e);
        }
        return part.end();
    }

    /** Picks the lines of a run, one line after the other. */
    private static final class Part {
        private final String run;
        private final int most;
        private final int size;
        private final Deque<String> lines = new ArrayDeque<>();

        /** What stands before the first line that says whose it is. */
        private final List<String> head = new ArrayList<>();

        private boolean heads;
        private boolean ours;
        private boolean cut;
        private int length;

        Part(String run, int most, int size) {
            this.run = run;
            this.most = most;
            this.size = size;
        }

        void accept(String line) {
            String id = run(line);
            if (id != null) {
                ours = id.equals(run);
                if (ours && heads) {
                    head.forEach(this::add);
                }
                heads = false;
                head.clear();
            } else if (line.startsWith("##### started at") || line.startsWith("##### goes on at")) {
                heads = true;
                head.clear();
            }
            if (heads) {
                head.add(line);
            } else if (ours) {
                add(line);
            }
        }

        /** Returns the run that a line names; null: it names none. */
        private static String run(String line) {
            int at = line.indexOf(RUN);
            if (at < FIRST || at > LAST || !Character.isDigit(line.charAt(0))) {
                return null;
            }
            int end = line.indexOf(' ', at + 1);
            return end < 0 ? null : line.substring(at + RUN.length(), end);
        }

        private void add(String line) {
            String shown =
                    line.length() > LONGEST_LINE ? line.substring(0, LONGEST_LINE) + "…" : line;
            lines.add(shown);
            length += shown.length() + 1;
            while (lines.size() > most || length > size) {
                length -= lines.remove().length() + 1;
                cut = true;
            }
        }

        LogPart end() {
            while (!lines.isEmpty() && lines.getLast().isBlank()) {
                lines.removeLast();
            }
            return new LogPart(List.copyOf(lines), cut);
        }
    }
}
