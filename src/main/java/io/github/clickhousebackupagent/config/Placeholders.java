package io.github.clickhousebackupagent.config;

import java.util.Optional;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Puts values in the place of {@code {{env:NAME}}} and {@code {{env:NAME:default}}}, as Camel does
 * in its routes.
 *
 * @param environment the value of a variable; null where it is not set
 */
record Placeholders(Function<String, String> environment) {

    private static final Pattern PLACEHOLDER = Pattern.compile("\\{\\{(.*?)}}");
    private static final Pattern ENV = Pattern.compile("env:([A-Za-z_][A-Za-z0-9_]*)(?::(.*))?");

    /** What a placeholder may look like, for messages. */
    static final String ALLOWED = "{{env:NAME}} or {{env:NAME:default}}";

    /**
     * Returns the text with each placeholder replaced. A variable that is set but empty counts as
     * not set, as compose files cannot unset one.
     *
     * @throws IllegalArgumentException if one is malformed, or names a variable that is not set and
     *     has no default; the message says which
     */
    String resolve(String text) {
        Matcher matcher = PLACEHOLDER.matcher(text);
        StringBuilder out = new StringBuilder();
        while (matcher.find()) {
            matcher.appendReplacement(out, Matcher.quoteReplacement(value(matcher.group(1))));
        }
        return matcher.appendTail(out).toString();
    }

    private String value(String inner) {
        Matcher env = ENV.matcher(inner.strip());
        if (!env.matches()) {
            throw new IllegalArgumentException("{{" + inner + "}}");
        }
        return Optional.ofNullable(environment.apply(env.group(1)))
                .filter(value -> !value.isEmpty())
                .or(() -> Optional.ofNullable(env.group(2)))
                .orElseThrow(
                        () ->
                                new IllegalArgumentException(
                                        "{{" + inner + "}} but " + env.group(1) + " is not set"));
    }
}
