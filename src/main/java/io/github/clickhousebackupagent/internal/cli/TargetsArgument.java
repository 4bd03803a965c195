package io.github.clickhousebackupagent.internal.cli;

import io.github.clickhousebackupagent.config.AgentConfig;
import java.util.List;
import picocli.CommandLine.Parameters;

/** The argument that names targets. */
final class TargetsArgument {

    @Parameters(
            paramLabel = "TARGET",
            arity = "0..*",
            description = "Targets or groups (default: all targets).")
    private List<String> named;

    /** Returns the targets that were named, once each; all where none was. */
    List<String> in(AgentConfig config) {
        return ConfigOption.targets(config, named);
    }
}
