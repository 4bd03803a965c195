package io.github.clickhousebackupagent.internal.journal;

import com.fasterxml.jackson.databind.ObjectWriter;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.datatype.jsr310.JavaTimeModule;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import java.util.function.Predicate;

/**
 * The journal of one target: {@code runs.jsonl}, append only. Each event is on disk when {@link
 * #append} returns. Thread-safe, and safe between processes: an agent and a command may write to
 * one journal.
 */
public final class Journal {

    /** Name of the file in the folder of its target. */
    public static final String FILE_NAME = "runs.jsonl";

    // Made with the class, so that the first event of a run does not wait for it.
    private static final ObjectWriter WRITER =
            JsonMapper.builder()
                    .addModule(new JavaTimeModule())
                    .build()
                    .writerFor(JournalEvent.class);

    /** A file of less is read in less than a tenth of a second, in bytes. */
    private static final long SHORT = 8_388_608;

    /** It is not worth while to look for a place more exactly, in bytes. */
    private static final long NEAR = 131_072;

    private static final String TORN = " torn\n";

    /** A write takes milliseconds; whoever has the file for longer is stopped, or not one of us. */
    private static final Duration LOCK_LIMIT = Duration.ofSeconds(10);

    private static final long LOCK_PAUSE_NANOS = 200_000;

    /** Has on disk what was written. */
    interface Forcing {
        void force(FileChannel written) throws IOException;
    }

    private final Path file;
    private final Duration lockLimit;
    private final Forcing forcing;

    /**
     * @param file the journal; it and its folder are made when the first event is written
     */
    public Journal(Path file) {
        this(file, LOCK_LIMIT);
    }

    Journal(Path file, Duration lockLimit) {
        // With the size of the file, without its times.
        this(file, lockLimit, written -> written.force(false));
    }

    Journal(Path file, Duration lockLimit, Forcing forcing) {
        this.file = file;
        this.lockLimit = lockLimit;
        this.forcing = forcing;
    }

    /** Returns where it is. */
    public Path file() {
        return file;
    }

    /**
     * Writes events, all or none, and forces them to disk. A line that a crash left torn is ended
     * first, so that it does not take the new one with it, and in a way that it stays ignored: it
     * may lack nothing but its end, and was never acted on.
     *
     * @throws JournalException if they cannot be written: what they announce must then not be done
     */
    public synchronized void append(JournalEvent... events) {
        try {
            if (!Files.exists(file)) {
                Files.createDirectories(file.getParent());
            }
            StringBuilder lines = new StringBuilder();
            for (JournalEvent event : events) {
                lines.append(WRITER.writeValueAsString(event)).append('\n');
            }
            write(lines.toString());
        } catch (IOException e) {
            throw new JournalException(file + ": cannot be written: " + e, e);
        }
    }

