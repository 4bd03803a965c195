package io.github.clickhousebackupagent.cli;

/** What arguments must be. Stateless. */
final class Arguments {

    private Arguments() {}

    /** Makes sure that an argument is a name that no server changes, and that fits into a URL. */
    static void requireName(String name) {
        if (!name.matches("(?!.*\\.\\.)[A-Za-z0-9][A-Za-z0-9._-]{0,254}")) {
            throw new UsageException(
                    "found the name '%s'; allowed: letters, digits, '.', '_' and '-', beginning with a letter or digit"
                            .formatted(name));
        }
    }
}
