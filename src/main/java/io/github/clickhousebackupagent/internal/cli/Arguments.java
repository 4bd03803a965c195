package io.github.clickhousebackupagent.internal.cli;

import io.github.clickhousebackupagent.internal.order.BackupAt;

/** What arguments must be. Stateless. */
final class Arguments {

    private Arguments() {}

    /** Makes sure that an argument is a name that no server changes, and that fits into a URL. */
    static void requireName(String name) {
        if (!BackupAt.isName(name)) {
            throw new UsageException(
                    "found the name '%s'; allowed: letters, digits, '.', '_' and '-', beginning with a letter or digit"
                            .formatted(name));
        }
    }
}
