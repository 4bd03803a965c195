package io.github.clickhousebackupagent.internal.route;

import io.github.clickhousebackupagent.config.ConfigException;
import io.github.clickhousebackupagent.internal.notice.Level;
import org.apache.camel.spi.PropertiesFunction;

/**
 * The placeholder {@code {{notice-level:WORD}}} of routes: the word, if it is a level. Looked at
 * when the routes are loaded, and not when the first trouble is to be told.
 */
final class NoticeLevel implements PropertiesFunction {

    @Override
    public String getName() {
        return "notice-level";
    }

    /**
     * @throws ConfigException if there is no such level
     */
    @Override
    public String apply(String word) {
        String level = word == null ? "" : word.strip();
        if (Level.of(level).isEmpty()) {
            throw new ConfigException(
                    "{{notice-level:%s}}: found %s; allowed: one of %s"
                            .formatted(word, level, String.join(", ", Level.words())));
        }
        return level;
    }
}
