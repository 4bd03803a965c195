package io.github.clickhousebackupagent.config;

import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Objects;

/**
 * A value that must never be seen: it prints and serialises as {@value #HIDDEN}, so that a log
 * line, an exception or a dump of the configuration cannot hold it by accident.
 */
public final class Secret {

    /** What stands in the place of the value wherever it would be shown. */
    public static final String HIDDEN = "******";

    private final String value;

    /**
     * @param value the secret itself
     */
    public Secret(String value) {
        this.value = Objects.requireNonNull(value, "value");
    }

    /** Returns the secret itself; for the one place that sends it. */
    public String reveal() {
        return value;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Secret secret && secret.value.equals(value);
    }

    @Override
    public int hashCode() {
        return value.hashCode();
    }

    @JsonValue
    @Override
    public String toString() {
        return HIDDEN;
    }
}
