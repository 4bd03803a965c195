package io.github.clickhousebackupagent.journal;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectWriter;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.datatype.jsr310.JavaTimeModule;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The journal of one target: {@code runs.jsonl}, append only. Each event is on disk when {@link
 * #append} returns. Thread-safe within a process.
 */
public final class Journal {

    /** Name of the file in the folder of its target. */
    public static final String FILE_NAME = "runs.jsonl";

    private static final ObjectMapper MAPPER =
            JsonMapper.builder().addModule(new JavaTimeModule()).build();
    // Made with the class, so that the first event of a run does not wait for it.
    private static final ObjectWriter WRITER = MAPPER.writerFor(JournalEvent.class);

    private final Path file;

    /**
     * @param file the journal; it and its folder are made when the first event is written
     */
    public Journal(Path file) {
        this.file = file;
    }

    /** Returns where it is. */
    public Path file() {
        return file;
    }

    /**
     * Writes an event and forces it to disk. A line that a crash left torn is ended first, so that
     * it does not take the new one with it.
     *
     * @throws JournalException if it cannot be written: what it announces must then not be done
     */
    public synchronized void append(JournalEvent event) {
        try {
            boolean isNew = !Files.exists(file);
            if (isNew) {
                Files.createDirectories(file.getParent());
            }
            String torn = !isNew && endsTorn() ? "\n" : "";
            String line = torn + WRITER.writeValueAsString(event) + "\n";
            ByteBuffer bytes = ByteBuffer.wrap(line.getBytes(StandardCharsets.UTF_8));
            try (FileChannel channel =
                    FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.APPEND)) {
                while (bytes.hasRemaining()) {
                    channel.write(bytes);
                }
                channel.force(false); // With the size of the file, without its times.
            }
            if (isNew) {
                forceDirectory(file.getParent());
            }
        } catch (IOException e) {
            throw new JournalException(file + ": cannot be written: " + e, e);
        }
    }

    /**
     * Returns all events, oldest first. A last line without its end is ignored, as is one that a
     * later write had to end: both are what a crash left of an event whose call was never made.
     *
     * @throws JournalException if it cannot be read
     */
    public synchronized List<JournalEvent> read() {
        if (!Files.exists(file)) {
            return List.of();
        }
        try {
            // Not readString, which fails at a letter that was torn.
            String text = new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
            List<JournalEvent> events = new ArrayList<>();
            for (String line : text.substring(0, text.lastIndexOf('\n') + 1).lines().toList()) {
                try {
                    events.add(MAPPER.readValue(line, JournalEvent.class));
                } catch (JsonProcessingException e) {
                    continue; // Torn, and ended by the write after it.
                }
            }
            return events;
        } catch (IOException e) {
            throw new JournalException(file + ": cannot be read: " + e, e);
        }
    }

    /** Returns the events of each run, the run that began first being the first. */
    public Map<String, List<JournalEvent>> runs() {
        Map<String, List<JournalEvent>> runs = new LinkedHashMap<>();
        for (JournalEvent event : read()) {
            runs.computeIfAbsent(event.run(), id -> new ArrayList<>()).add(event);
        }
        return runs;
    }

    private boolean endsTorn() throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            if (channel.size() == 0) {
                return false;
            }
            ByteBuffer last = ByteBuffer.allocate(1);
            channel.read(last, channel.size() - 1);
            return last.get(0) != '\n';
        }
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
