package io.github.clickhousebackupagent.internal.cli;

import java.util.Map;

/**
 * What the process writes to.
 *
 * @param interactive whether messages go to a terminal
 * @param plain whether they are to have no colours
 */
record Terminal(boolean interactive, boolean plain) {

    /** Set by the start script, which can ask the system; Java cannot on all versions. */
    static final String PROPERTY = "clickhouse-backup-agent.terminal";

    static Terminal detect(Map<String, String> environment) {
        boolean interactive = Boolean.getBoolean(PROPERTY);
        boolean noColor = !environment.getOrDefault("NO_COLOR", "").isEmpty();
        boolean dumb = "dumb".equals(environment.get("TERM"));
        return new Terminal(interactive, !interactive || noColor || dumb);
    }
}
