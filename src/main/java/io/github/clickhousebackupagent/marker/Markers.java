package io.github.clickhousebackupagent.marker;

import io.github.clickhousebackupagent.config.AgentConfig;
import io.github.clickhousebackupagent.journal.Journal;
import java.io.IOException;
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

    /**
     * Returns the name that a marker holds; empty if there is no marker, or it holds nothing.
     *
     * @throws MarkerException if it is there and cannot be read
     */
    public Optional<String> read(String target) {
        Path file = config.markerFile(target);
        try {
            return Optional.of(Files.readString(file).strip()).filter(name -> !name.isEmpty());
        } catch (NoSuchFileException e) {
            return Optional.empty();
        } catch (IOException e) {
            throw new MarkerException(file, e);
        }
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