    /**
     * The lock lasts until one of the two channels is closed, which is when the events are on disk.
     * A process that closes the file elsewhere loses it before, as POSIX has it; appending keeps
     * lines apart then, too.
     */
    private void write(String lines) throws IOException {
        try (FileChannel channel =
                        FileChannel.open(
                                file, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
                FileChannel end = FileChannel.open(file, StandardOpenOption.READ)) {
            lock(channel);
            long before = channel.size();
            String whole = endsTorn(end) ? TORN + lines : lines;
            ByteBuffer bytes = ByteBuffer.wrap(whole.getBytes(StandardCharsets.UTF_8));
            try {
                while (bytes.hasRemaining()) {
                    channel.write(bytes);
                }
                forcing.force(channel);
                if (before == 0) {
                    forceDirectory(file.getParent());
                }
            } catch (IOException e) {
                takeBack(channel, before, e);
                throw e;
            }
        }
    }

    /**
     * What a full or failing disk took of it must not be read later as if it had been promised:
     * whoever wanted it written was told that it is not.
     */
    private void takeBack(FileChannel channel, long before, IOException why) {
        try {
            channel.truncate(before);
            forcing.force(channel);
        } catch (IOException e) {
            why.addSuppressed(e); // The one that is told says what is wrong with the disk.
        }
    }

    private void lock(FileChannel channel) throws IOException {
        long start = System.nanoTime();
        while (!tryLock(channel)) {
            if (System.nanoTime() - start > lockLimit.toNanos()) {
                throw new IOException(
                        "another process has had it locked for " + lockLimit.toSeconds() + " s");
            }
            LockSupport.parkNanos(LOCK_PAUSE_NANOS);
        }
    }

    private static boolean tryLock(FileChannel channel) throws IOException {
        try {
            return channel.tryLock() != null;
        } catch (OverlappingFileLockException e) {
            return false; // Another agent in this process writes.
        }
    }

    /**
     * Returns all events, oldest first. A last line without its end is ignored, as is one that a
     * later write had to end: both are what a crash left of an event whose call was never made.
     * Only for journals that are known to be short; see {@link #forEach}.
     *
     * @throws JournalException if it cannot be read
     */
    public List<JournalEvent> read() {
        List<JournalEvent> events = new ArrayList<>();
        forEach(0, () -> {}, events::add);
        return events;
    }

    /**
     * A part of the journal.
     *
     * @param events oldest first
     * @param start where the reading began
     * @param end where the next reading goes on
     */
    public record Tail(List<JournalEvent> events, long start, long end) {}

    /**
     * Returns the events from a place on. Only for what is known to be short; see {@link #forEach}.
     *
     * @param start 0, or the end of a reading before; where the file is shorter, as it was
     *     replaced, it is read from its beginning
     * @throws JournalException if it cannot be read
     */
    public Tail readFrom(long start) {
        List<JournalEvent> events = new ArrayList<>();
        AtomicLong from = new AtomicLong(start);
        long end = forEach(start, () -> from.set(0), events::add);
        return new Tail(events, from.get(), end);
    }

    /** Something that reads the file. */
    private interface Reading {
        long read(LineReader lines) throws IOException;
    }

    /**
     * Goes through the events from a place on, oldest first. What is written meanwhile is left to
     * the next time; it does not wait for this.
     *
     * @param start 0, or the end of a reading before
     * @param anew is told before the first event if the file is shorter than that, as another one
     *     has taken its place, and is read from its beginning
     * @param each is given one event after the other
     * @return where the next reading goes on
     * @throws JournalException if it cannot be read
     */
    public long forEach(long start, Runnable anew, Consumer<JournalEvent> each) {
        if (start > 0 && Files.notExists(file)) {
            anew.run();
            return 0;
        }
        return reading(
                lines -> {
                    long from = start;
                    if (start > lines.size()) {
                        from = 0;
                        anew.run();
                    }
                    return lines.forwards(
                            from,
                            line -> {
                                line.event().ifPresent(each);
                                return true;
                            });
                });
    }

    /**
     * Goes through the lines from the last one on, as long as somebody wants the one before.
     *
     * @param until lines of after that are not needed, as {@link #between} has it
     * @throws JournalException if it cannot be read
     */
    public void backwards(Instant until, Predicate<JournalLine> goesOn) {
        reading(
                lines -> {
                    upTo(until, lines).backwards(goesOn);
                    return 0;
                });
    }

    /**
     * Goes through the lines of a time as long as somebody wants the next one. Of a short journal,
     * and around that time, there may be others. A clock that was put back in between by more than
     * the caller allows for may hide lines of a long one.
     *
     * @param from lines of before that are not needed
     * @param until lines of after that are not needed
     * @throws JournalException if it cannot be read
     */
    public void between(Instant from, Instant until, Predicate<JournalLine> goesOn) {
        reading(
                lines -> {
                    LineReader part = upTo(until, lines);
                    return part.forwards(placeOf(from, part), goesOn);
                });
    }

    private static LineReader upTo(Instant until, LineReader lines) throws IOException {
        if (lines.size() < SHORT || until.equals(Instant.MAX)) {
            return lines;
        }
        long end = placeOf(until, lines) + 2 * NEAR;
        return new LineReader(lines.channel(), Math.min(lines.size(), end));
    }

    /** Returns where a line begins before which all are of before a moment. */
    private static long placeOf(Instant moment, LineReader lines) throws IOException {
        long low = 0;
        long high = lines.size();
        if (high < SHORT) {
            return 0;
        }
        long begin = 0;
        while (high - low > NEAR) {
            long middle = (low + high) / 2;
            // What is left there of a line is no line.
            long first = lines.forwards(middle, line -> false);
            AtomicReference<Instant> time = new AtomicReference<>();
            lines.forwards(
                    first,
                    line -> {
                        time.set(line.event().map(JournalEvent::time).orElse(null));
                        return time.get() == null;
                    });
            if (time.get() != null && time.get().isBefore(moment)) {
                low = middle;
                begin = first;
            } else {
                high = middle;
            }
        }
        return begin;
    }

    /**
     * Reads up to what had been written as a whole when it began; a write that fails takes back
     * what it wrote after that. The file is closed while nobody here writes: with POSIX, closing it
     * gives up the lock of whoever does.
     */
    private long reading(Reading reading) {
        if (Files.notExists(file)) {
            return 0; // Where nobody can tell whether it is there, opening it says why.
        }
        try {
            FileChannel channel = FileChannel.open(file, StandardOpenOption.READ);
            try {
                return reading.read(new LineReader(channel, settled(channel)));
            } finally {
                close(channel);
            }
        } catch (IOException e) {
            throw new JournalException(file + ": cannot be read: " + e, e);
        }
    }

    private synchronized long settled(FileChannel channel) throws IOException {
        return channel.size();
    }

    private synchronized void close(FileChannel channel) throws IOException {
        channel.close();
    }

    /** Returns the events of each run, the run that began first being the first. */
    public Map<String, List<JournalEvent>> runs() {
        Map<String, List<JournalEvent>> runs = new LinkedHashMap<>();
        for (JournalEvent event : read()) {
            if (event.run() != null) {
                runs.computeIfAbsent(event.run(), id -> new ArrayList<>()).add(event);
            }
        }
        return runs;
    }

    private static boolean endsTorn(FileChannel channel) throws IOException {
        if (channel.size() == 0) {
            return false;
        }
        ByteBuffer last = ByteBuffer.allocate(1);
        channel.read(last, channel.size() - 1);
        return last.get(0) != '\n';
    }

    /**
     * Forces a folder to disk, without which a new or renamed file in it may be gone after a power
     * cut.
     *
     * @throws IOException if it cannot be
     */
    public static void forceDirectory(Path directory) throws IOException {
        try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }
}
