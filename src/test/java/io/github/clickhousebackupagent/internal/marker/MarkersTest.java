package io.github.clickhousebackupagent.internal.marker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.clickhousebackupagent.config.AgentConfig;
import io.github.clickhousebackupagent.config.ConfigLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MarkersTest {

    @TempDir Path directory;

    private Markers markers;
    private Path file;

    @BeforeEach
    void configure() {
        AgentConfig config =
                new ConfigLoader(Map.<String, String>of()::get, Clock.systemUTC())
                        .parse(
                                "t",
                                "targets: { node: { url: 'http://n:1' } }\nlog-directory: "
                                        + directory);
        markers = new Markers(config);
        file = directory.resolve(".node_last_backup");
    }

    @Test
    void noFileIsNoMarker() {
        assertThat(markers.read("node")).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"FULL_A", "FULL_A\n", "FULL_A\r\n", " FULL_A "})
    void theMarkerOfTheOriginalIsUnderstoodAlsoAfterAnEditor(String content) throws Exception {
        Files.writeString(file, content);

        assertThat(markers.read("node")).contains("FULL_A");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "\n", "  "})
    void anEmptyFileIsNoMarker(String content) throws Exception {
        Files.writeString(file, content);

        assertThat(markers.read("node")).isEmpty();
    }

    @Test
    void aMarkerThatCannotBeReadIsNotTakenForNone() throws Exception {
        Files.createDirectory(file);

        assertThatThrownBy(() -> markers.read("node"))
                .isInstanceOf(MarkerException.class)
                .hasMessageStartingWith(file + ": cannot be read or written: ");
    }

    @Test
    void aFolderThatIsGoneIsTold() throws Exception {
        markers.force("node");
        Files.delete(directory);

        assertThatThrownBy(() -> markers.force("node")).isInstanceOf(MarkerException.class);
        Files.createDirectory(directory);
    }
}
