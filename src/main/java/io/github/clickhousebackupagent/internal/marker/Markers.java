package io.github.clickhousebackupagent.internal.marker;

import io.github.clickhousebackupagent.config.AgentConfig;
import io.github.clickhousebackupagent.internal.journal.Journal;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Optional;

/**
 * The markers of all targets: {@code .TARGET_last_backup}, which holds the bare name of the last
 * proven backup, without a newline.
 *
 * @param config says where they are
 */
public record Markers(AgentConfig config) {

    private static final int LONGEST_NAME = 255;

    /**
     * Returns the name that a marker holds; empty if there is no marker, or it holds nothing. What
     * no name can hold is shown as question marks: no backup has such a name.
     *
     * @throws MarkerException if it is there and cannot be read
     */
    public Optional<String> read(String target) {
        Path file = config.markerFile(target);
        try {
            String text = new String(Files.readAllBytes(file), StandardCharsets.UTF_8).strip();
            String name = text.replaceAll("[^A-Za-z0-9._-]", "?");
            return Optional.of(name.substring(0, Math.min(name.length(), LONGEST_NAME)))
                    .filter(found -> !found.isEmpty());
        } catch (NoSuchFileException e) {
            return Optional.empty();
        } catch (IOException e) {
            throw new MarkerException(file, e);
        }
    }

    /** Returns whether a target has one, whatever it says. */
    public boolean exists(String target) {
        return Files.exists(config.markerFile(target));
    }

    /** Returns the exception that says which marker could not be written. */
    public MarkerException unwritable(String target, Exception reason) {
        return new MarkerException(config.markerFile(target), reason);
    }

    /**
     * Removes a marker, and makes sure that it stays removed.
     *
     * @throws MarkerException if it cannot be
     */
    public void remove(String target) {
        try {
            Files.deleteIfExists(config.markerFile(target));
        } catch (IOException e) {
            throw new MarkerException(config.markerFile(target), e);
        }
        force(target);
    }

    /**
     * Forces the folder of the markers to disk: without that, a power cut may bring the old marker
     * back after it was replaced.
     *
     * @throws MarkerException if it cannot be
     */
    public void force(String target) {
        try {
            Journal.forceDirectory(config.logDirectory());
        } catch (IOException e) {
            throw new MarkerException(config.markerFile(target), e);
        }
    }
}
