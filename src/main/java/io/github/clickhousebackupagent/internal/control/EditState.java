package io.github.clickhousebackupagent.internal.control;

import com.fasterxml.jackson.annotation.JsonFormat;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.datatype.jsr310.JavaTimeModule;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Which routes and configuration an agent runs with, for {@code status}: {@code edits.json} of its
 * state folder.
 *
 * @param inForceSince since when
 * @param taken how many edits it has taken up since its start
 * @param refused the edit that it has not taken up; null: what stands in the files is in force
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record EditState(
        @JsonFormat(shape = JsonFormat.Shape.STRING) Instant inForceSince,
        long taken,
        Refused refused) {

    private static final String FILE = "edits.json";

    /** A file of ours and a line of it, as each problem begins that has a place. */
    private static final Pattern PLACE = Pattern.compile("^[^\\s:'\"]+\\.ya?ml:[0-9]+: ");

    private static final String HIDDEN =
            "refused; the log of the agent tells why, and the page and the API to whoever shows the token";

    private static final ObjectMapper MAPPER =
            JsonMapper.builder().addModule(new JavaTimeModule()).build();

    /**
     * An edit that was not taken up.
     *
     * @param at when it was seen
     * @param problems why, a line each; at least one
     */
    public record Refused(
            @JsonFormat(shape = JsonFormat.Shape.STRING) Instant at, List<String> problems) {}

    /**
     * Returns it for those who may not read the files: of what is refused the places only, as why
     * it is quotes what stands there.
     */
    public EditState withoutValues() {
        if (refused == null) {
            return this;
        }
        List<String> places = refused.problems().stream().map(EditState::place).distinct().toList();
        return new EditState(inForceSince, taken, new Refused(refused.at(), places));
    }

    private static String place(String problem) {
        Matcher place = PLACE.matcher(problem);
        return (place.find() ? place.group() : "") + HIDDEN;
    }

    /**
     * Writes it into a state folder.
     *
     * @throws UncheckedIOException if it cannot be written
     */
    public void write(Path stateDirectory) {
        Path file = stateDirectory.resolve(FILE);
        Path fresh = stateDirectory.resolve(FILE + ".new");
        try {
            Files.deleteIfExists(fresh);
            // What is refused may show more of the files than others may read.
            Files.createFile(fresh, AgentAddress.onlyForUs(stateDirectory));
            Files.write(fresh, MAPPER.writeValueAsBytes(this));
            try {
                Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE);
            } catch (AtomicMoveNotSupportedException e) {
                Files.move(fresh, file, StandardCopyOption.REPLACE_EXISTING);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(file + ": cannot be written: " + e, e);
        }
    }

    /** Returns what stands in a state folder; empty where no agent runs, or it cannot be read. */
    public static Optional<EditState> read(Path stateDirectory) {
        try {
            return Optional.of(
                    MAPPER.readValue(
                            Files.readAllBytes(stateDirectory.resolve(FILE)), EditState.class));
        } catch (NoSuchFileException | JsonProcessingException e) {
            return Optional.empty();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Removes it from a state folder. */
    public static void remove(Path stateDirectory) {
        try {
            Files.deleteIfExists(stateDirectory.resolve(FILE));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
