package io.github.clickhousebackupagent.internal.route;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SpecVersion.VersionFlag;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;

/** The routes as files: what an editor and a reader see of them. */
class RouteFilesTest {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final JsonSchema SCHEMA = schema();

    static List<Path> files() throws IOException {
        try (Stream<Path> files = Files.walk(Path.of("routes"))) {
            return files.filter(Files::isRegularFile).sorted().toList();
        }
    }

    @ParameterizedTest
    @MethodSource("files")
    void anEditorThatKnowsTheYamlDslFindsNothingWrong(Path file) throws Exception {
        assertThat(SCHEMA.validate(read(file))).isEmpty();
    }

    @ParameterizedTest
    @MethodSource("files")
    void aReaderIsToldWhatTheFileIsForAndWhatEachRouteDoes(Path file) throws Exception {
        assertThat(Files.readAllLines(file).get(0)).startsWith("# ");
        for (JsonNode item : read(file)) {
            JsonNode route = item.elements().next();
            assertThat(route.path("description").asText()).isNotBlank().doesNotContain("\n");
            if (!item.has("routeConfiguration")) {
                assertThat(route.path("id").asText()).matches("[a-z]+(-[a-z]+)*");
            }
        }
    }

    /**
     * The headers of a call that failed hold the password; a hook behind the failure may send them.
     */
    @Test
    void whatFollowsAFailedCallDoesNotGetItsCredentials() throws Exception {
        JsonNode handlers =
                read(Path.of("routes/errors.camel.yaml")).findValue("routeConfiguration");
        for (JsonNode handler : handlers.get("onException")) {
            JsonNode steps = handler.get("onException").path("steps");
            if (!steps.isEmpty()) {
                assertThat(steps.get(0).at("/removeHeaders/pattern").asText()).isEqualTo("*");
            }
        }
    }

    @Test
    void noIdIsUsedTwice() throws Exception {
        List<String> ids = new ArrayList<>();
        for (Path file : files()) {
            ids.addAll(read(file).findValuesAsText("id"));
        }
        Set<String> once = new HashSet<>(ids);
        assertThat(ids).hasSameSizeAs(once);
    }

    /** Returns the schema that comes with the YAML DSL, which editors use. */
    private static JsonSchema schema() {
        try (InputStream in =
                RouteFilesTest.class.getResourceAsStream("/schema/camelYamlDsl.json")) {
            return JsonSchemaFactory.getInstance(VersionFlag.V4).getSchema(in);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static JsonNode read(Path file) throws IOException {
        Object tree =
                new Load(LoadSettings.builder().build()).loadFromString(Files.readString(file));
        return JSON.valueToTree(tree);
    }
}
