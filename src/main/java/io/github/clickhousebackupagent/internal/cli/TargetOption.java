package io.github.clickhousebackupagent.internal.cli;

import io.github.clickhousebackupagent.config.AgentConfig;
import java.util.List;
import picocli.CommandLine.Option;

/** The option that names the one target that something is done to. */
final class TargetOption {

    @Option(
            names = "--target",
            paramLabel = "TARGET",
            description = "The target (default: the only one that is configured).")
    private String named;

    /** Returns the target that was named; the only one where none was. */
    String in(AgentConfig config) {
        List<String> all = List.copyOf(config.targets().keySet());
        if (named == null) {
            if (all.size() > 1) {
                throw new UsageException(
                        "--target: found none; allowed: one of " + String.join(", ", all));
            }
            return all.get(0);
        }
        // Not a group: what destroys is done to one target at a time.
        if (!all.contains(named)) {
            ConfigOption.targets(config, List.of(named));
            throw new UsageException(
                    "--target: found the group '%s'; allowed: one of %s"
                            .formatted(named, String.join(", ", config.groups().get(named))));
        }
        return named;
    }
}
