package io.github.clickhousebackupagent.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The configurations that the documents show are ones that the agent takes. */
class DocumentedSamplesTest {

    private static final Pattern SAMPLE = Pattern.compile("(?s)```yaml\n(.*?)```");

    @TempDir Path directory;

    static List<String> samples() throws IOException {
        try (Stream<Path> docs = Files.walk(Path.of("docs"))) {
            return Stream.concat(Stream.of(Path.of("README.md")), docs)
                    .filter(file -> file.toString().endsWith(".md"))
                    .flatMap(DocumentedSamplesTest::samples)
                    .toList();
        }
    }

    private static Stream<String> samples(Path file) {
        try {
            return SAMPLE.matcher(Files.readString(file))
                    .results()
                    .map(found -> found.group(1))
                    // A list is of routes or steps, which are no configuration.
                    .filter(sample -> sample.lines().noneMatch(line -> line.startsWith("- ")));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @ParameterizedTest
    @MethodSource("samples")
    void whatIsShownWorks(String sample) throws Exception {
        Path secret = Files.writeString(directory.resolve("password"), "secret");
        Map<String, String> environment = Map.of("API_PASSWORD_FILE", secret.toString());
        AgentConfig config =
                new ConfigLoader(environment::get, Clock.systemUTC()).parse("sample", sample);

        assertThat(config.targets()).isNotEmpty();
        assertThat(config.schedules()).isNotEmpty();
    }

    @Test
    void thereAreSamples() throws Exception {
        assertThat(samples()).hasSizeGreaterThanOrEqualTo(2);
    }
}
