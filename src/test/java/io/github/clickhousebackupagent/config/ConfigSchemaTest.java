package io.github.clickhousebackupagent.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class ConfigSchemaTest {

    private static final Path FILE = Path.of("config/agent.schema.json");

    @Test
    void theSchemaFileSaysWhatTheRecordsSay() throws Exception {
        String generated = ConfigSchema.generate();
        if (Boolean.getBoolean("update-generated")) {
            Files.writeString(FILE, generated);
        }
        assertThat(FILE)
                .as("out of date: run mvn test -Dtest=ConfigSchemaTest -Dupdate-generated=true")
                .hasContent(generated);
    }
}
