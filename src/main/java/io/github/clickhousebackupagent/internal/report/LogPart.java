package io.github.clickhousebackupagent.internal.report;

import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;

/**
 * What the log of a target says of one run, as {@link RunLog} wrote it, also where it was begun
 * anew since. Lines name their run; the blocks between them do not, and belong to the run that was
 * at work: there is one at a time.
 *
 * @param file name of the file that the last of them stands in
 * @param lines the last ones, the oldest first
 * @param cut whether there are more before them
 */
public record LogPart(String file, List<String> lines, boolean cut) {

    private static final int LONGEST_LINE = 4096;
    private static final String PACKED = ".gz";
    private static final String OLD = "[.][0-9]{4}-W[0-9]{2}[.][0-9]+([.]gz)?";

    /** So much later than what is told of it a line may be written. */
    private static final Duration LATE = Duration.ofMinutes(1);

    private static final String RUN = " run=";

    /** Where that stands after the longest and the shortest time. */
    private static final int FIRST = "2026-11-22T20:30:00Z".length();

    private static final int LAST = "2026-11-22T20:30:00+01:00".length();

    /** Copies the lines. */
    public LogPart {
        lines = List.copyOf(lines);
    }

    /** Looks for the lines of a run, and holds no more than is to be told. Not thread-safe. */
    public static final class Search {
        private final String run;
        private final int most;
        private final int size;
        private final Runnable inTime;
        private final Deque<String> lines = new ArrayDeque<>();

        /** What stands before the first line that says whose it is. */
        private final Deque<String> head = new ArrayDeque<>();

        private String file;
        private String foundIn;
        private boolean heads;
        private boolean ours;
        private boolean cut;
        private int length;

        /**
         * @param most how many lines at most
         * @param size how many characters at most
         * @param inTime is called again and again, and throws when it takes too long
         */
        public Search(String run, int most, int size, Runnable inTime) {
            this.run = run;
            this.most = most;
            this.size = size;
            this.inTime = inTime;
        }

        /**
         * Reads the log, and of the older ones beside it those that the run may stand in.
         *
         * @param log the one that is written to
         * @param from when the run began
         * @param to when it ended; null: it has not
         * @throws UncheckedIOException if one of them cannot be read
         */
        public LogPart read(Path log, Instant from, Instant to) {
            Instant since = from == null ? Instant.MIN : from.minus(LATE);
            Instant until = to == null ? Instant.MAX : to.plus(LATE);
            boolean over = false;
            for (Old old : old(log)) {
                if (!over && !old.written().isBefore(since)) {
                    readOne(old.file());
                    over = old.written().isAfter(until);
                }
            }
            if (!over) {
                readOne(log);
            }
            while (!lines.isEmpty() && lines.getLast().isBlank()) {
                lines.removeLast();
            }
            return new LogPart(
                    foundIn == null ? log.getFileName().toString() : foundIn,
                    List.copyOf(lines),
                    cut);
        }

        private void readOne(Path from) {
            file = from.getFileName().toString();
            try (InputStream bytes = Files.newInputStream(from);
                    InputStream plain = file.endsWith(PACKED) ? new GZIPInputStream(bytes) : bytes;
                    // Not a strict decoder, which would fail at a letter that is not yet there as a
                    // whole.
                    Reader text = new InputStreamReader(plain, StandardCharsets.UTF_8)) {
                readLines(text);
            } catch (NoSuchFileException e) {
                return; // No run has written to it, or it was the oldest one.
            } catch (IOException e) {
                throw new UncheckedIOException(from + ": cannot be read: " + e, e);
            }
        }

        /** A line may be as long as an answer of the server; only its beginning is told. */
        private void readLines(Reader text) throws IOException {
            char[] part = new char[8192];
            StringBuilder line = new StringBuilder();
            for (int many = text.read(part); many >= 0; many = text.read(part)) {
                inTime.run();
                int begin = 0;
                for (int at = 0; at < many; at++) {
                    if (part[at] == '\n') {
                        append(line, part, begin, at);
                        end(line);
                        begin = at + 1;
                    }
                }
                append(line, part, begin, many);
            }
            if (!line.isEmpty()) {
                end(line);
            }
        }

        private static void append(StringBuilder line, char[] part, int from, int to) {
            line.append(part, from, Math.min(to - from, LONGEST_LINE + 1 - line.length()));
        }

        private void end(StringBuilder line) {
            boolean returned = !line.isEmpty() && line.charAt(line.length() - 1) == '\r';
            accept(line.substring(0, line.length() - (returned ? 1 : 0)));
            line.setLength(0);
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
                head.add(shown(line));
                if (head.size() > most) {
                    head.remove(); // Whatever stands there, it was not written as a run begins.
                }
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
            String shown = shown(line);
            foundIn = line.isBlank() && foundIn != null ? foundIn : file;
            lines.add(shown);
            length += shown.length() + 1;
            while (lines.size() > most || length > size) {
                length -= lines.remove().length() + 1;
                cut = true;
            }
        }

        private static String shown(String line) {
            return line.length() > LONGEST_LINE ? line.substring(0, LONGEST_LINE) + "…" : line;
        }
    }

    /**
     * A log that is not written to any more.
     *
     * @param written when it was last
     */
    private record Old(Path file, Instant written) {}

    /** Returns the older logs, the oldest first, as config/log4j2.xml names them. */
    private static List<Old> old(Path log) {
        Pattern name = Pattern.compile(Pattern.quote(log.getFileName().toString()) + OLD);
        try (Stream<Path> files = Files.list(log.toAbsolutePath().getParent())) {
            Map<String, Path> byName = new TreeMap<>();
            files.filter(file -> name.matcher(file.getFileName().toString()).matches())
                    .forEach(file -> byName.put(file.getFileName().toString(), file));
            List<Old> old = new ArrayList<>();
            for (Path file : byName.values()) {
                // While one is compressed, it is there twice.
                if (!file.toString().endsWith(PACKED) || !byName.containsKey(plainName(file))) {
                    written(file).ifPresent(time -> old.add(new Old(file, time)));
                }
            }
            old.sort(Comparator.comparing(Old::written));
            return old;
        } catch (NoSuchFileException e) {
            return List.of(); // No run has written anything.
        } catch (IOException e) {
            throw new UncheckedIOException(log.getParent() + ": cannot be read: " + e, e);
        }
    }

    private static String plainName(Path packed) {
        String name = packed.getFileName().toString();
        return name.substring(0, name.length() - PACKED.length());
    }

    private static Optional<Instant> written(Path file) throws IOException {
        try {
            return Optional.of(Files.getLastModifiedTime(file).toInstant());
        } catch (NoSuchFileException e) {
            return Optional.empty(); // It was the oldest one.
        }
    }
}
