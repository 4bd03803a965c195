package io.github.clickhousebackupagent.internal.run;

import java.nio.file.Path;

/** Another agent has the state folder: two would fire each schedule twice. */
public final class AgentRunningException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    AgentRunningException(Path stateDirectory) {
        super(
                "state-directory: found %s, which another agent runs on; allowed: a folder of its own for each agent"
                        .formatted(stateDirectory));
    }
}
