package io.github.clickhousebackupagent.internal.route;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What the routes lean on, and a platform may have under the same name. */
class EmbeddingTest {

    private static final Pattern REF =
            Pattern.compile("(?:ref|onPrepare|aggregationStrategy|executorService): (\\w+)");

    @Test
    void noBeanThatTheRoutesCallIsTakenForOneOfThePlatformWithoutAWord() throws IOException {
        Set<String> called = new TreeSet<>();
        try (Stream<Path> files = Files.list(Path.of("routes"))) {
            files.filter(file -> file.toString().endsWith(RouteFiles.SUFFIX))
                    .map(EmbeddingTest::read)
                    .flatMap(text -> REF.matcher(text).results().map(match -> match.group(1)))
                    .forEach(called::add);
        }
        assertThat(called).isNotEmpty();
        called.remove("metrics"); // Its route is for agents of their own.
        assertThat(Embedding.BEANS).containsAll(called);
    }

    @Test
    void everyCallOfAServerIsOneWhoseSettingsAreOurs() throws IOException {
        Pattern call = Pattern.compile("uri: \"?(https?:[^\\s\"?]*)");
        try (Stream<Path> files = Files.list(Path.of("routes"))) {
            List<String> calls =
                    files.filter(file -> file.toString().endsWith(RouteFiles.SUFFIX))
                            .map(EmbeddingTest::read)
                            .flatMap(text -> call.matcher(text).results().map(m -> m.group(1)))
                            .map(uri -> uri.replaceFirst("^http:(?!//)", "http://"))
                            .toList();
            assertThat(calls).isNotEmpty();
            assertThat(Embedding.CALLS).containsAll(calls);
        }
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
