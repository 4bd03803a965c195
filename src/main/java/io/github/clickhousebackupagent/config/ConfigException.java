package io.github.clickhousebackupagent.config;

import java.util.List;
import java.util.stream.Collectors;

/** A configuration that cannot be used; nothing of it is. The message has one line a problem. */
public final class ConfigException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    /**
     * @param message what is wrong, with the file it is wrong in
     */
    public ConfigException(String message) {
        super(message);
    }

    ConfigException(String message, Throwable cause) {
        super(message, cause);
    }

    ConfigException(List<ConfigProblem> problems) {
        super(problems.stream().map(ConfigProblem::toString).collect(Collectors.joining("\n")));
    }
}
