package io.github.clickhousebackupagent.internal.route;

import io.github.clickhousebackupagent.config.ConfigException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import org.apache.camel.spi.PropertiesFunction;

/**
 * The placeholder {@code {{secret-file:PATH}}} of routes: what is in a file, without the newline at
 * its end; nothing where no path is given.
 */
final class SecretFile implements PropertiesFunction {

    @Override
    public String getName() {
        return "secret-file";
    }

    /**
     * @throws ConfigException if the file cannot be read
     */
    @Override
    public String apply(String path) {
        if (path == null || path.isBlank()) {
            return "";
        }
        try {
            return Files.readString(Path.of(path.strip())).replaceFirst("\\r?\\n\\z", "");
        } catch (IOException | InvalidPathException e) {
            throw new ConfigException(
                    "{{secret-file:%s}}: found no readable file (%s); allowed: a file that holds the secret and that the agent may read"
                            .formatted(path, e.getClass().getSimpleName()));
        }
    }
}
