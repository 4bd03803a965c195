package io.github.clickhousebackupagent.internal.journal;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectReader;
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
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;

/**
 * The journal of one target: {@code runs.jsonl}, append only. Each event is on disk when {@link
 * #append} returns. Thread-safe, and safe between processes: an agent and a command may write to
 * one journal.
 */
public final class Journal {

    /** Name of the file in the folder of its target. */
    public static final String FILE_NAME = "runs.jsonl";

    private static final ObjectMapper MAPPER =
            JsonMapper.builder()
                    .addModule(new JavaTimeModule())
                    .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
                    .build();
    // Made with the class, so that the first event of a run does not wait for it.
    private static final ObjectWriter WRITER = MAPPER.writerFor(JournalEvent.class);
    private static final ObjectReader READER = MAPPER.readerFor(JournalEvent.class);

    private static final String TORN = " torn\n";

    /** A write takes milliseconds; whoever has the file for longer is stopped, or not one of us. */
    private static final Duration LOCK_LIMIT = Duration.ofSeconds(10);

    private static final long LOCK_PAUSE_NANOS = 200_000;

    private final Path file;
    private final Duration lockLimit;

    /**
     * @param file the journal; it and its folder are made when the first event is written
     */
    public Journal(Path file) {
        this(file, LOCK_LIMIT);
    }

    Journal(Path file, Duration lockLimit) {
        this.file = file;
        this.lockLimit = lockLimit;
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
            boolean isNew = !Files.exists(file);
            if (isNew) {
                Files.createDirectories(file.getParent());
            }
            StringBuilder lines = new StringBuilder();
            for (JournalEvent event : events) {
                lines.append(WRITER.writeValueAsString(event)).append('\n');
            }
            write(lines.toString());
            if (isNew) {
                forceDirectory(file.getParent());
            }
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
            } catch (IOException e) {
                // What a full disk took of it must not be read later as if it had been done.
                channel.truncate(before);
                throw e;
            }
            channel.force(false); // With the size of the file, without its times.
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
     * A part of the journal.
     *
     * @param events oldest first
     * @param start where the reading began
     * @param end where the next reading goes on
     */
    public record Tail(List<JournalEvent> events, long start, long end) {}

    /**
     * Returns all events, oldest first. A last line without its end is ignored, as is one that a
     * later write had to end: both are what a crash left of an event whose call was never made.
     *
     * @throws JournalException if it cannot be read
     */
    public List<JournalEvent> read() {
        return readFrom(0).events();
    }

    /**
     * Returns the events from a place on.
     *
     * @param start 0, or the end of a reading before; where the file is shorter, as it was
     *     replaced, it is read from its beginning
     * @throws JournalException if it cannot be read
     */
    public synchronized Tail readFrom(long start) {
        if (!Files.exists(file)) {
            return new Tail(List.of(), 0, 0);
        }
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            long from = start > channel.size() ? 0 : start;
            ByteBuffer bytes = ByteBuffer.allocate(Math.toIntExact(channel.size() - from));
            while (bytes.hasRemaining() && channel.read(bytes, from + bytes.position()) >= 0) {
                continue;
            }
            int end = bytes.position();
            while (end > 0 && bytes.get(end - 1) != '\n') {
                end--;
            }
            // Not a strict decoder, which would fail at a letter that was torn.
            String text = new String(bytes.array(), 0, end, StandardCharsets.UTF_8);
            List<JournalEvent> events = new ArrayList<>();
            for (String line : text.lines().toList()) {
                try {
                    events.add(READER.readValue(line));
                } catch (JsonProcessingException e) {
                    continue; // Torn, and ended by the write after it.
                }
            }
            return new Tail(events, from, from + end);
        } catch (IOException e) {
            throw new JournalException(file + ": cannot be read: " + e, e);
        }
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
