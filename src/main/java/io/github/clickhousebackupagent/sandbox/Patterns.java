package io.github.clickhousebackupagent.sandbox;

import java.util.Collection;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Table patterns as the server reads them: globs of {@code database.table} with commas between
 * them. Nothing means all.
 */
final class Patterns {
    private Patterns() {}

    static List<String> split(String patterns) {
        return Stream.of(patterns.split(",")).map(String::trim).toList();
    }

    static List<Table> matching(Collection<Table> tables, String patterns) {
        if (patterns.isEmpty()) {
            return List.copyOf(tables);
        }
        List<Pattern> globs =
                split(patterns).stream()
                        .map(Pattern::quote)
                        .map(p -> p.replace("*", "\\E.*\\Q").replace("?", "\\E.\\Q"))
                        .map(Pattern::compile)
                        .toList();
        return tables.stream()
                .filter(t -> globs.stream().anyMatch(g -> g.matcher(t.id()).matches()))
                .toList();
    }
}
